/* Last positions on the map, drawn from the list, which renews itself. */
"use strict";

(() => {
  const list = document.getElementById("positions");
  const canvas = document.getElementById("map");
  const map = PaodianMap.create(canvas, { zoom: 11 });
  const layer = L.layerGroup().addTo(map);
  const marks = new Map();

  function draw(fit) {
    layer.clearLayers();
    marks.clear();
    const points = [];
    for (const row of list.querySelectorAll("[data-lat]")) {
      const { lat, lng, accuracy, name, tone, person } = row.dataset;
      const point = [Number(lat), Number(lng)];
      const label = document.createElement("span");
      label.textContent = `${name} ${row.lastElementChild.textContent}`;
      if (Number(accuracy)) PaodianMap.accuracyCircle(...point, Number(accuracy), { tone }).addTo(layer);
      marks.set(person, PaodianMap.pin(...point, { label: name.slice(0, 1), title: name, tone }).bindPopup(label).addTo(layer));
      points.push(point);
    }
    if (fit) PaodianMap.fit(map, points);
  }
  map.on("click", ({ latlng }) => {
    const { lat, lng } = latlng.wrap();
    const link = document.createElement("a");
    link.className = "btn btn-primary";
    link.href = `${canvas.dataset.nearest}?lat=${lat.toFixed(6)}&lng=${lng.toFixed(6)}`;
    link.textContent = canvas.dataset.nearestText;
    L.popup().setLatLng(latlng).setContent(link).openOn(map);
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target === list) draw(false); });
  draw(true);
})();
