/* When a report goes out: only the fields that the choice before them asks for. Without this script all are there. */
"use strict";

(() => {
  const grid = document.querySelector("[data-schedule]");
  if (!grid) return;
  const form = grid.closest("form");
  const draw = () => {
    for (const part of grid.querySelectorAll("[data-of]")) {
      const chosen = form.elements[part.dataset.of].value;
      const fits = part.dataset.when ? part.dataset.when === chosen : part.dataset.unless !== chosen;
      // What was refused stays in sight.
      part.hidden = !fits && !part.querySelector(".has-error");
    }
  };
  form.addEventListener("change", draw);
  draw();
})();
