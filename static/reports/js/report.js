// A report's page: the print button, and what the phone folds away.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const more = event.target.closest("[data-ask-more]");
  if (more) more.setAttribute("aria-expanded", String(more.form.classList.toggle("open")));
});
