// Copy buttons: shown only where they work.
function show(within) {
  if (!navigator.clipboard) return;
  for (const button of within.querySelectorAll("[data-copies][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const words = button.querySelector("[data-copied]");
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
  words.textContent = "Copied";
  setTimeout(() => (words.textContent = "Copy"), 2000);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches(".copied__text")) event.target.select();
});

document.addEventListener("htmx:afterSettle", (event) => show(event.target));
show(document);
