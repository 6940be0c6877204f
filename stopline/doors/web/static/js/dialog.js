// Fragments swapped into #dialog open as modal dialogs; closing empties the region and returns the focus.
const region = document.querySelector("[data-dialogs]");
let opener;

function show(dialog) {
  dialog.showModal();
  const first =
    dialog.querySelector("[aria-invalid=true], [autofocus]") ??
    dialog.querySelector(".dialog__body :is(input:not([type=hidden]), select, textarea, button, a[href])") ??
    dialog.querySelector("[id$=title]");
  first?.focus();
}

function close(dialog) {
  if (dialog?.open) dialog.close();
}

// The menu item that asked is hidden by now; its menu's button is what the person came from.
function origin(element) {
  const popup = element.closest("[popover]");
  return (popup && document.querySelector(`[popovertarget="${popup.id}"]`)) || element;
}

function giveFocusBack() {
  const target = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
  (target || document.getElementById("main"))?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === region && !region.contains(detail.elt)) opener = origin(detail.elt);
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const dialog = detail.target === region && region.querySelector("dialog");
  if (dialog) show(dialog);
});

document.addEventListener("close-dialog", () => close(region?.querySelector("dialog")));

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  const dialog = opens && document.getElementById(opens.dataset.opens);
  if (dialog) {
    event.preventDefault();
    opener = opens;
    close(document.querySelector("dialog:modal"));
    show(dialog);
    dialog.querySelector("input")?.select();
  }
  if (event.target.closest("[data-dialog-close]")) close(event.target.closest("dialog"));
  if (event.target.closest("[data-panel-close]")) closePanel();
});

function closePanel() {
  document.querySelector("[data-panel]").replaceChildren();
  document.getElementById("profile-button")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest("[data-panel]")) closePanel();
});

// "close" doesn't bubble, so it is caught on the way down.
document.addEventListener(
  "close",
  (event) => {
    if (!event.target.matches("dialog")) return;
    if (region.contains(event.target)) region.replaceChildren();
    giveFocusBack();
  },
  true,
);

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.matches?.("[data-panel]")) (detail.target.querySelector("textarea") ?? detail.target.querySelector("[id$=title]"))?.focus();
});
