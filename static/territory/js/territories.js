/* A territory scenario on the map: places in the colour of their rep, chosen by click or box, changed beside it. */
"use strict";

(() => {
  const page = document.querySelector("[data-scenario]");
  if (!page) return;
  const colours = JSON.parse(document.getElementById("rep-colours").textContent);
  const chosenBox = document.getElementById("chosen");
  const NOBODY = "#94a3b8", SEVERAL = "#1e293b", LOCKED = "#334155";
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 11, preferCanvas: true, boxZoom: false });
  const layer = L.layerGroup().addTo(map);
  const marks = new Map(); // place → mark
  const chosen = new Set();
  let columns = null;
  let fitted = false;

  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const mode = () => page.querySelector("[name=mode]:checked").value;
  const colourOf = (number) => (number === -2 ? SEVERAL : colours[number] ?? NOBODY);

  function style(i, place) {
    const number = mode() === "today" ? columns.today[i] : columns.next[i];
    const picked = place !== null && chosen.has(place);
    return {
      radius: Math.min(13, 4 + Math.sqrt(columns.n[i])) + (picked ? 2 : 0),
      color: picked ? "#111827" : place === null ? LOCKED : "#fff",
      weight: picked ? 3 : place === null ? 2 : 1,
      fillColor: colourOf(number),
      fillOpacity: 0.9,
    };
  }
  function draw() {
    layer.clearLayers();
    marks.clear();
    const points = [];
    const onlyMoves = mode() === "moves";
    for (let i = 0; i < columns.lat.length; i += 1) {
      if (onlyMoves && !columns.moves[i]) continue;
      const place = columns.place[i];
      const at = [columns.lat[i] / 1e5, columns.lng[i] / 1e5];
      const mark = L.circleMarker(at, style(i, place)).addTo(layer);
      mark.bindTooltip(() => page.dataset.textPlace.replace("N", columns.n[i]).replace("M", columns.moves[i]));
      points.push(at);
      if (place === null) continue;
      marks.set(place, { mark, i });
      mark.on("click", () => toggle([place]));
    }
    if (!fitted && points.length) { fitted = true; PaodianMap.fit(map, points); }
  }
  function restyle(place) {
    const found = marks.get(place);
    if (!found) return;
    found.mark.setStyle(style(found.i, place));
    found.mark.setRadius(style(found.i, place).radius);
  }
  function toggle(places, add = false) {
    for (const place of places) {
      if (!add && chosen.has(place)) chosen.delete(place); else chosen.add(place);
      restyle(place);
    }
    ask();
  }
  let asking;
  function ask() {
    clearTimeout(asking);
    asking = setTimeout(() => {
      const query = new URLSearchParams([...chosen].slice(0, 400).map((place) => ["place", place]));
      htmx.ajax("GET", `${page.dataset.customersUrl}?${query}`, { target: chosenBox, swap: "innerHTML" });
    }, 150);
  }
  async function load() {
    try {
      const answer = await fetch(page.dataset.mapUrl);
      if (!answer.ok) throw new Error(answer.status);
      columns = await answer.json();
      draw();
    } catch {
      say(page.dataset.textFailed, "error");
    }
  }

  page.addEventListener("change", (event) => { if (event.target.name === "mode" && columns) draw(); });
  chosenBox.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    const before = [...chosen];
    chosen.clear();
    before.forEach(restyle);
    ask();
  });
  document.body.addEventListener("scenario-changed", () => { load(); ask(); });

  /* A box over the map chooses all places in it; the map stands still meanwhile. */
  const boxing = page.querySelector("[data-box]");
  let from = null, frame = null;
  boxing?.addEventListener("change", () => {
    map.getContainer().classList.toggle("pt-boxing", boxing.checked);
    if (boxing.checked) map.dragging.disable(); else map.dragging.enable();
  });
  map.on("mousedown", (event) => { if (boxing?.checked) from = event.latlng; });
  map.on("mousemove", (event) => {
    if (!from) return;
    frame?.remove();
    frame = L.rectangle(L.latLngBounds(from, event.latlng), { color: "#0f766e", weight: 1, interactive: false }).addTo(map);
  });
  map.on("mouseup", (event) => {
    if (!from) return;
    const bounds = L.latLngBounds(from, event.latlng);
    from = null;
    frame?.remove();
    const inside = [...marks].filter(([, found]) => bounds.contains(found.mark.getLatLng())).map(([place]) => place);
    if (inside.length) toggle(inside, true);
  });
  load();
})();
