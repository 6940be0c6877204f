// The Inbox beyond its fragments: the chosen row shows at once, boxes that exclude each other, and a search
// that a click on a tab ends.
function choose(row) {
  for (const other of document.querySelectorAll(".conversation[aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.classList.remove("conversation--unread");
  row.querySelector(".count")?.remove();
}

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches("a.conversation")) choose(target);
  if (target.matches("[data-clears-search]")) document.getElementById("find-contact").value = "";
});

// A standing is one or the other: ticking one box unticks the other, and unticking it ticks the other.
document.addEventListener("change", ({ target }) => {
  const pair = target.closest("[data-excludes]");
  if (!pair || target.type !== "checkbox") return;
  for (const box of pair.querySelectorAll("[type=checkbox]")) if (box !== target) box.checked = !target.checked;
  if (pair.querySelector("[data-lifts]:checked")) pair.form?.querySelector("[data-asks]")?.scrollIntoView({ block: "nearest" });
});
