// Bulk selection: inside [data-select-rows], checkboxes [data-row], [data-select-all] and a count. The bar
// itself appears by CSS. A refreshed table keeps the rows that are still there selected.
const selections = new Map();
let last;

function rows(box) {
  return [...box.querySelectorAll("[data-row]")];
}

function show(box) {
  const all = rows(box);
  const picked = all.filter((row) => row.checked);
  selections.set(box.id, new Set(picked.map((row) => row.value)));
  for (const count of box.querySelectorAll("[data-bulk-count]")) count.textContent = `${picked.length} selected`;
  const every = box.querySelector("[data-select-all]");
  if (!every) return;
  every.checked = all.length > 0 && picked.length === all.length;
  every.indeterminate = picked.length > 0 && !every.checked;
}

function clear(box) {
  for (const row of rows(box)) row.checked = false;
  show(box);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-select-rows]");
  if (!box) return;
  if (event.target.closest("[data-bulk-clear]")) clear(box);
  if (!event.target.matches("[data-row]")) return;
  const all = rows(box);
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
    for (const row of all.slice(Math.max(0, from), to + 1)) row.checked = event.target.checked;
  }
  last = event.target;
});

document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-select-rows]");
  if (!box) return;
  if (event.target.matches("[data-select-all]"))
    for (const row of rows(box)) row.checked = event.target.checked;
  show(box);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const box of document.querySelectorAll("[data-select-rows]")) {
    const kept = selections.get(box.id);
    if (!kept) continue;
    for (const row of rows(box)) row.checked = kept.has(row.value);
    show(box);
  }
});

document.addEventListener("clear-selection", () => {
  document.querySelectorAll("[data-select-rows]").forEach(clear);
});
