/* Customers of a tour plan taken from the customer list: its address names them, that page's own filters find them. */
"use strict";

(() => {
  const form = document.querySelector("[data-from-list]");
  if (!form) return;
  const message = form.querySelector("[data-message]");
  async function take(query) {
    const params = new URLSearchParams(query === "all" ? "" : query);
    params.set("chosen", "1");
    let answer = null;
    try {
      const response = await fetch(`${form.dataset.choiceUrl}?${params}`, { headers: { Accept: "application/json" } });
      answer = response.ok ? await response.json() : null;
    } catch { answer = null; }
    message.textContent = !answer ? form.dataset.failed : answer.count > answer.rows.length ? form.dataset.tooMany : "";
    message.hidden = !message.textContent;
    if (!answer) return;
    for (const [pk] of answer.rows) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "pk", value: pk }));
    form.submit();
  }
  form.querySelector("[data-take]").addEventListener("click", () => {
    const query = form.querySelector("[data-view]").value || form.dataset.list;
    if (query) take(query);
  });
  if (form.dataset.list) take(form.dataset.list);
})();
