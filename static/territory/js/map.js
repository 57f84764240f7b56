/* Customer map: columns of points from the server, clusters, a popup with facts, the nearest list. */
"use strict";

(() => {
  const page = document.querySelector(".pt-map");
  const form = page.querySelector("[data-map-filter]");
  const list = page.querySelector("[data-nearest-list]");
  const TONES = ["normal", "near", "overdue", "done"]; // by band: week, month, longer, never
  const NEAREST = 20;
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 12 });
  const cluster = PaodianMap.cluster().addTo(map);
  let columns = { id: [], lat: [], lng: [], level: "", band: "" };
  const markers = new Map();
  let shown = []; // indexes into columns
  let fitted = false;

  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const parameters = () => {
    const all = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...all]) if (!value) all.delete(key, value);
    return all;
  };
  const chosenBands = () => [...form.querySelectorAll("[name=band]:checked")].map((box) => box.value);

  /* --- drawing */
  function marker(index) {
    const id = columns.id[index];
    const level = columns.level[index];
    const tone = TONES[columns.band[index]];
    const mark = PaodianMap.pin(columns.lat[index] / 1e5, columns.lng[index] / 1e5, { label: level === "-" ? "" : level, tone });
    mark.options.tone = tone;
    mark.on("click keypress", () => open(id, mark));
    return mark;
  }
  function draw() {
    const bands = chosenBands();
    const counts = [0, 0, 0, 0];
    shown = [];
    for (let i = 0; i < columns.id.length; i += 1) {
      counts[columns.band[i]] += 1;
      if (!bands.length || bands.includes(columns.band[i])) shown.push(i);
    }
    form.querySelectorAll("output[data-band]").forEach((cell) => { cell.textContent = counts[cell.dataset.band]; });
    cluster.clearLayers();
    markers.clear();
    for (const index of shown) markers.set(columns.id[index], marker(index));
    cluster.addLayers([...markers.values()]);
    page.querySelector("[data-empty]").hidden = shown.length > 0;
    if (!fitted && shown.length) {
      fitted = true;
      PaodianMap.fit(map, middle(shown));
    }
    near();
  }
  /* The first view leaves out the odd shop far away: nine tenths of the points in each direction. */
  function middle(indexes) {
    const cut = (values) => {
      values.sort((a, b) => a - b);
      const edge = Math.floor(values.length * 0.05);
      return [values[edge] / 1e5, values[values.length - 1 - edge] / 1e5];
    };
    const [south, north] = cut(indexes.map((i) => columns.lat[i]));
    const [west, east] = cut(indexes.map((i) => columns.lng[i]));
    return [[south, west], [north, east]];
  }
  function notes(without) {
    const box = page.querySelector("[data-notes]");
    box.replaceChildren();
    if (!without) return;
    const link = document.createElement("a");
    const target = new URLSearchParams(parameters());
    target.delete("band");
    const [path, query] = page.dataset.withoutUrl.split("?");
    for (const [key, value] of new URLSearchParams(query)) target.set(key, value);
    link.href = `${path}?${target}`;
    link.textContent = page.dataset.textWithout.replace("N", without);
    box.append(link);
  }

  /* --- loading; a later answer wins over an earlier one */
  let request = null;
  async function load() {
    request?.abort();
    const mine = request = new AbortController();
    const query = parameters();
    query.delete("band");
    try {
      const answer = await fetch(`${page.dataset.points}?${query}`, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.status);
      columns = await answer.json();
      notes(columns.without);
      draw();
    } catch (error) {
      if (error.name !== "AbortError") say(page.dataset.textFailed, "error");
    }
  }
  function changed(event) {
    const query = parameters().toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    if (event?.target.name === "band") { draw(); return; }
    fitted = false;
    load();
  }
  let typing;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(() => changed(event), 350);
  });
  form.addEventListener("change", (event) => { if (event.target.name !== "q") changed(event); });
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(event); });

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

  /* --- nearest list: which ones the points tell, what they are called the server */
  let waiting;
  let asked = "";
  function near() {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const middleOfMap = map.getCenter();
      const squeeze = Math.cos(middleOfMap.lat * Math.PI / 180);
      const byDistance = [];
      for (const i of shown) {
        const north = columns.lat[i] / 1e5 - middleOfMap.lat, east = columns.lng[i] / 1e5 - middleOfMap.lng;
        byDistance.push([north ** 2 + (east * squeeze) ** 2, columns.id[i]]);
      }
      byDistance.sort((a, b) => a[0] - b[0]);
      const query = new URLSearchParams({ lat: middleOfMap.lat.toFixed(5), lng: middleOfMap.lng.toFixed(5) });
      for (const [, id] of byDistance.slice(0, NEAREST)) query.append("pk", id);
      if (asked === query.toString()) return;
      asked = query.toString();
      try {
        const answer = await fetch(`${page.dataset.nearest}?${query}`);
        if (answer.ok && asked === query.toString()) list.innerHTML = await answer.text();
      } catch { /* the list stays as it was; the map says when the network is gone */ }
    }, 350);
  }
  map.on("moveend", near);
  list.addEventListener("click", (event) => {
    const id = Number(event.target.closest("[data-customer]")?.dataset.customer);
    const mark = markers.get(id);
    if (mark) cluster.zoomToShowLayer(mark, () => open(id, mark));
  });

  page.querySelector("[data-locate]").addEventListener("click", async () => {
    try {
      const fix = await PaodianMap.locate(map);
      map.setView([fix.lat, fix.lng], 16);
    } catch (error) {
      say(error.message, "warning");
    }
  });

  load();
})();
