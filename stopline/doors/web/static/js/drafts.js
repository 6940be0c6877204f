// What somebody is writing is never lost: it is kept for each conversation in this tab, and is back in the field
// whenever the composer is drawn anew (another channel, an alert in its place, another conversation and back).
const FIELD = "[data-draft] [data-composer-text]";
let caret = [];
let sent;

function key(field) {
  return `draft:${field.closest("[data-draft]").dataset.draft}`;
}

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function restore() {
  const field = document.querySelector(FIELD);
  const kept = field && !field.value && sessionStorage.getItem(key(field));
  if (!kept) return;
  write(field, kept);
  if (caret.length) field.setSelectionRange(...caret);
}

document.addEventListener("input", ({ target }) => {
  if (target.matches(FIELD)) sessionStorage.setItem(key(target), target.value);
});
document.addEventListener("htmx:beforeSwap", () => {
  const field = document.activeElement;
  caret = field?.matches(FIELD) ? [field.selectionStart, field.selectionEnd] : [];
});
document.addEventListener("htmx:load", restore);

// What was sent leaves the field; what was typed meanwhile stays.
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches("[data-draft]")) sent = target.querySelector(FIELD)?.value;
});
document.addEventListener("sent", () => {
  const field = document.querySelector(FIELD);
  write(field, field.value.replace(sent, ""));
  field.focus();
  document.getElementById("thread-scroll").scrollTop = 0; // reversed: its start is the newest line
});

document.addEventListener("click", (event) => {
  const saved = event.target.closest("[data-insert]");
  const field = saved && document.querySelector(FIELD);
  if (!field) return;
  event.preventDefault();
  field.setRangeText(saved.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  write(field, field.value);
  field.focus();
});

restore();
