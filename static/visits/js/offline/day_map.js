/* The day's stops as a map that needs no tiles and no network: points to scale over a grid, north up, oneself in blue. */
"use strict";

self.PaodianDayMap = (() => {
  const { W, fill, h, metres, metresBetween } = self.PaodianKit;
  const SIZE = { width: 360, height: 400 };
  const MARGIN = 34;
  const SMALLEST_M = 200; // a single stop is not shown to the centimetre

  function s(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value); else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }
  /* 1, 2 or 5 times a power of ten, at most `limit`. */
  function round(limit) {
    const power = 10 ** Math.floor(Math.log10(limit));
    return [5, 2, 1].find((step) => step * power <= limit) * power;
  }

  /* draw(stops, here, choose): stops are {id, number, name, lat, lng, tone}; choose(id) is called on a tap. */
  function draw(stops, here, choose) {
    const all = [...stops, ...(here ? [{ lat: here.latitude, lng: here.longitude }] : [])];
    if (!all.length) return h("p.fa-card", null, W.noMapPoints);
    const middle = (key) => (Math.min(...all.map((point) => point[key])) + Math.max(...all.map((point) => point[key]))) / 2;
    const centre = { lat: middle("lat"), lng: middle("lng") };
    // Metres east and north of the middle: flat enough for a day's round.
    const flat = ({ lat, lng }) => ({
      x: metresBetween(centre.lat, centre.lng, centre.lat, lng) * Math.sign(lng - centre.lng),
      y: metresBetween(centre.lat, centre.lng, lat, centre.lng) * Math.sign(lat - centre.lat),
    });
    const reach = (key) => Math.max(SMALLEST_M / 2, ...all.map((point) => Math.abs(flat(point)[key])));
    const fitting = Math.min((SIZE.width / 2 - MARGIN) / reach("x"), (SIZE.height / 2 - MARGIN) / reach("y"));
    let zoom = 1;
    let pan = { x: 0, y: 0 };

    const svg = s("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, class: "fa-map", role: "group", "aria-label": W.map });
    const place = (point) => {
      const { x, y } = flat(point);
      return { x: SIZE.width / 2 + x * fitting * zoom + pan.x, y: SIZE.height / 2 - y * fitting * zoom + pan.y };
    };
    function grid() {
      const step = round(90 / (fitting * zoom));
      const pixels = step * fitting * zoom;
      const lines = [];
      for (let x = (SIZE.width / 2 + pan.x) % pixels; x < SIZE.width; x += pixels) lines.push(s("line", { x1: x, x2: x, y1: 0, y2: SIZE.height }));
      for (let y = (SIZE.height / 2 + pan.y) % pixels; y < SIZE.height; y += pixels) lines.push(s("line", { x1: 0, x2: SIZE.width, y1: y, y2: y }));
      const scale = s("g", { class: "fa-map-scale" },
        s("path", { d: `M10 ${SIZE.height - 16}v6h${pixels}v-6` }), s("text", { x: 14, y: SIZE.height - 16 }, metres(step)),
        s("text", { x: SIZE.width - 22, y: 20 }, W.north));
      return [s("g", { class: "fa-map-grid" }, ...lines), scale];
    }
    function paint() {
      const way = stops.map(place).map(({ x, y }, index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
      const points = stops.map((stop) => {
        const { x, y } = place(stop);
        const press = () => choose(stop.id);
        return s("g", {
          class: `fa-map-stop is-${stop.tone}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, role: "button", tabindex: 0, "aria-label": `${stop.number} ${stop.name}`,
          onclick: press, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(); } },
        }, s("circle", { r: 22, class: "fa-map-target" }), s("circle", { r: 13 }), s("text", { y: 4.5 }, String(stop.number)));
      });
      const me = here ? [s("g", { class: "fa-map-me", transform: `translate(${place({ lat: here.latitude, lng: here.longitude }).x.toFixed(1)} ${place({ lat: here.latitude, lng: here.longitude }).y.toFixed(1)})` },
        s("circle", { r: Math.min(90, Math.max(9, here.accuracy * fitting * zoom)), class: "fa-map-accuracy" }), s("circle", { r: 7 }))] : [];
      svg.replaceChildren(...grid(), s("path", { d: way, class: "fa-map-way" }), ...me, ...points);
    }
    const closer = (factor) => { zoom = Math.min(40, Math.max(0.5, zoom * factor)); pan = { x: pan.x * factor, y: pan.y * factor }; if (zoom === 0.5 || zoom === 40) pan = { x: 0, y: 0 }; paint(); };
    let held = null; // where a finger is, in units of the picture
    const at = (event) => { const box = svg.getBoundingClientRect(); return { x: (event.clientX * SIZE.width) / box.width, y: (event.clientY * SIZE.height) / box.height }; };
    svg.addEventListener("pointerdown", (event) => { held = at(event); });
    svg.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons) return;
      const now = at(event);
      if (Math.hypot(now.x - held.x, now.y - held.y) < 6) return; // a tap
      pan = { x: pan.x + now.x - held.x, y: pan.y + now.y - held.y };
      held = now;
      paint();
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(name, () => { held = null; });
    paint();
    return h("div.fa-map-box", null, svg, h("div.fa-map-zoom", null,
      h("button.btn", { type: "button", "aria-label": W.zoomIn, onclick: () => closer(1.6) }, "+"),
      h("button.btn", { type: "button", "aria-label": W.zoomOut, onclick: () => closer(1 / 1.6) }, "−")));
  }
  /* Stops without a location cannot be drawn; they are named, not dropped. */
  const missing = (names) => names.length > 0 && h("p.fa-note", null, fill(W.notOnMap, { names: names.join("、") }));
  return { draw, missing };
})();
