import "./choice.js";
import "./composer.js";
import "./copy.js";
import "./dialog.js";
import "./live.js";
import "./menu.js";
import "./panes.js";
import "./select-rows.js";
import "./shortcuts.js";
import "./stays.js";
import "./theme.js";
import "./toast.js";

// A link keeps its own powers: Ctrl-, Cmd- and Shift-click open it elsewhere instead of asking htmx.
document.addEventListener(
  "click",
  (event) => {
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if (elsewhere && event.target.closest("a[href][hx-get]")) event.stopPropagation();
  },
  true,
);
