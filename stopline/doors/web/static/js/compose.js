// Writing a broadcast: fields go where the cursor was, and channels change places without a reload.
const form = document.getElementById("compose");
const fields = "textarea, input:not([type]), input[type=text]";
let last;

form.addEventListener("focusin", ({ target }) => {
  if (target.matches(fields) && target.closest("[data-writes]")) last = target;
});

form.addEventListener("click", (event) => {
  const insert = event.target.closest("[data-inserts]");
  if (insert) put(insert);
  const move = event.target.closest("[name=move]");
  if (move) {
    event.preventDefault();
    shift(move);
  }
});

function put(insert) {
  const card = insert.closest("[data-writes]");
  const field = last && card.contains(last) ? last : (card.querySelector("textarea") ?? card.querySelector(fields));
  if (!field) return;
  insert.closest("[popover]").hidePopover();
  field.focus();
  field.setRangeText(insert.dataset.inserts, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function shift(button) {
  const row = button.closest("li");
  if (button.value.startsWith("up:")) row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  button.focus();
  row.closest("section").dispatchEvent(new Event("moved"));
}
