// How long a text is while it is being written, in the words of the server's own count.
import { count } from "./segments.js";

for (const text of document.querySelectorAll("textarea[data-segments]")) {
  const says = document.querySelector(`[data-length-of="${text.id}"]`);
  text.addEventListener("input", () => {
    const { units, segments } = count(text.value.trim());
    says.textContent = `${units} characters, ${segments} SMS segment${segments === 1 ? "" : "s"}`;
  });
}
