// What somebody has unfolded stays so when its part of the page is fetched anew.
const unfolded = "details[id][data-stays]";
let open = [];

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  open = [...detail.target.querySelectorAll(`${unfolded}[open]`)].map(({ id }) => id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
