/* Customers to add to a route or a tour plan: what is ticked stays when the list is asked for anew, above what is found now. */
"use strict";

(() => {
  const found = document.getElementById("found");
  if (!found) return; // whoever may not add any
  const boxes = () => [...found.querySelectorAll("[name=pk]")];
  const ticked = () => boxes().filter((box) => box.checked);
  const isStop = (box) => document.querySelector(`[data-stop][data-customer="${box.value}"]`);
  let kept = [];

  function count() {
    const mark = found.querySelector("[data-ticked]");
    mark.textContent = ticked().length;
    mark.hidden = !ticked().length;
    found.querySelector("[data-foot]").hidden = !boxes().length;
  }
  found.addEventListener("htmx:beforeSwap", () => { kept = ticked(); });
  found.addEventListener("htmx:afterSwap", () => {
    const fresh = new Map(boxes().map((box) => [box.value, box]));
    const away = kept.filter((box) => !fresh.has(box.value) && !isStop(box));
    for (const box of kept) if (fresh.has(box.value)) fresh.get(box.value).checked = true;
    found.querySelector(".pt-found").prepend(...away.map((box) => box.closest("label")));
    count();
  });
  found.addEventListener("change", count);
  found.addEventListener("click", (event) => {
    if (!event.target.closest("[data-tick-all]")) return;
    for (const box of boxes()) box.checked = true;
    count();
  });
})();
