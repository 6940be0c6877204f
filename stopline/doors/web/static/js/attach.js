// Files about to be sent: their names are shown, a text is no longer required beside them, and too much is told at once.
function say({ target }) {
  const box = target.closest?.("[data-attach]");
  if (!box) return;
  const files = [...target.files];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const most = Number(box.dataset.most);
  let problem = "";
  if (files.length > Number(box.dataset.files)) problem = `At most ${box.dataset.files} files go in one message.`;
  else if (size > most) problem = `Files of at most ${Math.floor(most / 1048576)} MB together go in one message.`;
  target.setCustomValidity(problem);
  if (problem) target.reportValidity();
  box.querySelector("output").textContent = files.map((file) => file.name).join(", ");
  const text = target.form.querySelector("[data-composer-text]");
  if (text) text.required = !files.length;
}

function ready(root) {
  root.querySelectorAll?.("[data-attach] input").forEach((field) => say({ target: field }));
}

document.addEventListener("change", say);
document.addEventListener("htmx:load", ({ target }) => ready(target));
document.addEventListener("sent", ({ target }) => {
  const field = target.querySelector?.("[data-attach] input");
  if (!field) return;
  field.value = "";
  say({ target: field });
});

ready(document);
