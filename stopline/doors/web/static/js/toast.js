// Short news at the corner: from Django's messages, from an HX-Trigger {"toast": "…"} (or {"toast":
// {"text": "…", "kind": "error"}}), and for requests that failed. Errors stay until dismissed.
const SECONDS = 7;
const region = document.querySelector("[data-toasts]");
const WHY = {
  0: "Stopline can't be reached. Check the connection; nothing was changed. Then try again.",
  403: "You aren't allowed to do that.",
  404: "That is no longer there. Reload the page.",
  429: "Too many requests in a short time. Wait a moment and try again.",
};

function icon(name, extra = "") {
  const span = document.createElement("span");
  span.className = `icon icon--${name} ${extra}`;
  span.setAttribute("aria-hidden", "true");
  return span;
}

function build(text, tone) {
  const kind = tone === "danger" ? "error" : tone;
  const toast = document.createElement("div");
  toast.className = kind === "error" ? "toast toast--error" : "toast";
  toast.dataset.toast = kind;
  const words = document.createElement("div");
  words.className = "toast__text";
  words.textContent = text;
  const close = document.createElement("button");
  close.className = "toast__close";
  close.type = "button";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("x", "icon--small"));
  toast.append(icon(kind === "error" ? "circle-alert" : "circle-check"), words, close);
  return toast;
}

// Showing it anew lifts the region above a dialog that opened later.
function lift() {
  region.popover = "manual";
  if (region.matches(":popover-open")) region.hidePopover();
  if (region.childElementCount) region.showPopover();
}

function leave(toast) {
  if (toast.dataset.toast === "error") return;
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leave(toast);
    else toast.remove();
  }, SECONDS * 1000);
}

export function announce(text, kind = "success") {
  const toast = build(text, kind);
  region.append(toast);
  lift();
  leave(toast);
}

function reasonIn(request) {
  const type = request.getResponseHeader("Content-Type") ?? "";
  if (type.includes("json")) {
    const { title, detail, next_step: next } = JSON.parse(request.responseText || "{}");
    return [title, detail, next].filter(Boolean).join(" ");
  }
  if (type.includes("text/plain")) return request.responseText;
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  return page.querySelector("[data-error]")?.textContent.replace(/\s+/g, " ").trim();
}

document.addEventListener("toast", ({ detail }) => announce(detail.text ?? detail.value, detail.kind ?? detail.tone));
document.addEventListener("htmx:sendError", () => announce(WHY[0], "error"));
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  // The answer brought its own words.
  if (xhr.getResponseHeader("HX-Trigger")?.includes('"toast"')) return;
  const fallback = WHY[xhr.status] ?? "Something went wrong on the server and nothing was changed. Try again.";
  announce(reasonIn(xhr) || fallback, "error");
});

if (region) {
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });
  lift();
  region.querySelectorAll("[data-toast]").forEach(leave);
}
