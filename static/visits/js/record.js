/* Map of a past visit: the store as it was stored then, its fence, where the phone was at check-in and check-out. */
"use strict";

(() => {
  const element = document.getElementById("visit-map");
  if (!element) return;
  const numbers = (text) => text?.split(",").map(Number);
  const store = numbers(element.dataset.store);
  const ends = [
    [numbers(element.dataset.in), "near", element.dataset.labelIn],
    [numbers(element.dataset.out), "done", element.dataset.labelOut],
  ].filter(([at]) => at);
  const points = [...(store ? [store] : []), ...ends.map(([at]) => at.slice(0, 2))];
  const map = window.PaodianMap.create(element, { center: points[0], zoom: 16 });
  if (store) {
    L.circle(store, { radius: Number(element.dataset.radius), color: "#0f766e", weight: 2, fillOpacity: 0.06, interactive: false }).addTo(map);
    window.PaodianMap.pin(store[0], store[1], { title: element.dataset.labelStore }).addTo(map);
  }
  for (const [[lat, lng, accuracy], tone, title] of ends) {
    if (accuracy) window.PaodianMap.accuracyCircle(lat, lng, accuracy, { tone }).addTo(map);
    window.PaodianMap.dot(lat, lng, { tone, radius: 8 }).bindTooltip(title).addTo(map);
  }
  window.PaodianMap.fit(map, points);
})();
