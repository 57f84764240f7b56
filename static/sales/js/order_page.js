/* An order's page: what is in stock follows the place that is chosen. */
"use strict";

(() => {
  const place = document.querySelector("[data-place]");
  const stock = JSON.parse(document.getElementById("stock")?.textContent ?? "{}");
  place?.addEventListener("change", () => {
    for (const cell of document.querySelectorAll("[data-there]")) {
      const there = stock[place.value]?.[cell.dataset.there];
      cell.textContent = there?.text ?? "–";
      cell.classList.toggle("text-near", Boolean(there?.short));
    }
  });
})();
