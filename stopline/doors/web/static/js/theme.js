// The theme changes at once; the server keeps it in a cookie, so the next page is born in it.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  const theme = event.submitter?.value;
  if (!form || !theme) return;
  event.preventDefault();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const choice of form.querySelectorAll("[name=theme]"))
    choice.setAttribute("aria-checked", choice.value === theme);
  const body = new FormData(form);
  body.set("theme", theme);
  await fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
});
