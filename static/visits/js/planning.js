/* Plan visits: customers found by filters or on the map are chosen, then the server previews what would come of it. */
"use strict";

(() => {
  const form = document.getElementById("planning");
  const find = (selector) => form.querySelector(selector);
  const [ID, NAME, LEVEL, OWNER, LAT, LNG, VISITED] = [0, 1, 2, 3, 4, 5, 6];
  const chosen = new Map();
  let rows = [];
  let marks = new Map();
  let map = null;
  let layer = null;

  /* --- what is chosen */
  function draw() {
    form.elements.customers.value = [...chosen.keys()].join(",");
    find("[data-chosen-count]").textContent = chosen.size;
    find("[data-chosen]").replaceChildren(...[...chosen.values()].slice(0, 300).map((row) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      button.dataset.remove = row[ID];
      button.setAttribute("aria-label", `${form.dataset.remove} ${row[NAME]}`);
      item.append(row[NAME], button);
      return item;
    }));
    for (const box of form.querySelectorAll("[data-results] input")) box.checked = chosen.has(Number(box.value));
    for (const [id, mark] of marks) mark.setStyle(look(id));
  }
  function toggle(row, on = !chosen.has(row[ID])) {
    if (on) chosen.set(row[ID], row); else chosen.delete(row[ID]);
  }
  find("[data-chosen]").addEventListener("click", (event) => {
    const id = event.target.closest("[data-remove]")?.dataset.remove;
    if (id) { chosen.delete(Number(id)); draw(); }
  });
  find("[data-clear]").addEventListener("click", () => { chosen.clear(); draw(); });
  find("[data-add-all]").addEventListener("click", () => { for (const row of rows) toggle(row, true); draw(); });
  find("[data-results]").addEventListener("change", (event) => {
    const row = rows.find((one) => one[ID] === Number(event.target.value));
    if (row) { toggle(row, event.target.checked); draw(); }
  });

  /* --- what the filters find */
  function query() {
    const params = new URLSearchParams(find("[data-view-choice]").value);
    for (const field of form.querySelectorAll("[data-key]")) {
      if (field.value.trim()) params.set(field.dataset.key, field.value.trim());
    }
    return params;
  }
  function message(text) {
    const line = find("[data-message]");
    line.textContent = text;
    line.hidden = !text;
  }
  let wish = 0;
  async function search() {
    const mine = ++wish;
    let answer = null;
    try {
      const response = await fetch(`${form.dataset.choiceUrl}?${query()}`, { headers: { Accept: "application/json" } });
      answer = response.ok ? await response.json() : null;
    } catch { answer = null; }
    if (mine !== wish) return;
    rows = answer?.rows ?? [];
    find("[data-count]").textContent = answer ? answer.count.toLocaleString() : "";
    message(!answer ? form.dataset.failed : !rows.length ? form.dataset.none : answer.count > rows.length ? form.dataset.more : "");
    find("[data-add-all]").disabled = !rows.length;
    list();
    if (map) dots();
  }
  function list() {
    find("[data-results]").replaceChildren(...rows.slice(0, 300).map((row) => {
      const item = document.createElement("li");
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input", value: row[ID] });
      box.checked = chosen.has(row[ID]);
      const name = Object.assign(document.createElement("span"), { textContent: row[NAME] });
      const facts = [row[LEVEL], row[OWNER] || form.dataset.nobody, row[VISITED] ?? form.dataset.never];
      const small = Object.assign(document.createElement("small"), { textContent: facts.filter(Boolean).join(" · ") });
      label.append(box, name, small);
      item.append(label);
      return item;
    }));
  }
  /* The whole customer list was chosen there: its address names them. */
  async function takeList() {
    const params = new URLSearchParams(form.dataset.list === "all" ? "" : form.dataset.list);
    params.set("chosen", "1");
    let answer = null;
    try {
      const response = await fetch(`${form.dataset.choiceUrl}?${params}`, { headers: { Accept: "application/json" } });
      answer = response.ok ? await response.json() : null;
    } catch { answer = null; }
    for (const row of answer?.rows ?? []) toggle(row, true);
    const line = find("[data-list-message]");
    line.textContent = !answer ? form.dataset.failed : answer.count > answer.rows.length ? form.dataset.tooMany : "";
    line.hidden = !line.textContent;
    draw();
  }
  let timer = 0;
  find("[data-filters]").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(search, event.target.matches("select") ? 0 : 300);
  });

  /* --- the map */
  const look = (id) => (chosen.has(id)
    ? { color: "#fff", fillColor: "#b45309", radius: 8 }
    : { color: "#fff", fillColor: "#0f766e", radius: 6 });
  function dots() {
    layer?.remove();
    marks = new Map();
    layer = L.layerGroup().addTo(map);
    const points = [];
    for (const row of rows) {
      if (row[LAT] === null) continue;
      const mark = L.circleMarker([row[LAT], row[LNG]], { weight: 2, fillOpacity: 0.95, ...look(row[ID]) });
      mark.bindTooltip(`${row[NAME]} · ${row[OWNER] || form.dataset.nobody}`);
      mark.on("click", () => { toggle(row); draw(); });
      mark.addTo(layer);
      marks.set(row[ID], mark);
      points.push([row[LAT], row[LNG]]);
    }
    if (points.length) window.PaodianMap.fit(map, points);
  }
  function openMap() {
    if (!map) {
      map = window.PaodianMap.create(find("[data-map]"), { boxZoom: true, preferCanvas: true });
      /* Shift and drag chooses instead of zooming. */
      map.boxZoom._onMouseUp = function up(event) {
        if (event.which !== 1 && event.button !== 1) return;
        this._finish();
        if (!this._moved) return;
        this._clearDeferredResetState();
        this._resetStateTimeout = setTimeout(L.Util.bind(this._resetState, this), 0);
        const box = L.latLngBounds(
          this._map.containerPointToLatLng(this._startPoint), this._map.containerPointToLatLng(this._point),
        );
        for (const row of rows) if (row[LAT] !== null && box.contains([row[LAT], row[LNG]])) toggle(row, true);
        draw();
      };
    }
    map.invalidateSize();
    dots();
  }
  for (const button of form.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const isMap = button.dataset.show === "map";
      for (const other of form.querySelectorAll("[data-show]")) {
        other.classList.toggle("active", other === button);
        other.setAttribute("aria-pressed", String(other === button));
      }
      find("[data-results]").hidden = isMap;
      find("[data-map]").hidden = !isMap;
      find("[data-map-hint]").hidden = !isMap;
      if (isMap) openMap();
    });
  }

  /* --- days or rhythm */
  const until = form.elements.until;
  function shape() {
    const how = form.elements.how.value;
    for (const part of form.querySelectorAll("[data-how]")) part.hidden = part.dataset.how !== how;
    find("[data-days]").hidden = !until.value;
  }
  form.addEventListener("change", shape);
  until.addEventListener("input", shape);

  /* --- preview */
  const preview = document.getElementById("preview");
  let glance = 0; // an answer to what was changed meanwhile is no preview of it
  async function look_ahead() {
    const mine = ++glance;
    const data = new FormData(form);
    data.set("step", "preview");
    preview.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(location.pathname, { method: "POST", body: data, headers: { "HX-Request": "true" } });
      if (!response.ok) throw new Error(response.statusText);
      const text = await response.text();
      if (mine !== glance) return;
      preview.innerHTML = text;
      preview.scrollIntoView({ block: "start", behavior: "smooth" });
    } catch {
      if (mine === glance) preview.textContent = form.dataset.failed;
    } finally {
      if (mine === glance) preview.removeAttribute("aria-busy");
    }
  }
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-preview]")) look_ahead();
    const all = event.target.closest("[data-all]");
    if (!all) return;
    for (const select of preview.querySelectorAll("select[data-kinds]")) {
      if (!select.dataset.kinds.split(" ").includes(all.dataset.all)) continue;
      if ([...select.options].some((option) => option.value === all.dataset.choice)) select.value = all.dataset.choice;
    }
    look_ahead();
  });
  /* What was previewed is what is made: any change asks for a new preview first. */
  form.addEventListener("input", (event) => {
    if (event.target.closest("#preview")) return;
    if (event.target.closest("[data-filters]")) return;
    glance += 1;
    preview.removeAttribute("aria-busy");
    preview.replaceChildren();
  });

  for (const row of JSON.parse(document.getElementById("ready-customers").textContent)) chosen.set(row[ID], row);
  shape();
  draw();
  if (form.dataset.list) takeList();
  search();
})();
