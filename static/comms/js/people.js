/* Choosing some of many people: typing narrows the list, what is chosen is counted and stays in sight. An announcement
   shows only the list of its audience. */
"use strict";

(() => {
  for (const box of document.querySelectorAll("[data-narrow]")) {
    const words = box.querySelector("[data-words]");
    const count = box.querySelector("[data-count]");
    const rows = [...box.querySelectorAll("label")];
    const draw = () => {
      const text = words.value.trim().toLowerCase();
      for (const row of rows) {
        const chosen = row.querySelector("input").checked;
        (row.closest("div.pd-choices > div") ?? row).hidden = !chosen && text !== "" && !row.textContent.toLowerCase().includes(text);
      }
      const chosen = rows.filter((row) => row.querySelector("input").checked).length;
      count.textContent = chosen ? `(${chosen})` : "";
    };
    words.hidden = rows.length < 8;
    words.addEventListener("input", draw);
    words.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    box.addEventListener("change", draw);
    draw();
  }
  const audience = document.querySelector("[data-audience]");
  if (!audience) return;
  const show = () => {
    const chosen = audience.querySelector("input:checked")?.value;
    for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== chosen;
  };
  audience.addEventListener("change", show);
  show();
})();
