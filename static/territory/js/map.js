/* The customer map: clusters or points of what is in view, filters and colours kept in the address, a popup with facts,
   the nearest list. PaodianCustomerMap is for what else joins the page:
   { map, query() → URLSearchParams of the filters, addLayer({ id, label, show(api), hide(api), update(api) }) }.
   A layer has a tick in the legend; `show` and `hide` follow the tick, `update` every move and change of filters. */
"use strict";

window.PaodianCustomerMap = (() => {
  const page = document.querySelector(".pt-map");
  const form = page.querySelector("[data-map-filter]");
  const list = page.querySelector("[data-nearest-list]");
  const marks = window.PaodianMapMarks;
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 12 });
  const CLOSE = 17; // where a single customer is looked at
  let shown = null; // the answer that is drawn
  let box = null; // for which part of the map it is, null for all of it
  let zoom = null;
  let layer = null;
  const pins = new Map(); // by customer
  let wanted = null; // a customer to open once it is there

  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const filled = (...without) => {
    const all = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...all]) if (!value || without.includes(key)) all.delete(key, value);
    return all;
  };
  const query = () => filled("by");

  /* --- drawing */
  function draw(answer) {
    shown = answer;
    layer?.remove();
    pins.clear();
    layer = answer.kind === "points" ? points(answer) : clusters(answer);
    layer.addTo(map);
    marks.legend(page.querySelector("[data-legend]"), answer.legend);
    const total = page.dataset.textCustomers.replace("N", marks.number.format(answer.total));
    page.querySelector("[data-total]").textContent = `${total} ${page.dataset.textInView}`;
    page.querySelector("[data-as-of]").textContent = answer.asOf
      ? page.dataset.textAsOf.replace("TIME", new Date(answer.asOf).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })) : "";
    page.querySelector("[data-empty]").hidden = answer.total > 0 || box !== null;
    const pin = wanted && pins.get(wanted);
    if (pin) {
      const id = wanted;
      wanted = null;
      layer.zoomToShowLayer(pin, () => open(id, pin));
    }
    performance.mark("map-drawn");
  }
  function clusters(answer) {
    const group = L.layerGroup();
    answer.n.forEach((count, i) => {
      const counts = answer.k.length ? answer.k[i] : [count];
      const mark = marks.cluster(answer.lat[i] / 1e5, answer.lng[i] / 1e5, count, counts, answer.legend, page.dataset.textCustomers);
      mark.on("click keypress", (event) => {
        if (event.type === "keypress" && event.originalEvent.key !== "Enter") return;
        if (map.getZoom() < map.getMaxZoom()) map.setView(mark.getLatLng(), Math.min(map.getZoom() + 2, map.getMaxZoom()));
        else near();
      });
      group.addLayer(mark);
    });
    return group;
  }
  function points(answer) {
    const group = PaodianMap.cluster(marks.gather(answer.legend, page.dataset.textCustomers));
    group.addLayers(answer.id.map((id, i) => {
      const place = Number(answer.c[i]);
      const mark = marks.pin(answer.lat[i] / 1e5, answer.lng[i] / 1e5, answer.legend[place]);
      mark.options.place = place;
      mark.on("click keypress", () => open(id, mark));
      pins.set(id, mark);
      return mark;
    }));
    return group;
  }
  /* The first view leaves out the odd shop far away: nine tenths of the points in each direction. */
  function middle(answer) {
    const cut = (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const edge = Math.floor(sorted.length * 0.05);
      return [sorted[edge] / 1e5, sorted[sorted.length - 1 - edge] / 1e5];
    };
    const [south, north] = cut(answer.lat);
    const [west, east] = cut(answer.lng);
    return [[south, west], [north, east]];
  }

  /* --- loading; a later answer wins over an earlier one */
  let request = null;
  const suffices = () => shown && (shown.whole
    || (box?.contains(map.getBounds()) && (shown.kind === "points" || zoom === Math.floor(map.getZoom()))));
  async function load({ anywhere = false } = {}) {
    if (!anywhere && suffices()) return;
    request?.abort();
    const mine = request = new AbortController();
    const asked = filled();
    const part = anywhere ? null : map.getBounds().pad(0.2);
    const level = Math.floor(map.getZoom());
    if (part) {
      asked.set("box", [part.getSouth(), part.getWest(), part.getNorth(), part.getEast()].map((degrees) => degrees.toFixed(4)));
      asked.set("zoom", level);
    } else {
      const size = map.getSize();
      asked.set("width", size.x);
      asked.set("height", size.y);
    }
    try {
      const answer = await fetch(`${page.dataset.cells}?${asked}`, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.status);
      const columns = await answer.json();
      performance.mark("map-data");
      box = part;
      zoom = level;
      if (anywhere) look(columns);
      draw(columns);
    } catch (error) {
      if (error.name !== "AbortError") say(page.dataset.textFailed, "error");
    }
  }
  /* Where the customers are; what was sent is for that view and a little more. */
  function look(columns) {
    if (columns.view) {
      const [lat, lng, level] = columns.view;
      map.setView([lat, lng], level, { animate: false });
      box = map.getBounds().pad(0.15);
      zoom = level;
    } else if (columns.total && columns.kind === "points") {
      PaodianMap.fit(map, middle(columns));
    }
  }
  async function countWithout() {
    const link = page.querySelector("[data-notes]");
    const asked = query().toString();
    const aslist = page.querySelector("[data-as-list]");
    const target = query();
    if (aslist) aslist.href = `${page.dataset.list}?${target}`;
    try {
      const answer = await fetch(`${page.dataset.without}?${asked}`);
      if (!answer.ok || asked !== query().toString()) return;
      const { count, query: found } = await answer.json();
      link.hidden = count === 0;
      link.textContent = page.dataset.textWithout.replace("N", marks.number.format(count));
      link.href = query().size > 1 ? `${page.dataset.list}?${found}` : page.dataset.unlocated;
    } catch { /* the map itself says when the network is gone */ }
  }

  /* --- address: filters and colour before the #, the view behind it */
  function address() {
    const asked = filled().toString();
    const { lat, lng } = map.getCenter();
    history.replaceState(null, "", `${location.pathname}${asked ? `?${asked}` : ""}#${map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
  }
  function fromAddress() {
    const found = location.hash.match(/^#(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/);
    if (!found) return false;
    map.setView([Number(found[2]), Number(found[3])], Number(found[1]), { animate: false });
    return true;
  }
  function changed(event) {
    const colours = event?.target.name === "by";
    shown = null;
    load({ anywhere: !colours });
    if (!colours) countWithout();
    page.querySelector("[data-chips]").hidden = query().size <= 1; // the status is always there
    asked = "";
    near();
    for (const one of layers.values()) if (one.on) one.update?.(api);
    address();
  }
  let typing;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(() => changed(event), 350);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name && event.target.name !== "q") changed(event);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(event); });
  page.querySelector("[data-clear]").addEventListener("click", () => { location.href = location.pathname; });

  /* --- popup */
  async function open(id, mark) {
    const popup = L.popup({ maxWidth: 300, minWidth: 240, autoPanPaddingTopLeft: [10, 70] });
    popup.setContent(page.dataset.textLoading);
    mark.unbindPopup().bindPopup(popup).openPopup();
    try {
      const answer = await fetch(page.dataset.popup.replace("/0/", `/${id}/`));
      if (!answer.ok) throw new Error(answer.status);
      popup.setContent(await answer.text());
    } catch {
      popup.setContent(page.dataset.textFailed);
    }
  }

  /* --- nearest list: the server finds them, whatever is drawn */
  let waiting;
  let asked = "";
  function near() {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const { lat, lng } = map.getCenter();
      const place = query();
      place.set("lat", lat.toFixed(4));
      place.set("lng", lng.toFixed(4));
      if (asked === place.toString()) return;
      asked = place.toString();
      try {
        const answer = await fetch(`${page.dataset.nearest}?${place}`);
        if (answer.ok && asked === place.toString()) list.innerHTML = await answer.text();
      } catch { /* the list stays as it was; the map says when the network is gone */ }
    }, 350);
  }
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-customer]");
    if (!row) return;
    const id = Number(row.dataset.customer);
    const pin = pins.get(id);
    if (pin) { layer.zoomToShowLayer(pin, () => open(id, pin)); return; }
    wanted = id;
    map.setView([Number(row.dataset.lat), Number(row.dataset.lng)], CLOSE);
  });

  /* --- full screen: on the desktop without the menu, on a phone without tabs and list */
  const full = page.querySelector("[data-full]");
  function fill(on) {
    document.body.classList.toggle("pt-full", on);
    full.setAttribute("aria-pressed", String(on));
    map.invalidateSize();
  }
  full.addEventListener("click", () => {
    const on = !document.body.classList.contains("pt-full");
    fill(on);
    if (on) page.requestFullscreen?.().catch(() => {}); // where it is refused, the page itself is full
    else if (document.fullscreenElement) document.exitFullscreen();
  });
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) fill(false); });

  page.querySelector("[data-locate]").addEventListener("click", async () => {
    try {
      const fix = await PaodianMap.locate(map);
      map.setView([fix.lat, fix.lng], 16);
    } catch (error) {
      say(error.message, "warning");
    }
  });

  /* --- further layers */
  const layers = new Map();
  function addLayer(one) {
    const label = document.createElement("label");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.className = "form-check-input m-0";
    label.append(tick, one.label);
    page.querySelector("[data-map-layers]").append(label);
    layers.set(one.id, { ...one, on: false });
    tick.addEventListener("change", () => {
      layers.get(one.id).on = tick.checked;
      (tick.checked ? one.show : one.hide)(api);
    });
  }
  const api = { map, page, query, addLayer, say };

  let moving;
  let settled = false;
  map.on("moveend", () => {
    near();
    clearTimeout(moving);
    moving = setTimeout(() => {
      if (settled) { load(); address(); }
      for (const one of layers.values()) if (one.on) one.update?.(api);
    }, 60);
  });
  page.querySelector("[data-chips]").hidden = query().size <= 1;
  load({ anywhere: !fromAddress() }).finally(() => { settled = true; });
  near();
  countWithout();
  return api;
})();
