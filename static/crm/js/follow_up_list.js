/* A row of the list that was refused comes back as the form with its errors: it is shown, not thrown away. */
"use strict";

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 422 || !event.detail.target.closest(".pd-table")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});
