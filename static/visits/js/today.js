/* The rep's day: distances, nearest first, map of the stops, unplanned visit. */
"use strict";

(() => {
  const { metresBetween, metres, fill, once } = window.PaodianField;
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
  function showAdHoc(shown) {
    adHoc.hidden = !shown;
    toggle.setAttribute("aria-expanded", String(shown));
    if (shown) adHoc.querySelector("input[type=search]").focus();
  }
  toggle?.addEventListener("click", () => showAdHoc(adHoc.hidden));
  if (toggle && location.hash === "#ad-hoc") { // the home page leads here
    history.replaceState(null, "", location.pathname + location.search); // else the browser, scrolling there, takes the focus away
    showAdHoc(true);
  }
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

  /* --- order: as planned, nearest first, or the shortest way through what is still open */
  const near = document.getElementById("sort-near");
  const tour = document.getElementById("sort-tour");
  const note = document.getElementById("place-note");
  const planned = [...stops];
  const isOpen = (stop) => stop.dataset.status === "open";
  const at = (stop) => [Number(stop.dataset.lat), Number(stop.dataset.lng)];
  let sorted = "";
  async function locate() {
    await locating;
    if (!here) {
      here = await once(6000);
      if (here) measure();
    }
    return Boolean(here);
  }
  function say(text) {
    note.hidden = !text;
    note.textContent = text;
  }
  function arrange(order, how) {
    list.append(...order);
    sorted = how;
    for (const [button, name] of [[near, "near"], [tour, "tour"]]) {
      button?.classList.toggle("active", how === name);
      button?.setAttribute("aria-pressed", String(how === name));
    }
  }
  near.addEventListener("click", async () => {
    if (sorted === "near") { say(""); arrange(planned, ""); return; }
    if (!await locate()) { say(list.dataset.noPlace); return; }
    say("");
    const key = (stop) => (isOpen(stop) ? 0 : 1e9) + (stop.metres ?? 1e8);
    arrange([...stops].sort((a, b) => key(a) - key(b)), "near");
  });
  tour?.addEventListener("click", async () => {
    if (sorted === "tour") { say(""); arrange(planned, ""); return; }
    await locate();
    const { order, length } = window.PaodianTour;
    const open = planned.filter((stop) => isOpen(stop) && stop.dataset.lat);
    const start = here ? [here.latitude, here.longitude] : null;
    const best = order(start, open.map(at)).map((index) => open[index]);
    const before = length(start, open.map(at));
    const after = length(start, best.map(at));
    const words = after < before - 50 ? tour.dataset.shorter : tour.dataset.same;
    say(fill(words, { length: metres(after), saved: metres(before - after) }));
    arrange([...best, ...planned.filter((stop) => !best.includes(stop))], "tour");
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
      const place = at(stop);
      const tone = { done: "done", skipped: "near" }[stop.dataset.status] ?? "normal";
      const pin = window.PaodianMap.pin(place[0], place[1], { label: stop.dataset.number, tone, title: stop.dataset.name });
      const popup = document.createElement("div");
      popup.append(Object.assign(document.createElement("b"), { textContent: stop.dataset.name }));
      const action = stop.querySelector(".vs-check-in");
      if (action) popup.append(document.createElement("br"), action.cloneNode(true));
      pin.bindPopup(popup).addTo(map);
      return place;
    });
    if (here) {
      L.circleMarker([here.latitude, here.longitude], { radius: 7, color: "#fff", weight: 3, fillColor: "#2563eb", fillOpacity: 1 }).addTo(map);
    }
    window.PaodianMap.fit(map, points);
  }
})();
