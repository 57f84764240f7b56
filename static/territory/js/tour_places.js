/* Start and end of a rep's days, chosen on the map. */
"use strict";

(() => {
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 11 });
  const layer = L.layerGroup().addTo(map);
  const field = (side) => document.getElementById(`id_${side}`);
  let side = "start";
  function place(which) {
    const parts = field(which).value.replace("，", ",").split(",").map(Number);
    return parts.length === 2 && parts.every(Number.isFinite) ? parts : null;
  }
  function draw(fit = false) {
    layer.clearLayers();
    const points = ["start", "end"].map((which) => [which, place(which)]).filter(([, point]) => point);
    for (const [which, point] of points) PaodianMap.pin(...point, { label: which === "start" ? "1" : "2", tone: which === "start" ? "normal" : "near" }).addTo(layer);
    if (fit) PaodianMap.fit(map, points.map(([, point]) => point), { maxZoom: 14 });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-place], [data-same]");
    if (!button) return;
    if ("same" in button.dataset) {
      field("end").value = field("start").value;
      document.getElementById("id_end_name").value = document.getElementById("id_start_name").value;
      draw();
      return;
    }
    side = button.dataset.place;
    for (const other of document.querySelectorAll("[data-place]")) other.setAttribute("aria-pressed", String(other === button));
  });
  map.on("click", ({ latlng }) => {
    field(side).value = `${latlng.lat.toFixed(6)}, ${latlng.lng.toFixed(6)}`;
    draw();
  });
  document.addEventListener("input", () => draw());
  draw(true);
})();
