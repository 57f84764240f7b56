/* A route: numbered stops and line on the map; order by drag or buttons with the length at once, saved and undoable;
   the suggested order beside today's; start and end chosen on the map. */
"use strict";

(() => {
  const root = document.querySelector("[data-route]");
  const texts = root.dataset;
  const box = document.getElementById("stops");
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 12 });
  const layer = L.layerGroup().addTo(map);
  const offered = L.layerGroup().addTo(map);
  const list = () => box.querySelector("[data-stops]");
  const items = () => [...box.querySelectorAll("[data-stop]")];
  const ids = () => items().map((item) => Number(item.dataset.stop));
  const itemOf = (id) => box.querySelector(`[data-stop="${id}"]`);
  const place = (item) => (item.dataset.lat ? [Number(item.dataset.lat), Number(item.dataset.lng)] : null);
  const anchor = (side) => list()?.dataset[side]?.split(",").map(Number);
  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  let saved = ids(); // the order the server has
  let picking = null; // "start" or "end", while its place is chosen on the map

  /* --- length, counted here so that a drag shows it at once */
  const EARTH_M = 6371008.8; // the R of domain-rules §2
  function metres([lat1, lng1], [lat2, lng2]) {
    const rad = Math.PI / 180;
    const h = Math.sin((lat2 - lat1) * rad / 2) ** 2
      + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin((lng2 - lng1) * rad / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
  }
  const shown = (value) => (value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(1)} km`);
  function measure() {
    if (!list() || list().querySelector("[data-hidden-place]")) return; // a place we may not know: the server counts
    let before = anchor("start") ?? null;
    let first = before;
    let total = 0;
    for (const item of items()) {
      const here = place(item);
      if (!here) continue;
      const leg = before ? metres(before, here) : null;
      item.querySelector("[data-leg]").textContent = leg === null ? "" : shown(leg);
      total += leg ?? 0;
      before = here;
      first ??= here;
    }
    const end = list().dataset.closed ? first : anchor("end");
    if (before && end) {
      const last = metres(before, end);
      total += last;
      const cell = box.querySelector("[data-last-leg]");
      if (cell) cell.textContent = shown(last);
    }
    const length = document.querySelector("[data-length]");
    if (length) length.textContent = shown(total);
  }

  /* --- the map */
  function corners(order) {
    const points = order.map(place).filter(Boolean);
    const start = anchor("start");
    const end = anchor("end");
    if (start) points.unshift(start);
    if (end) points.push(end);
    if (list()?.dataset.closed && points.length > 1) points.push(points[0]);
    return points;
  }
  function draw(fit = false) {
    layer.clearLayers();
    items().forEach((item, index) => {
      item.querySelector("[data-number]").textContent = index + 1;
      const point = place(item);
      if (!point) return;
      const tone = item.querySelector(".pd-pin-done") ? "done" : "normal";
      const pin = PaodianMap.pin(...point, { label: index + 1, title: item.dataset.name, tone }).bindPopup(escapeText(item.dataset.name)).addTo(layer);
      pin.on("click", (event) => { if (picking) { pin.closePopup(); picked(event.latlng, item.dataset.name); } });
    });
    for (const side of ["start", "end"]) {
      const point = anchor(side);
      if (!point) continue;
      const name = list().dataset[`${side}Name`];
      L.circleMarker(point, { radius: 9, color: "#0f766e", weight: 4, fillColor: "#fff", fillOpacity: 1 }).bindTooltip(escapeText(name)).addTo(layer);
    }
    const points = corners(items());
    if (points.length > 1) PaodianMap.line(points, { weight: 3 }).addTo(layer).bringToBack();
    if (fit) PaodianMap.fit(map, points);
    drawOffer();
  }
  /* Today's line turns grey and dashed, the suggested one is drawn over it, and each stop says its new number. */
  function drawOffer() {
    offered.clearLayers();
    for (const item of items()) item.querySelector("[data-number]").removeAttribute("data-next");
    const data = document.getElementById("suggestion")?.dataset.order;
    if (!data) return;
    const order = JSON.parse(data).map(itemOf).filter(Boolean);
    layer.eachLayer((line) => { if (line instanceof L.Polyline) line.setStyle({ color: "#64748b", dashArray: "4 8" }); });
    order.forEach((item, index) => { item.querySelector("[data-number]").dataset.next = index + 1; });
    const points = corners(order);
    if (points.length > 1) L.polyline(points, { color: "#c2410c", weight: 4, opacity: 0.9, className: "pt-offer" }).addTo(offered);
  }
  function escapeText(text) {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  }

  /* --- order: shown at once, then saved; one request at a time, the last order wins */
  let busy = false;
  let again = false;
  async function save({ undoable = true } = {}) {
    if (busy) { again = true; return; }
    const order = ids();
    const before = saved;
    if (order.join() === before.join()) return;
    busy = true;
    changes += 1;
    try {
      const answer = await fetch(texts.orderUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
        body: JSON.stringify({ order, seen: before }),
      });
      const body = await answer.json();
      if (answer.status === 409) { say(body.error, "warning"); setTimeout(() => location.reload(), 1800); return; }
      if (!answer.ok) throw new Error(body.error);
      saved = order;
      if (ids().join() === order.join()) tell(body);
      htmx.ajax("GET", texts.figuresUrl, { target: "#figures", swap: "outerHTML" });
      if (undoable) offerUndo(texts.textOrdered, () => { put(before); return save({ undoable: false }); });
    } catch (error) {
      again = false;
      put(saved);
      say(error.message && !(error instanceof TypeError) && !(error instanceof SyntaxError) ? error.message : texts.textFailed, "error");
    } finally {
      busy = false;
      if (again) { again = false; save(); } else askAgain();
    }
  }
  /* What the server knows better: hidden places, the clock, what is late. */
  function tell(body) {
    document.querySelector("[data-length]").textContent = body.length;
    for (const item of items()) {
      const id = item.dataset.stop;
      item.querySelector("[data-leg]").textContent = body.legs[id] ?? "";
      item.querySelector("[data-arrives]").textContent = body.arrives[id] ?? "";
      item.querySelector("[data-late]").hidden = !body.late.includes(Number(id));
      item.querySelector("[data-turns-back]").hidden = !body.turns_back.includes(Number(id));
    }
    const last = box.querySelector("[data-last-leg]");
    if (last) last.textContent = body.ends;
  }
  function put(order) {
    for (const id of order) { const item = itemOf(id); if (item) list().append(item); }
    changed();
  }
  function changed() { draw(); measure(); }
  function makeSortable() {
    if (!list() || !window.Sortable) return;
    Sortable.create(list(), {
      handle: ".pt-grip",
      animation: 120,
      onChange: () => measure(), // while the stop hangs over another place
      onEnd: () => { changed(); save(); },
    });
  }
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move], [data-remove], [data-more]");
    if (!button) return;
    const item = button.closest("[data-stop]");
    if (button.dataset.remove) { remove(item, button.dataset.remove); return; }
    if ("more" in button.dataset) { openMore(item, button); return; }
    if (button.dataset.move === "-1") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
    changed();
    save();
  });
  function openMore(item, button) {
    const more = item.querySelector(".pt-stop-more");
    more.hidden = !more.hidden;
    button.setAttribute("aria-expanded", String(!more.hidden));
    const facts = more.querySelector("[hx-get]");
    if (!more.hidden && facts && !facts.childElementCount) htmx.trigger(facts, "shown");
  }

  /* --- taking off, with a way back */
  const post = (url, values) => htmx.ajax("POST", url, { target: "#stops", swap: "innerHTML", values });
  async function remove(item, url) {
    const { customer, name } = item.dataset;
    const position = items().indexOf(item) + 1;
    await post(url, {});
    if (itemOf(item.dataset.stop)) return; // refused or not reached: the kit has said so
    offerUndo(texts.textRemoved.replace("NAME", name), () => post(texts.addUrl, { pk: customer, position }));
  }
  let offer = null; // one way back at a time: an older one would put back what is no longer there
  function offerUndo(text, undo) {
    offer?.remove();
    const toast = offer = document.createElement("div");
    toast.className = "pd-toast";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = texts.textUndo;
    button.addEventListener("click", () => { toast.remove(); undo(); });
    toast.append(text, " ", button);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  /* --- start and end on the map */
  const field = (side, part) => document.getElementById(`id_${side}_${part}`);
  function showPicked() {
    for (const side of ["start", "end"]) {
      const cell = document.querySelector(`[data-picked="${side}"]`);
      const lat = field(side, "latitude")?.value;
      if (cell) cell.textContent = lat ? `${Number(lat).toFixed(5)}, ${Number(field(side, "longitude").value).toFixed(5)}` : "";
    }
    const closed = document.getElementById("id_is_closed");
    const end = document.querySelector("[data-way-form] [data-end]");
    if (closed && end) end.hidden = closed.checked;
  }
  function setPlace(side, lat, lng) {
    field(side, "latitude").value = lat;
    field(side, "longitude").value = lng;
    showPicked();
  }
  function pick(side) {
    picking = side;
    for (const button of document.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", String(button.dataset.pick === side));
    map.getContainer().classList.toggle("pt-picking", Boolean(side));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick], [data-unpick]");
    if (button?.dataset.pick) {
      pick(button.dataset.pick);
      say(texts.textPick);
      map.getContainer().scrollIntoView({ block: "nearest" });
    } else if (button) {
      setPlace(button.dataset.unpick, "", "");
      field(button.dataset.unpick, "name").value = "";
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "id_is_closed") return;
    if (event.target.checked) { setPlace("end", "", ""); field("end", "name").value = ""; }
    showPicked();
  });
  function picked({ lat, lng }, name = "") {
    setPlace(picking, lat.toFixed(6), lng.toFixed(6));
    const label = field(picking, "name");
    if (!label.value) label.value = name;
    label.focus();
    pick(null);
  }
  map.on("click", (event) => { if (picking) picked(event.latlng); });

  /* --- what the server sends. Figures come a moment later and bring the suggestion along: what was asked for before the
     last change would show the route of then, and take away the button whose answer is on its way. */
  let changes = 0;
  let sending = 0;
  let stale = false;
  const isPost = (event) => event.detail.requestConfig.verb === "post";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPost(event)) { changes += 1; sending += 1; } else event.detail.xhr.changes = changes;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "figures" || isPost(event) || event.detail.xhr.changes === changes) return;
    event.detail.shouldSwap = false;
    stale = true;
    askAgain();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (isPost(event)) { sending -= 1; askAgain(); }
  });
  function askAgain() {
    if (!stale || sending || busy) return;
    stale = false;
    htmx.ajax("GET", texts.figuresUrl, { target: "#figures", swap: "outerHTML" });
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === box) {
      saved = ids();
      makeSortable();
      draw(true);
      document.body.dispatchEvent(new CustomEvent("stops-changed"));
    }
  });
  /* Fragments that stand for themselves; the server's length may be older than what hangs over the list just now. */
  document.addEventListener("htmx:load", (event) => {
    if (["suggestion", "figures"].includes(event.target.id)) draw();
    if (event.target.id === "figures") measure();
    if (event.target.id === "way") showPicked();
  });

  makeSortable();
  draw(true);
  showPicked();
})();
