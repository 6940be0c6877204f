// A drop-down of checkboxes says what is chosen; a form whose drop-down is required can't be sent before.
function chosen(choice) {
  return [...choice.querySelectorAll("input:checked")].map((input) =>
    input.closest("label").querySelector("[data-choice-label]").textContent.trim(),
  );
}

function refresh(choice) {
  const words = chosen(choice);
  const summary = choice.querySelector("[data-choice-chosen]");
  summary.textContent = words.join(", ") || summary.dataset.none;
}

function guard(form) {
  const groups = [...form.querySelectorAll("[data-choice-required]")];
  if (!groups.length) return;
  const ready = groups.every((group) => group.querySelector("input:checked"));
  for (const button of form.querySelectorAll(".button--primary[type=submit], .button--danger[type=submit]"))
    button.disabled = !ready;
}

function prepare(root) {
  root.querySelectorAll("[data-choice]").forEach(refresh);
  for (const group of root.querySelectorAll("[data-choice-required]")) {
    const form = group.closest("form");
    if (form) guard(form);
  }
}

document.addEventListener("change", (event) => {
  const choice = event.target.closest("[data-choice]");
  if (choice) refresh(choice);
  if (event.target.form) guard(event.target.form);
});

// htmx gives a button back enabled after a request; the guard has the last word.
document.addEventListener("htmx:afterRequest", () => setTimeout(() => prepare(document)));
document.addEventListener("htmx:load", (event) => prepare(event.target));
prepare(document);
