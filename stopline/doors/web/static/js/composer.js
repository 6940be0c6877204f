// The composer: a live count of what the text becomes on the chosen channel, and a Send that waits for words.
import { count } from "./segments.js";

function say(composer) {
  const text = composer.querySelector("[data-composer-text]");
  const output = composer.querySelector("[data-composer-count]");
  const channel = composer.querySelector("[name=channel]")?.value ?? "";
  if (!text || !output) return;
  const carried = (output.dataset.segmentedOn ?? "sms").split(" ").includes(channel);
  const { encoding, segments, left } = count(text.value);
  const letters = [...text.value].length;
  if (!letters) output.textContent = "";
  else if (carried) output.textContent = `${segments} ${segments === 1 ? "segment" : "segments"} · ${left} left · ${encoding}`;
  else output.textContent = `${letters} ${letters === 1 ? "character" : "characters"}`;
}

// Where the browser can't size a field to its words itself.
function fit(text) {
  if (CSS.supports("field-sizing", "content")) return;
  text.rows = Math.min(12, Math.max(2, text.value.split("\n").length));
}

for (const kind of ["input", "change"])
  document.addEventListener(kind, (event) => {
    const composer = event.target.closest("[data-composer]");
    if (!composer) return;
    say(composer);
    if (event.target.matches("textarea")) fit(event.target);
  });

document.addEventListener("reset", (event) => setTimeout(() => event.target.matches("[data-composer]") && say(event.target)));
document.addEventListener("htmx:load", (event) => event.target.querySelectorAll?.("[data-composer]").forEach(say));
document.querySelectorAll("[data-composer]").forEach(say);
