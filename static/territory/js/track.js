/* One rep's day on the map: track, dashed gaps, numbered stops, check-ins. */
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("track-data")?.textContent ?? "null");
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 11 });
  document.querySelector("[data-day] [name=date]")?.addEventListener("change", (event) => { if (event.target.value) event.target.form.submit(); });
  if (!data) return;
  const all = [];
  const text = (value) => { const span = document.createElement("span"); span.textContent = value; return span; };
  for (const gap of data.gaps) PaodianMap.line(gap, { tone: "done", dashed: true, weight: 3 }).addTo(map);
  for (const segment of data.segments) {
    PaodianMap.line(segment).addTo(map);
    all.push(...segment);
  }
  for (const visit of data.visits) {
    PaodianMap.pin(visit.lat, visit.lng, { title: visit.text, tone: "visit" }).addTo(map).bindPopup(text(visit.text));
    all.push([visit.lat, visit.lng]);
  }
  const stops = data.stops.map((stop, index) => PaodianMap.pin(stop.lat, stop.lng, { label: index + 1, title: stop.text, tone: stop.visited ? "normal" : "near", zIndexOffset: 1000 }).bindPopup(text(stop.text)).addTo(map));
  document.querySelectorAll("tr[data-stop]").forEach((row) => row.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const mark = stops[row.dataset.stop];
    map.setView(mark.getLatLng(), Math.max(map.getZoom(), 16));
    mark.openPopup();
  }));
  PaodianMap.fit(map, all);
})();
