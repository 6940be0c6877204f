// The Inbox's panes: which one a phone shows, the foldable profile, and a thread that stays at its newest line.
const YEAR = 31_536_000;
const NEAR = 120;

function fold(button) {
  const panes = button.closest("[data-panes]") ?? document.querySelector("[data-panes]");
  const open = panes.dataset.profile !== "open";
  panes.dataset.profile = open ? "open" : "closed";
  document.cookie = `profile=${panes.dataset.profile}; path=/; max-age=${YEAR}; samesite=lax`;
  for (const toggle of panes.querySelectorAll("[data-profile-toggle]")) {
    const label = open ? "Hide contact profile" : "Show contact profile";
    toggle.setAttribute("aria-expanded", open);
    toggle.setAttribute("aria-label", label);
    toggle.title = label;
  }
  const visible = [...panes.querySelectorAll("[data-profile-toggle]")].find((toggle) => toggle.checkVisibility());
  (button.checkVisibility({ visibilityProperty: true }) ? button : visible)?.focus();
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-profile-toggle]");
  if (toggle) {
    event.preventDefault();
    fold(toggle);
  }
  const pane = event.target.closest("[data-pane-show]");
  const panes = pane?.closest("[data-panes]");
  if (panes) panes.dataset.pane = pane.dataset.paneShow;
});

function toNewest(root) {
  for (const box of root.querySelectorAll("[data-stick]")) box.scrollTop = box.scrollHeight;
}

// Only a reader at the end is taken along; one who reads older lines is left alone.
let atEnd = true;
document.addEventListener("htmx:beforeSwap", () => {
  const box = document.querySelector("[data-stick]");
  atEnd = !box || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const arrived = detail.elt.matches?.("[data-panes] *") && detail.elt.querySelector?.("[data-stick]");
  if (atEnd || arrived) toNewest(document);
});
toNewest(document);
