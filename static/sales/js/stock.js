/* Goods entries: one press takes what is there (or what the books say) into every row. */
"use strict";
document.querySelector("[data-fill]")?.addEventListener("click", () => {
  const form = document.getElementById("order-entry");
  for (const row of form.querySelectorAll("[data-rows] > [data-row]")) {
    const have = row.querySelector("[data-have]")?.dataset.have;
    if (!have) continue;
    const box = Number(row.dataset.box) || 0;
    const milli = Math.round(Number(have) * 1000);
    const boxes = box && milli > 0 ? Math.floor(milli / (box * 1000)) : 0;
    const rest = (milli - boxes * box * 1000) / 1000;
    row.querySelector('[name$="-boxes"]').value = boxes || "";
    row.querySelector('[name$="-pieces"]').value = rest || (boxes ? "" : (form.dataset.zero ?? ""));
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
