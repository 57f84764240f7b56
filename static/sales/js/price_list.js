/* Lines of a price list edited in place: Enter goes on to the same field of the next line, as in a spreadsheet. */
"use strict";

(() => {
  const lines = document.getElementById("price-lines");
  if (!lines) return;

  lines.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const row = event.target.closest("tr");
    const next = event.shiftKey ? row.previousElementSibling : row.nextElementSibling;
    const field = next?.querySelector(`input[name="${event.target.name}"]`);
    if (field) { field.focus(); field.select(); } else event.target.blur();
  });
  lines.addEventListener("focusin", (event) => event.target.select?.());

  /* After a line went in, the next product can be typed at once; after a refusal the first wrong field waits. */
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = event.target.closest?.("#new-line") ?? document.getElementById("new-line");
    if (!form || event.detail.elt?.id !== "new-line" && event.target.id !== "new-line") return;
    (form.querySelector(".is-invalid") ?? form.querySelector("[role=combobox]"))?.focus();
  });
})();
