/* Small maps of scenarios beside each other; they move together. */
"use strict";

(() => {
  const maps = [];
  let leading = false;
  async function show(element) {
    const colours = JSON.parse(document.getElementById(element.dataset.colours).textContent);
    const map = PaodianMap.create(element, { zoom: 10, preferCanvas: true });
    maps.push(map);
    const answer = await fetch(element.dataset.smallMap);
    if (!answer.ok) return;
    const columns = await answer.json();
    const points = columns.lat.map((lat, i) => [lat / 1e5, columns.lng[i] / 1e5]);
    points.forEach((at, i) => L.circleMarker(at, {
      radius: 4, weight: 0, interactive: false, fillColor: colours[columns.next[i]] ?? "#94a3b8", fillOpacity: 0.9,
    }).addTo(map));
    PaodianMap.fit(map, points);
    map.on("moveend", () => {
      if (leading) return;
      leading = true;
      for (const other of maps) if (other !== map) other.setView(map.getCenter(), map.getZoom(), { animate: false });
      leading = false;
    });
  }
  document.querySelectorAll("[data-small-map]").forEach(show);
})();
