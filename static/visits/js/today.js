/* The rep's day: distances, nearest first, map of the stops, unplanned visit. */
"use strict";

(() => {
  const { metresBetween, metres, once } = window.PaodianField;
  const list = document.getElementById("stops");
  const stops = list ? [...list.children] : [];
  const toggle = document.querySelector("[data-toggle-target]");

  /* --- one menu at a time, closed by a tap elsewhere (where <details name> is not known) */
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.vs-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  /* --- unplanned visit */
  const adHoc = document.getElementById("ad-hoc");
  toggle?.addEventListener("click", () => {
    adHoc.hidden = !adHoc.hidden;
    toggle.setAttribute("aria-expanded", String(!adHoc.hidden));
    if (!adHoc.hidden) adHoc.querySelector("input[type=search]").focus();
  });
  adHoc?.addEventListener("picker:chosen", (event) => {
    location.assign(adHoc.dataset.url.replace("/0/", `/${event.detail.id}/`));
  });
  if (!list) return;

  /* --- distances */
  let here = null;
  const located = stops.filter((stop) => stop.dataset.lat);
  function measure() {
    for (const stop of located) {
      stop.metres = metresBetween(here.latitude, here.longitude, Number(stop.dataset.lat), Number(stop.dataset.lng));
      stop.querySelector("[data-distance]").textContent = metres(stop.metres);
    }
  }
  const locating = once(10000).then((coords) => { here = coords; if (here) measure(); });

  /* --- order */
  const near = document.getElementById("sort-near");
  const note = document.getElementById("place-note");
  let sorted = false;
  near.addEventListener("click", async () => {
    await locating;
    if (!here) {
      here = await once(6000);
      if (here) measure();
    }
    note.hidden = Boolean(here);
    if (!here) { note.textContent = list.dataset.noPlace; return; }
    sorted = !sorted;
    const key = sorted
      ? (stop) => (stop.dataset.status === "open" ? 0 : 1e9) + (stop.metres ?? 1e8)
      : (stop) => Number(stop.dataset.number);
    list.append(...stops.sort((a, b) => key(a) - key(b)));
    near.querySelector("span").textContent = sorted ? near.dataset.sorted : near.dataset.plain;
    near.classList.toggle("active", sorted);
  });

  /* --- map */
  const show = document.getElementById("show-map");
  const element = document.getElementById("day-map");
  let map = null;
  show.addEventListener("click", async () => {
    const on = element.hidden;
    element.hidden = !on;
    list.hidden = on;
    show.setAttribute("aria-pressed", String(on));
    show.querySelector("span").textContent = on ? show.dataset.list : show.dataset.map;
    if (!on || map) { map?.invalidateSize(); return; }
    try {
      await window.PaodianLater.load("map-later");
    } catch {
      if (element.hidden) return;
      show.click();
      note.hidden = false;
      note.textContent = show.dataset.failed;
      return;
    }
    if (map || element.hidden) return; // pressed again while it came
    draw();
  });
  function draw() {
    map = window.PaodianMap.create(element, {});
    const points = located.map((stop) => {
      const at = [Number(stop.dataset.lat), Number(stop.dataset.lng)];
      const tone = { done: "done", skipped: "near" }[stop.dataset.status] ?? "normal";
      const pin = window.PaodianMap.pin(at[0], at[1], { label: stop.dataset.number, tone, title: stop.dataset.name });
      const popup = document.createElement("div");
      popup.append(Object.assign(document.createElement("b"), { textContent: stop.dataset.name }));
      const action = stop.querySelector(".vs-check-in");
      if (action) popup.append(document.createElement("br"), action.cloneNode(true));
      pin.bindPopup(popup).addTo(map);
      return at;
    });
    if (here) {
      L.circleMarker([here.latitude, here.longitude], { radius: 7, color: "#fff", weight: 3, fillColor: "#2563eb", fillOpacity: 1 }).addTo(map);
    }
    window.PaodianMap.fit(map, points);
  }
})();
