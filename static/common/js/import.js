/* Import pages: a file over the limit is refused before it travels; a field chosen twice is marked at once. */
"use strict";

for (const form of document.querySelectorAll("[data-import-upload]")) {
  const input = form.querySelector("input[type=file]");
  const problem = form.querySelector("[data-problem]");
  const tooLarge = () => input.files[0] && input.files[0].size > Number(input.dataset.limit);
  input.addEventListener("change", () => {
    problem.textContent = tooLarge() ? form.dataset.tooLarge : "";
    problem.classList.toggle("d-block", Boolean(problem.textContent));
  });
  form.addEventListener("submit", (event) => { if (tooLarge()) event.preventDefault(); });
}

for (const form of document.querySelectorAll("[data-import-mapping]")) {
  const selects = [...form.querySelectorAll("select[name^=column-]")];
  const many = new Set(["", "phone", "tags", "notes"]); // the cells of several columns are joined
  const mark = () => {
    for (const select of selects) {
      const twice = !many.has(select.value) && selects.filter((other) => other.value === select.value).length > 1;
      const problem = select.parentElement.querySelector(".pd-map-problem");
      problem.hidden = !twice;
      problem.textContent = twice ? form.dataset.twice : "";
      select.classList.toggle("is-invalid", twice);
      select.closest("tr").classList.toggle("pd-unmapped", select.value === "");
    }
  };
  form.addEventListener("change", mark);
  mark();
}
