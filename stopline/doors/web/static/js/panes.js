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

// data-stick names what a box shows. A reader at its end is taken along with each new line; one who reads
// older lines stays there; what wasn't shown before starts at its newest line.
const places = new Map();

function boxes() {
  return document.querySelectorAll("[data-stick]");
}

function remember() {
  places.clear();
  for (const box of boxes()) {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    places.set(box.dataset.stick, { box, atEnd, top: box.scrollTop });
  }
}

function restore() {
  for (const box of boxes()) {
    const place = places.get(box.dataset.stick);
    if (!place || place.atEnd) box.scrollTop = box.scrollHeight;
    else if (place.box !== box) box.scrollTop = place.top;
  }
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:afterSwap", restore);
restore();
