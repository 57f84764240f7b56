/* A month of one rep on the map: every day a line, the one under the pointer or finger stands out. */
"use strict";

(async () => {
  document.querySelectorAll("[data-month] select, [data-month] input").forEach((field) => field.addEventListener("change", () => { if (field.form.month.value) field.form.submit(); }));
  const canvas = document.getElementById("map");
  if (!canvas) return;
  const map = PaodianMap.create(canvas, { zoom: 11, preferCanvas: true });
  const answer = await fetch(canvas.dataset.lines, { headers: { Accept: "application/json" } });
  if (!answer.ok) { canvas.classList.add("is-failed"); return; }
  const lines = new Map();
  const all = [];
  for (const { day, segments } of await answer.json()) {
    const pieces = segments.map((piece) => PaodianTrack.unpack(piece).map(([lat, lng]) => [lat, lng]));
    lines.set(day, PaodianMap.line(pieces, { weight: 3, opacity: 0.45 }).bindTooltip(day).addTo(map));
    all.push(...pieces.flat());
  }
  PaodianMap.fit(map, all);
  canvas.dataset.drawn = lines.size;
  const rows = document.querySelectorAll("tr[data-day]");
  const strong = (day) => lines.forEach((line, own) => line.setStyle(own === day ? { color: "#c2410c", opacity: 1, weight: 5 } : { color: PaodianMap.COLOURS.normal, opacity: day ? 0.2 : 0.45, weight: 3 }));
  rows.forEach((row) => {
    row.addEventListener("mouseenter", () => strong(row.dataset.day));
    row.addEventListener("mouseleave", () => strong(null));
  });
})();
