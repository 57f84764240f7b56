// [data-map-chart]: a circle for each place, its area as large as the figure (reports/rules/charts.py, kind "map").
document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("[data-map-chart]")) {
    const spec = JSON.parse(document.getElementById(box.dataset.mapChart).textContent);
    const [entry] = spec.series;
    const points = spec.labels
      .map((label, at) => ({ label, place: spec.places[at], value: entry.values[at] || 0, link: entry.links[at] }))
      .filter((point) => point.place && point.value > 0);
    if (!points.length) continue;
    const most = Math.max(...points.map((point) => point.value));
    const map = window.PaodianMap.create(box, { bounds: points.map((point) => point.place) });
    for (const point of points) {
      const circle = L.circleMarker(point.place, {
        radius: 6 + 26 * Math.sqrt(point.value / most), color: "#0b5f57", weight: 1, fillColor: "#0d9488", fillOpacity: 0.55,
      }).addTo(map);
      const text = document.createElement("span");
      text.textContent = `${point.label} ${point.value.toLocaleString("zh-CN", { maximumFractionDigits: 2 })}`;
      circle.bindTooltip(text);
      if (point.link) circle.on("click", () => window.location.assign(point.link));
    }
    box.dataset.drawn = "1";
  }
});
