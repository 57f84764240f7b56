/* White space: hexagons coloured by a figure, the list of them, and what is in one. The server sums; here it is drawn. */
"use strict";

(() => {
  const page = document.querySelector(".pt-white");
  const form = page.querySelector("[data-white-filter]");
  const table = page.querySelector("[data-table]");
  const suggestionBox = page.querySelector("[data-suggestions]");
  const key = page.querySelector("[data-key]");
  const exportLink = page.querySelector("[data-export-link]");
  const SHADES = ["#ccfbf1", "#99f6e4", "#5eead4", "#14b8a6", "#0f766e", "#134e4a"];
  const LOSSES = ["#991b1b", "#ef4444", "#fecaca"], GAINS = ["#99f6e4", "#14b8a6", "#115e59"];
  const MOST_ROWS = 200;
  const asked = new URLSearchParams(location.search);
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 11, preferCanvas: true });
  const layer = L.layerGroup().addTo(map);
  let answer = null;
  let hexagons = new Map();
  let list = "all";
  let sort = { name: "customers", down: true };
  let chosen = null;

  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const measure = () => form.querySelector("[data-measure]").value;
  const number = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 1 });

  /* --- figures of cell i */
  const FIGURES = {
    customers: (c, i) => c.customers[i],
    leads: (c, i) => c.leads[i],
    sales: (c, i) => c.sales[i],
    new: (c, i) => c.new[i],
    density: (c, i) => c.customers[i] / answer.km2,
    per_residents: (c, i) => (c.residents[i] ? c.customers[i] * 10000 / c.residents[i] : null),
    new_delta: (c, i) => c.new[i] - c.new_before[i],
    sales_delta: (c, i) => c.sales[i] - c.sales_before[i],
  };
  const value = (name, i) => FIGURES[name](answer.cells, i);
  const isDelta = (name) => name.endsWith("_delta");
  /* Money of a whole cell is read without its pennies. */
  const words = (name, x) => (x === null ? "–" : number.format(name.startsWith("sales") ? Math.round(x) : x));

  /* Steps at which the colour changes: equal numbers of cells in each, so that one giant does not whiten the rest. */
  function steps(values, count) {
    const sorted = [...values].sort((a, b) => a - b);
    return Array.from({ length: count - 1 }, (_, n) => sorted[Math.floor(sorted.length * (n + 1) / count)] ?? 0);
  }
  const shade = (x, limits, colours) => colours[limits.filter((limit) => x > limit).length];
  function palette(name) {
    const values = answer.cells.id.map((_, i) => value(name, i)).filter((x) => x !== null && x !== 0);
    if (!isDelta(name)) {
      const limits = steps(values, SHADES.length);
      return { colour: (x) => (x ? shade(x, limits, SHADES) : "#ffffff"), key: limits.map((limit, n) => [SHADES[n], `≤ ${words(name, limit)}`]).concat([[SHADES.at(-1), `> ${words(name, limits.at(-1) ?? 0)}`]]) };
    }
    const up = steps(values.filter((x) => x > 0), 3), down = steps(values.filter((x) => x < 0).map((x) => -x), 3);
    return {
      colour: (x) => (!x ? "#ffffff" : x > 0 ? shade(x, up, GAINS) : shade(-x, down, [...LOSSES].reverse())),
      key: [[LOSSES[0], "−"], [LOSSES[2], ""], ["#ffffff", "0"], [GAINS[0], ""], [GAINS[2], "+"]],
    };
  }
  function ring(packed) {
    const corners = [];
    let lat = 0, lng = 0;
    for (let i = 0; i < packed.length; i += 2) {
      lat += packed[i];
      lng += packed[i + 1];
      corners.push([lat / 1e5, lng / 1e5]);
    }
    return corners;
  }

  /* --- drawing */
  function draw() {
    layer.clearLayers();
    hexagons = new Map();
    const name = measure();
    const colours = palette(name);
    answer.cells.id.forEach((id, i) => {
      const x = value(name, i);
      const hexagon = L.polygon(ring(answer.cells.ring[i]), {
        color: id === chosen ? "#111827" : "#64748b", weight: id === chosen ? 3 : 0.6,
        fillColor: colours.colour(x), fillOpacity: x ? 0.72 : 0.25,
      }).addTo(layer);
      hexagon.bindTooltip(() => `${form.querySelector("[data-measure]").selectedOptions[0].textContent}: ${words(name, x)}`, { sticky: true });
      hexagon.on("click", () => open(id));
      hexagons.set(id, hexagon);
    });
    for (const { id, ring: corners } of answer.suggestions) {
      const hexagon = L.polygon(ring(corners), { color: "#c2410c", weight: 2, dashArray: "5 4", fill: !hexagons.has(id), fillOpacity: 0.05, fillColor: "#c2410c" }).addTo(layer);
      hexagon.on("click", () => open(id));
      if (!hexagons.has(id)) hexagons.set(id, hexagon);
    }
    const named = (text, dress) => {
      const part = document.createElement("span");
      const mark = document.createElement("i");
      dress(mark);
      part.append(mark, text);
      return part;
    };
    key.replaceChildren(...colours.key.map(([colour, text]) => named(text, (mark) => { mark.style.background = colour; })));
    const beside = page.querySelector("[data-list=suggestions]");
    if (beside && answer.suggestions.length) key.append(named(beside.firstChild.textContent.trim(), (mark) => mark.classList.add("beside")));
    const area = document.createElement("span");
    area.textContent = page.dataset.textArea.replace("N", number.format(answer.km2));
    key.append(area);
  }
  function rows() {
    const indexes = answer.cells.id.map((_, i) => i);
    const alone = new Set(answer.alone);
    const kept = list === "alone" ? indexes.filter((i) => alone.has(answer.cells.id[i])) : indexes;
    const of = (i) => value(sort.name, i) ?? -Infinity;
    return kept.sort((a, b) => (sort.down ? of(b) - of(a) : of(a) - of(b)) || a - b);
  }
  function fill() {
    for (const [name, count] of [["all", answer.cells.id.length], ["alone", answer.alone.length], ["suggestions", answer.suggestions.length]]) {
      const box = page.querySelector(`[data-count=${name}]`);
      if (box) box.textContent = count;
    }
    table.hidden = list === "suggestions";
    suggestionBox.hidden = list !== "suggestions";
    const heads = [...table.querySelectorAll("[data-sort]")];
    for (const head of heads) head.parentElement.setAttribute("aria-sort", head.dataset.sort !== sort.name ? "none" : sort.down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const found = rows().slice(0, MOST_ROWS);
    body.replaceChildren(...found.map((i) => {
      const row = document.createElement("tr");
      row.dataset.id = answer.cells.id[i];
      row.tabIndex = 0;
      for (const head of heads) {
        const x = value(head.dataset.sort, i);
        const cell = row.insertCell();
        cell.textContent = `${isDelta(head.dataset.sort) && x > 0 ? "+" : ""}${words(head.dataset.sort, x)}`;
      }
      return row;
    }));
    if (!found.length) {
      const cell = body.insertRow().insertCell();
      cell.colSpan = heads.length;
      cell.textContent = page.dataset.textNone;
    }
    suggestionBox.replaceChildren(...answer.suggestions.map(({ id, here, why }) => {
      const row = document.createElement("button");
      row.type = "button";
      row.className = "pt-near";
      row.dataset.id = id;
      const text = document.createElement("span"), head = document.createElement("b"), more = document.createElement("small");
      head.textContent = here;
      more.textContent = why;
      text.append(head, more);
      row.append(text);
      return row;
    }));
    if (!answer.suggestions.length) suggestionBox.textContent = page.dataset.textNone;
  }

  /* --- loading */
  function parameters() {
    const all = new URLSearchParams(new FormData(form));
    for (const [name, x] of [...all]) if (!x) all.delete(name, x);
    for (const name of ["since", "until", "on"]) if (asked.get(name)) all.set(name, asked.get(name));
    return all;
  }
  let request = null;
  async function load() {
    request?.abort();
    const mine = request = new AbortController();
    const bounds = map.getBounds();
    const query = parameters();
    query.set("bounds", [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()].map((x) => x.toFixed(5)).join(","));
    query.set("zoom", map.getZoom());
    if (exportLink) exportLink.href = `${page.dataset.export}?${query}`;
    try {
      const reply = await fetch(`${page.dataset.cells}?${query}`, { signal: mine.signal });
      if (!reply.ok) throw new Error(reply.status);
      answer = await reply.json();
      draw();
      fill();
    } catch (error) {
      if (error.name !== "AbortError") say(page.dataset.textFailed, "error");
    }
  }
  let waiting;
  map.on("moveend", () => { clearTimeout(waiting); waiting = setTimeout(load, 150); });

  /* --- choosing */
  function open(id) {
    chosen = id;
    draw();
    const query = parameters();
    query.set("cell", id);
    htmx.ajax("GET", `${page.dataset.cell}?${query}`, { target: "#cell", swap: "innerHTML" })
      .then(() => document.getElementById("cell").scrollIntoView({ block: "nearest" }));
  }
  page.addEventListener("click", (event) => {
    const head = event.target.closest("[data-sort]");
    if (head) {
      sort = { name: head.dataset.sort, down: sort.name === head.dataset.sort ? !sort.down : true };
      fill();
    }
    const tab = event.target.closest("[data-list]");
    if (tab) {
      list = tab.dataset.list;
      for (const other of page.querySelectorAll("[data-list]")) {
        other.classList.toggle("active", other === tab);
        other.setAttribute("aria-pressed", other === tab);
      }
      fill();
    }
    const row = event.target.closest("[data-id]");
    if (row) show(row.dataset.id);
  });
  table.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset.id) show(event.target.dataset.id);
  });
  function show(id) {
    const hexagon = hexagons.get(id);
    if (hexagon) map.panTo(hexagon.getBounds().getCenter());
    open(id);
  }
  let typing;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(load, 350);
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-measure]")) { draw(); return; }
    if (event.target.name === "period") { form.submit(); return; } // the days beside it are the server's
    if (event.target.name !== "q") load();
  });
  form.addEventListener("submit", (event) => { if (event.submitter) { event.preventDefault(); load(); } });
  const wanted = asked.get("measure");
  if (wanted && form.querySelector(`[data-measure] option[value="${CSS.escape(wanted)}"]`)) form.querySelector("[data-measure]").value = wanted;
  load();
})();
