/* The way of a supervised day, drawn when its fragment comes: pieces, dashed gaps, stays and check-ins. */
"use strict";

document.addEventListener("htmx:load", (event) => {
  const box = event.target.querySelector?.("[data-day-track]:not([data-drawn])");
  if (!box) return;
  box.dataset.drawn = "";
  const data = JSON.parse(document.getElementById(box.dataset.dayTrack).textContent);
  const text = (value) => Object.assign(document.createElement("span"), { textContent: value });
  function draw() {
    const map = PaodianMap.create(box, { zoom: 12, scrollWheelZoom: false });
    const all = [];
    for (const gap of data.gaps) PaodianMap.line(gap, { color: PaodianMap.COLOURS.done, dashed: true, weight: 3 }).addTo(map);
    for (const piece of data.segments) {
      const places = PaodianTrack.unpack(piece).map(([lat, lng]) => [lat, lng]);
      PaodianMap.line(places).addTo(map);
      all.push(...places);
    }
    for (const { lat, lng, label, tone, text: words } of data.places) {
      PaodianMap.pin(lat, lng, { label, tone, title: words, zIndexOffset: label ? 1000 : 0 }).addTo(map).bindPopup(text(words));
      all.push([lat, lng]);
    }
    PaodianMap.fit(map, all);
  }
  window.PaodianLater.load("map-later").then(draw).catch(() => { box.replaceWith(Object.assign(text(box.dataset.failed), { className: "card-body text-secondary" })); });
});
