/* 预警分析: facets, map and trend beside the rows. They are asked for with the address's query string, at first and
   whenever the rows change; a row and its customer's point show each other. */
"use strict";

(() => {
  const page = document.getElementById("alert-analysis");
  if (!page) return;
  const side = document.getElementById("alert-side");
  const box = document.getElementById("alert-map");
  const hide = document.getElementById("alert-map-hide");
  const wide = window.matchMedia("(min-width: 992px)");
  const KEPT = "alerts-map-hidden";
  let map = null;
  let layer = null;
  let drawing = 0; // of several answers under way only the last is drawn
  const byAlert = new Map(); // alert id → marker

  const get = (name) => `${page.dataset[name]}${location.search}`;
  // Each target is its own source: requests of one source wait for each other, or drop each other.
  const fill = (url, target) => window.htmx.ajax("GET", url, { source: target, target, swap: "innerHTML" });

  /* --- the filter form follows the address, so that the next search keeps what a facet chose */
  function follow() {
    const now = new URLSearchParams(location.search);
    for (const field of document.querySelectorAll("[data-filter] input[type=hidden]:not([data-look])")) field.value = now.get(field.name) ?? "";
  }

  /* --- facets: chosen without loading the page anew */
  const fold = page.querySelector(".al-facets-fold");
  if (!wide.matches) fold.open = false;
  document.getElementById("alert-facets").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.htmx.ajax("GET", link.href, { source: "#results", target: "#results", swap: "innerHTML" }).then(() => {
      history.pushState({ htmx: true }, "", link.href);
      refresh();
    });
  });

  /* --- trend */
  const trend = document.getElementById("alert-trend");
  let days = 30;
  function showTrend() {
    const join = location.search ? "&" : "?";
    fill(`${get("trend")}${join}days=${days}`, trend);
  }
  trend.addEventListener("click", (event) => {
    const button = event.target.closest("[data-trend-days]");
    if (!button) return;
    days = Number(button.dataset.trendDays);
    showTrend();
  });

  /* --- map */
  let hidden = false;
  try { hidden = localStorage.getItem(KEPT) === "1"; } catch { /* then it is shown */ }
  function markHidden() {
    page.classList.toggle("is-mapless", hidden);
    hide.textContent = hidden ? hide.dataset.show : hide.dataset.hide;
    hide.setAttribute("aria-pressed", String(hidden));
  }
  hide.addEventListener("click", () => {
    hidden = !hidden;
    try { localStorage.setItem(KEPT, hidden ? "1" : "0"); } catch { /* forgotten */ }
    markHidden();
    showMap();
  });
  function tip(point) {
    const body = document.createElement("div");
    const link = document.createElement("a");
    link.href = point.url;
    link.textContent = point.name;
    link.className = "fw-medium";
    body.append(link);
    for (const words of point.words) {
      const line = document.createElement("div");
      line.textContent = words;
      body.append(line);
    }
    return body;
  }
  const rowOf = (pk) => document.querySelector(`#results tr[data-pk="${pk}"]`);
  function light(marker, on) {
    marker.setStyle({ radius: on ? 11 : 6, weight: on ? 3 : 1.5 });
    if (on) marker.bringToFront();
  }
  async function showMap() {
    if (!wide.matches || hidden) return;
    const mine = ++drawing;
    let answer;
    try {
      await window.PaodianLater.load("map-later");
      const response = await fetch(get("points"), { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      answer = await response.json();
    } catch {
      document.getElementById("alert-map-note").textContent = "–";
      return;
    }
    if (mine !== drawing) return;
    map ??= window.PaodianMap.create(box, { preferCanvas: false });
    layer?.remove();
    byAlert.clear();
    layer = L.layerGroup().addTo(map);
    const all = [];
    for (const point of [...answer.points].reverse()) { // the first of the list lies on top
      const marker = window.PaodianMap.dot(point.lat, point.lng, { radius: 6, className: `al-c-${point.colour}` }).addTo(layer);
      marker.bindPopup(() => tip(point), { autoPan: false });
      marker.on("mouseover", () => { light(marker, true); for (const pk of point.alerts) rowOf(pk)?.classList.add("al-lit"); });
      marker.on("mouseout", () => { light(marker, false); for (const pk of point.alerts) rowOf(pk)?.classList.remove("al-lit"); });
      marker.on("click", () => rowOf(point.alerts.find(rowOf))?.scrollIntoView({ block: "nearest" }));
      for (const pk of point.alerts) byAlert.set(String(pk), marker);
      all.push([point.lat, point.lng]);
    }
    document.getElementById("alert-map-note").textContent = answer.note;
    map.invalidateSize();
    if (all.length) map.fitBounds(all, { padding: [24, 24], maxZoom: 15 });
  }
  const results = document.getElementById("results");
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    results.addEventListener(name, (event) => {
      const row = event.target.closest("tr[data-pk]");
      const marker = row && byAlert.get(row.dataset.pk);
      if (!marker || (event.relatedTarget && row.contains(event.relatedTarget))) return;
      light(marker, on);
      if (on && !map.getBounds().contains(marker.getLatLng())) map.panTo(marker.getLatLng());
    });
  }

  /* --- all of it */
  let shown = null;
  function refresh() {
    if (shown === location.search) return;
    shown = location.search;
    follow();
    // Without an alert there is nothing to choose from, and the rows get the room.
    fill(get("facets"), "#alert-facets").then(() => page.classList.toggle("is-facetless", !page.querySelector(".al-facet a")));
    showTrend();
    showMap();
  }
  document.addEventListener("htmx:pushedIntoHistory", refresh);
  window.addEventListener("popstate", () => location.reload());
  wide.addEventListener("change", showMap);
  markHidden();
  side.hidden = false;
  refresh();
})();
