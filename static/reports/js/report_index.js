// The hall of reports: what is typed leaves the reports whose name or question has it.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find-report]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  let left = 0;
  for (const shelf of document.querySelectorAll(".rp-family")) {
    let here = 0;
    for (const card of shelf.querySelectorAll(".rp-card")) {
      card.hidden = !card.textContent.toLowerCase().includes(wanted);
      if (!card.hidden) here += 1;
    }
    shelf.hidden = !here;
    left += here;
  }
  document.querySelector("[data-no-report]").hidden = left > 0;
});
