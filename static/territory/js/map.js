/* The customer map: clusters or points of what is in view, filters and colours kept in the address, a popup with facts,
   the nearest list. PaodianCustomerMap is for what else joins the page:
   { map, page, query() → URLSearchParams of the filters, say(text, level), follow(update) }; `update` is called after
   every move and change of filters. */
"use strict";

window.PaodianCustomerMap = (() => {
  const page = document.querySelector(".pt-map");
  const form = page.querySelector("[data-map-filter]");
  const list = page.querySelector("[data-nearest-list]");
  const marks = window.PaodianMapMarks;
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 12 });
  const LOOKS = ["heat", "marks"]; // of map-heat.js: kept in the address, no filter
  const CLOSE = 17; // where a single customer is looked at
  let shown = null; // the answer that is drawn
  let box = null; // for which part of the map it is, null for all of it
  let zoom = null;
  let layer = null;

  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const filled = (...without) => {
    const all = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...all]) if (!value || without.includes(key)) all.delete(key, value);
    return all;
  };
  const query = () => filled("by", ...LOOKS);

  /* --- drawing */
  function draw(answer) {
    shown = answer;
    layer?.remove();
    layer = answer.kind === "points" ? points(answer) : clusters(answer);
    layer.addTo(map);
    marks.legend(page.querySelector("[data-legend]"), answer.legend);
    const total = page.dataset.textCustomers.replace("N", marks.number.format(answer.total));
    page.querySelector("[data-total]").textContent = `${total} ${page.dataset.textInView}`;
    page.querySelector("[data-as-of]").textContent = answer.asOf
      ? page.dataset.textAsOf.replace("TIME", new Date(answer.asOf).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })) : "";
    page.querySelector("[data-empty]").hidden = answer.total > 0 || box !== null;
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
      mark.on("click keypress", () => open(id, mark.getLatLng()));
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
    const asked = filled(...LOOKS);
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
    for (const update of followers) update();
    address();
  }
  let typing;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(() => changed(event), 350);
  });
  form.addEventListener("change", (event) => {
    if (LOOKS.includes(event.target.name)) address();
    else if (event.target.name && event.target.name !== "q") changed(event);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(event); });
  page.querySelector("[data-clear]").addEventListener("click", () => { location.href = location.pathname; });

  /* --- popup */
  map.on("popupopen", () => page.classList.add("pt-popup-open"));
  map.on("popupclose", () => page.classList.remove("pt-popup-open"));
  async function open(id, place) {
    // On the map, not on a mark: making room for it moves the map, and what is drawn then replaces all marks.
    const popup = L.popup({ maxWidth: 330, minWidth: Math.min(320, map.getSize().x - 60), autoPanPaddingTopLeft: [10, 70], offset: [0, -6] });
    popup.setLatLng(place).setContent(page.dataset.textLoading).openOn(map);
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
    const place = L.latLng(Number(row.dataset.lat), Number(row.dataset.lng));
    map.setView(place, Math.max(map.getZoom(), CLOSE), { animate: false });
    open(Number(row.dataset.customer), place);
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

  const followers = [];
  const api = { map, page, query, say, follow: (update) => followers.push(update) };

  let moving;
  let settled = false;
  map.on("moveend", () => {
    near();
    clearTimeout(moving);
    moving = setTimeout(() => {
      if (settled) { load(); address(); }
      for (const update of followers) update();
    }, 60);
  });
  page.querySelector("[data-chips]").hidden = query().size <= 1;
  load({ anywhere: !fromAddress() }).finally(() => { settled = true; if (shown) load(); }); // the map may have been moved meanwhile
  near();
  countWithout();
  return api;
})();
