// The Inbox's panes: which one a phone shows, the foldable profile, and a thread that stays at its newest line.
const YEAR = 31_536_000;
const NEAR = 120;

const WIDE = matchMedia("(width >= 76rem)");

function isOpen(panes) {
  return panes.dataset.profile === (WIDE.matches ? "open" : "over");
}

// The server knows the choice but not the window; the buttons' words follow what is seen.
function tell() {
  for (const toggle of document.querySelectorAll("[data-profile-toggle]")) {
    const open = isOpen(toggle.closest("[data-panes]"));
    const label = open ? "Hide contact profile" : "Show contact profile";
    toggle.setAttribute("aria-expanded", open);
    toggle.setAttribute("aria-label", label);
    toggle.title = label;
  }
}

function fold(panes) {
  const open = !isOpen(panes);
  panes.dataset.profile = open ? (WIDE.matches ? "open" : "over") : "closed";
  // Lying over the thread it is a glance, not a choice to remember.
  if (WIDE.matches) document.cookie = `profile=${panes.dataset.profile}; path=/; max-age=${YEAR}; samesite=lax`;
  tell();
  [...panes.querySelectorAll("[data-profile-toggle]")].find((toggle) => toggle.checkVisibility())?.focus();
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-profile-toggle]");
  if (toggle) {
    event.preventDefault();
    fold(toggle.closest("[data-panes]"));
  }
  const pane = event.target.closest("[data-pane-show]");
  const panes = pane?.closest("[data-panes]");
  if (!panes) return;
  panes.dataset.pane = pane.dataset.paneShow;
  if (panes.dataset.profile === "over") panes.dataset.profile = "closed";
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
document.addEventListener("htmx:afterSwap", tell);
WIDE.addEventListener("change", tell);
restore();
tell();
