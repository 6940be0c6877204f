// Keys are declared where they act: data-shortcut="u" or "/ ctrl+k" on a link, button or field. "?" lists
// those of the page; j and k walk through [data-moves]. Letters rest while one types or a menu is open.
const NAMES = { " ": "space", escape: "esc" };
const STATIC = [["?", "Show keyboard shortcuts"]];

function typing(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=menu] *");
}

function scope() {
  return [...document.querySelectorAll("dialog:modal")].at(-1) ?? document;
}

function named(event) {
  const key = event.key.toLowerCase();
  const modified = event.ctrlKey || event.metaKey ? "ctrl+" : "";
  return modified + (NAMES[key] ?? key);
}

// Where a page offers its own, it goes before the frame's: "/" finds a contact in the Inbox.
function owner(name) {
  const all = [...scope().querySelectorAll("[data-shortcut]")].filter(
    (element) => element.dataset.shortcut.split(" ").includes(name) && !element.disabled && element.checkVisibility(),
  );
  return all.find((element) => element.closest("main")) ?? all[0];
}

function act(element) {
  if (element.matches("input:not([type=checkbox]), textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
}

function step(by) {
  const list = scope().querySelector("[data-moves]");
  const items = [...(list?.querySelectorAll("[data-move]") ?? [])];
  const active = document.activeElement.closest("[data-move]") ?? list?.querySelector("[data-move][aria-current]");
  const next = items[Math.max(0, Math.min(items.length - 1, items.indexOf(active) + by))];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (list.dataset.moves === "open" && next !== active) next.click();
}

function labelOf(element) {
  const label = element.dataset.shortcutLabel ?? element.getAttribute("aria-label") ?? element.textContent;
  return label.replace(/\s+/g, " ").trim();
}

function rows() {
  const own = [...document.querySelectorAll("[data-shortcut]")].map((element) => [
    element.dataset.shortcut.split(" ").filter((name) => owner(name) === element).join(" "),
    labelOf(element),
  ]);
  const moves = document.querySelector("[data-moves]") ? [["j k", "Next and previous in the list"]] : [];
  return [...moves, ...own.filter(([keys]) => keys), ...STATIC];
}

function list(dialog) {
  const target = dialog.querySelector("[data-shortcut-list]");
  target.replaceChildren();
  for (const [keys, label] of rows()) {
    const what = Object.assign(document.createElement("dt"), { textContent: label });
    const how = document.createElement("dd");
    for (const key of keys.split(" "))
      how.append(Object.assign(document.createElement("kbd"), { className: "kbd", textContent: key }), " ");
    target.append(what, how);
  }
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const name = named(event);
  if (event.defaultPrevented || event.altKey || (typing(event.target) && !name.startsWith("ctrl+"))) return;
  const element = owner(name);
  if (element) act(element);
  else if (name === "j" || name === "k") step(name === "j" ? 1 : -1);
  else if (name === "?" && scope() === document) list(document.getElementById("shortcuts"));
  else return;
  event.preventDefault();
});
