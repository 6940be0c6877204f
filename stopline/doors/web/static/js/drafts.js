// What somebody is writing is never lost: it is kept for each conversation in this tab, and is back in the field
// whenever the composer is drawn anew (another channel, an alert in its place, another conversation and back).
const PREFIX = "draft:";

function key(form) {
  return PREFIX + form.dataset.draft;
}

function fieldOf(form) {
  return form.querySelector("[data-composer-text]");
}

function keep(form) {
  const text = fieldOf(form)?.value ?? "";
  if (text) sessionStorage.setItem(key(form), text);
  else sessionStorage.removeItem(key(form));
}

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function restore(root) {
  for (const form of root.querySelectorAll("[data-draft]")) {
    const field = fieldOf(form);
    const kept = sessionStorage.getItem(key(form));
    if (field && kept && !field.value) write(field, kept);
  }
}

// Where the caret is; after a swap in the middle of a word it must be there again.
let caret;
document.addEventListener("htmx:beforeSwap", () => {
  const field = document.activeElement;
  const typing = field?.matches("[data-composer-text]");
  caret = typing ? { id: field.id, start: field.selectionStart, end: field.selectionEnd } : undefined;
});

document.addEventListener("htmx:load", ({ target }) => {
  const form = target.matches?.("[data-draft]") ? target.parentElement : target;
  restore(form);
  const field = caret && document.getElementById(caret.id);
  if (field && form.contains(field)) {
    field.focus({ preventScroll: true });
    field.setSelectionRange(caret.start, caret.end);
  }
});

document.addEventListener("input", ({ target }) => {
  const form = target.matches("[data-composer-text]") && target.closest("[data-draft]");
  if (form) keep(form);
});

// What was sent leaves the field; what was typed meanwhile stays.
let sent;
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches("[data-draft]")) sent = fieldOf(target)?.value;
});

document.addEventListener("sent", ({ target }) => {
  const form = target.closest("[data-draft]");
  const field = form && fieldOf(form);
  if (!field) return;
  write(field, field.value === sent ? "" : field.value.replace(sent, ""));
  field.focus();
  const history = document.getElementById("thread-scroll");
  if (history) history.scrollTop = history.scrollHeight;
});

document.addEventListener("click", (event) => {
  const saved = event.target.closest("[data-insert]");
  const field = saved && document.querySelector("[data-composer-text]");
  if (!field) return;
  event.preventDefault();
  field.setRangeText(saved.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

restore(document);
