// The preview of a template follows what is typed into its variables.
document.addEventListener("input", ({ target }) => {
  const key = target.dataset?.fills;
  const composer = key && target.closest("[data-composer]");
  if (!composer) return;
  const empty = `{{${key.split(":").at(-1)}}}`;
  for (const place of composer.querySelectorAll("[data-place]"))
    if (place.dataset.place === key) place.textContent = target.value.trim() || empty;
});

// Once it is sent the composer begins anew.
document.addEventListener("sent", ({ target }) => {
  const choice = target.querySelector?.("#composer-template");
  if (!choice) return;
  choice.value = "";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
});
