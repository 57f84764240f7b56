/* Locations to confirm: where they are, where the check-ins were. */
"use strict";

(() => {
  const form = document.getElementById("locations");
  if (!form) return;
  const points = JSON.parse(document.getElementById("location-points").textContent);
  const element = document.getElementById("locations-map");
  const map = window.PaodianMap.create(element, { center: points[0].at, zoom: 13 });
  window.PaodianMap.fit(map, points.map((point) => point.at));
  for (const point of points) {
    window.PaodianMap.pin(point.at[0], point.at[1], { title: point.name }).addTo(map).on("click", () => show(point.id));
  }

  let shown = [];
  function show(id) {
    const point = points.find((candidate) => candidate.id === id);
    shown.forEach((layer) => layer.remove());
    shown = [];
    for (const [latitude, longitude, accuracy] of point.fixes) {
      shown.push(
        window.PaodianMap.accuracyCircle(latitude, longitude, accuracy, { tone: "near" }).addTo(map),
        window.PaodianMap.dot(latitude, longitude, { tone: "near", radius: 6 }).bindTooltip(element.dataset.fix).addTo(map),
      );
    }
    if (point.better) {
      shown.push(window.PaodianMap.dot(point.better[0], point.better[1], { tone: "done", radius: 9 }).bindTooltip(element.dataset.better).addTo(map));
    }
    window.PaodianMap.fit(map, [point.at, ...point.fixes.map((fix) => fix.slice(0, 2))]);
    for (const row of form.querySelectorAll("[data-row]")) row.classList.toggle("is-shown", Number(row.dataset.row) === id);
    form.querySelector(`[data-row="${id}"]`)?.scrollIntoView({ block: "nearest" });
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) show(Number(button.dataset.show));
  });
  form.querySelector("[data-all]").addEventListener("change", (event) => {
    for (const box of form.querySelectorAll("[name=pk]")) box.checked = event.target.checked;
  });
})();
