// Popovers open natively; this adds what a menu owes the keyboard, aria-expanded, and the place where the
// browser can't anchor them itself.
const ANCHORS = CSS.supports("position-area", "block-end");

function buttonOf(popup) {
  return document.querySelector(`[popovertarget="${popup.id}"]`);
}

function items(menu) {
  return [...menu.querySelectorAll("[role^=menuitem]")];
}

function place(popup, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popup;
  const below = at.bottom + height + 8 < innerHeight;
  const left = popup.matches(".popup--end") ? at.right - width : at.left;
  Object.assign(popup.style, {
    inset: "auto",
    margin: "0",
    left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`,
    top: `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`,
  });
}

function move(menu, key) {
  const all = items(menu);
  const now = all.indexOf(document.activeElement);
  const steps = { ArrowDown: now + 1, ArrowUp: now < 0 ? -1 : now - 1, Home: 0, End: -1 };
  if (key in steps) return all.at(steps[key] % all.length)?.focus();
  const rest = [...all.slice(now + 1), ...all.slice(0, now + 1)];
  rest.find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()))?.focus();
}

document.addEventListener(
  "toggle",
  (event) => {
    const popup = event.target;
    const button = popup.matches?.("[popover]") && buttonOf(popup);
    if (!button) return;
    const open = event.newState === "open";
    if (button.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", open);
    if (!open || !popup.matches(".popup")) return;
    if (!ANCHORS) place(popup, button);
    const first = popup.matches("[role=menu]") ? items(popup)[0] : popup.querySelector("input:enabled");
    first?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("[role=menu]");
  if (menu) {
    if (event.key === "Tab") return menu.hidePopover();
    const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey;
    if (!letter && !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    move(menu, event.key);
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.matches("[aria-haspopup=menu]")) {
    event.preventDefault();
    document.getElementById(event.target.getAttribute("popovertarget"))?.showPopover();
  }
});

document.addEventListener(
  "click",
  (event) => {
    const item = event.target.closest("[role^=menuitem]");
    if (!item) return;
    if (item.getAttribute("aria-disabled") !== "true") return item.closest("[popover]")?.hidePopover();
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

// A list that is fetched anew would take its open menu away: it waits until the menu is closed.
const keeping = new WeakSet();
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const open = detail.target.querySelector?.(":popover-open");
  if (!open || !detail.requestConfig?.triggeringEvent?.type.startsWith("live:")) return;
  detail.shouldSwap = false;
  if (keeping.has(open)) return;
  keeping.add(open);
  const catchUp = () => document.body.dispatchEvent(new CustomEvent("live:resync"));
  open.addEventListener("toggle", catchUp, { once: true });
});
