// Puts the first cards of the board in their places. The page's head has begun to fetch them (<link rel="preload">, whose
// answer `fetch` finds by its address), while styles and scripts were still on their way; htmx asks for the others when
// they come into sight, and once more for one of these that did not come.
for (const body of document.querySelectorAll("[data-early]")) {
  const address = body.dataset.early;
  fetch(address, { redirect: "error" })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.status))))
    .then((html) => {
      body.innerHTML = html;
      body.dispatchEvent(new CustomEvent("rp:card", { bubbles: true }));
    }, () => window.htmx.ajax("GET", address, body));
}
