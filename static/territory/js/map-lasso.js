/* Selecting on the customer map: draw around an area with mouse, finger or pen, click its corners, or take all that is in
   view (also by keyboard). The server says who stands in it; the panel has the actions. */
"use strict";

(() => {
  const { map, page, query, say } = window.PaodianCustomerMap;
  const panel = page.querySelector("[data-selection]");
  const start = page.querySelector("[data-lasso]");
  const hint = page.querySelector("[data-drawing]");
  const canvas = map.getContainer();
  const MOST = 60; // corners; the server takes a hundred
  const STILL = 6; // pixels that are no movement
  const NEAR = 14; // pixels from the first corner that close the ring
  let drawing = false;
  let corners = []; // of clicks
  let trace = null; // pixels of a drag
  let sketch = null; // the line as it is drawn
  let area = null; // the area that is selected

  const pixel = (event) => map.mouseEventToContainerPoint(event);
  const place = (point) => map.containerPointToLatLng(point);

  function mode(on) {
    drawing = on;
    corners = [];
    trace = null;
    sketch?.remove();
    sketch = null;
    start.setAttribute("aria-pressed", String(on));
    hint.hidden = !on;
    canvas.classList.toggle("pt-picking", on);
    for (const handler of [map.dragging, map.doubleClickZoom, map.boxZoom]) handler[on ? "disable" : "enable"]();
  }
  function show(points) {
    sketch?.remove();
    sketch = L.polyline(points, { color: "#c2410c", weight: 3, dashArray: "6 5", interactive: false }).addTo(map);
  }
  /* As few corners as draw the same: the tolerance grows until they are few enough. */
  function thin(points) {
    let tolerance = 2;
    let found = L.LineUtil.simplify(points, tolerance);
    while (found.length > MOST) found = L.LineUtil.simplify(points, tolerance *= 1.5);
    return found;
  }
  function finish(points) {
    mode(false);
    if (points.length >= 3) select(points);
  }

  /* In the capture phase, so that no marker takes the click of a corner. */
  canvas.addEventListener("pointerdown", (event) => {
    if (!drawing || event.target.closest(".leaflet-control")) return;
    event.stopPropagation();
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    trace = [pixel(event)];
  }, true);
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || !trace) return;
    event.stopPropagation();
    const at = pixel(event);
    if (at.distanceTo(trace[trace.length - 1]) < 3) return;
    trace.push(at);
    show([...corners, ...trace.map(place)]);
  }, true);
  canvas.addEventListener("pointerup", (event) => {
    if (!drawing || !trace) return;
    event.stopPropagation();
    const drawn = trace;
    trace = null;
    if (drawn.some((at) => at.distanceTo(drawn[0]) > STILL)) { finish(thin(drawn).map(place)); return; }
    const closes = corners.length >= 3 && map.latLngToContainerPoint(corners[0]).distanceTo(drawn[0]) < NEAR;
    if (closes || corners.length >= MOST) { finish(corners); return; }
    corners.push(place(drawn[0]));
    show(corners);
  }, true);
  for (const kind of ["click", "dblclick"]) {
    canvas.addEventListener(kind, (event) => {
      if (!drawing) return;
      event.stopPropagation();
      if (kind === "dblclick") finish(corners.slice(0, -1).length >= 3 ? corners.slice(0, -1) : corners);
    }, true);
  }
  document.addEventListener("keydown", (event) => {
    if (drawing && event.key === "Escape") mode(false);
    if (drawing && event.key === "Enter" && corners.length >= 3) { event.preventDefault(); finish(corners); }
  });

  /* --- the selection */
  let request = null;
  async function select(ring) {
    area?.remove();
    area = L.polygon(ring, { color: "#c2410c", weight: 2, fillOpacity: 0.06, interactive: false }).addTo(map);
    const asked = query();
    asked.set("within", ring.map(({ lat, lng }) => `${lat.toFixed(5)},${lng.toFixed(5)}`).join(";"));
    request?.abort();
    const mine = request = new AbortController();
    panel.hidden = false;
    page.classList.add("pt-selecting");
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${page.dataset.selection}?${asked}`, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.status);
      panel.innerHTML = await answer.text();
      panel.focus({ preventScroll: true });
    } catch (error) {
      if (error.name === "AbortError") return;
      say(page.dataset.textFailed, "error");
      drop();
    } finally {
      panel.removeAttribute("aria-busy");
    }
  }
  function drop() {
    request?.abort();
    area?.remove();
    area = null;
    panel.hidden = true;
    panel.replaceChildren();
    page.classList.remove("pt-selecting");
  }
  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-selection-close]")) { drop(); start.focus(); }
  });
  start.addEventListener("click", () => { drop(); mode(!drawing); });
  page.querySelector("[data-select-view]").addEventListener("click", () => {
    mode(false);
    const view = map.getBounds();
    select([view.getSouthWest(), view.getNorthWest(), view.getNorthEast(), view.getSouthEast()]);
  });
})();
