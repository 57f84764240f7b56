/* A tour plan: tours on the map, a colour a day; stops moved between tours by drag or by the dialog. */
"use strict";

(() => {
  const board = () => document.getElementById("board");
  const canvas = document.getElementById("map");
  const dialog = document.getElementById("move-stop");
  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));

  /* --- the map */
  const map = canvas ? PaodianMap.create(canvas, { zoom: 11 }) : null;
  const layer = map ? L.layerGroup().addTo(map) : null;
  let data = null;
  const rep = () => document.querySelector("[data-map-rep]")?.value ?? "";
  const shownDays = () => new Set([...document.querySelectorAll("[data-map-day]:checked")].map((box) => Number(box.value)));
  function words(text) {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  }
  function draw(fit = false) {
    if (!map || !data) return;
    layer.clearLayers();
    const days = shownDays();
    const all = [];
    for (const tour of data.tours) {
      if (!days.has(tour.day) || (rep() && String(tour.rep) !== rep())) continue;
      const colour = data.colours[tour.day % data.colours.length];
      const points = tour.stops.map(([lat, lng]) => [lat, lng]);
      const line = [...(tour.start ? [tour.start] : []), ...points, ...(tour.end ? [tour.end] : [])];
      L.polyline(line, { color: colour, weight: 3, opacity: 0.8, className: "pt-tour" }).addTo(layer);
      tour.stops.forEach(([lat, lng, name], index) => {
        L.circleMarker([lat, lng], { radius: 7, color: "#fff", weight: 2, fillColor: colour, fillOpacity: 1 })
          .bindTooltip(words(`${tour.name} · ${index + 1} · ${name}`)).addTo(layer);
      });
      for (const place of [tour.start, tour.end]) {
        if (place) L.circleMarker(place, { radius: 8, color: "#334155", weight: 3, fillColor: "#fff", fillOpacity: 1 }).bindTooltip(words(tour.name)).addTo(layer);
      }
      all.push(...line);
    }
    if (fit) PaodianMap.fit(map, all);
  }
  async function load(fit) {
    if (!map) return;
    try {
      const answer = await fetch(canvas.dataset.linesUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
      draw(fit);
    } catch {
      say(canvas.dataset.textFailed, "error");
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-map-day]")) draw();
    if (event.target.matches("[data-map-rep]")) {
      draw(true);
      const address = document.querySelector(`#board .pt-plan-table a[href="?rep=${event.target.value}"]`);
      if (address) address.click();
    }
  });

  /* --- moving */
  function send(shop, source, target, position = "") {
    const { moveUrl, version, rep: shownRep } = board().dataset;
    return htmx.ajax("POST", moveUrl, {
      target: "#board",
      swap: "outerHTML",
      values: { shop, source, target, position, seen: version, rep: shownRep },
    });
  }
  function sortable() {
    if (!board()?.dataset.moveUrl || !window.Sortable) return;
    for (const lane of board().querySelectorAll("[data-lane]")) {
      Sortable.create(lane, {
        group: "tours",
        animation: 120,
        filter: "button",
        preventOnFilter: false,
        delay: 150,
        delayOnTouchOnly: true,
        onEnd({ item, from, to, oldIndex, newIndex }) {
          if (from === to && oldIndex === newIndex) return;
          if (from === to && !to.dataset.lane) return; // the order of what is in no tour means nothing
          send(item.dataset.shop, from.dataset.lane, to.dataset.lane, to.dataset.lane ? newIndex + 1 : "");
        },
      });
    }
  }
  let moved = null; // the stop whose dialog is open
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#board [data-menu]");
    if (!button) return;
    moved = button.closest("[data-shop]");
    const lane = moved.closest("[data-lane]").dataset.lane;
    const form = dialog.querySelector("form");
    form.reset();
    if (lane) form.elements.target.value = lane;
    else if (board().dataset.rep) form.elements.target.value = [...form.elements.target.options].find((option) => option.value.startsWith(`${board().dataset.rep}/`))?.value ?? "";
    dialog.querySelector("[data-move-name]").textContent = moved.dataset.name;
    dialog.querySelector("[data-off]").hidden = !lane;
    dialog.showModal();
  });
  dialog?.addEventListener("close", () => {
    const how = dialog.returnValue;
    dialog.returnValue = "";
    if (!how || !moved) return;
    const source = moved.closest("[data-lane]").dataset.lane;
    const form = dialog.querySelector("form");
    if (how === "off") send(moved.dataset.shop, source, "");
    else send(moved.dataset.shop, source, form.elements.target.value, form.elements.position.value);
  });
  document.addEventListener("htmx:afterSwap", () => {
    sortable();
    load(false);
  });

  sortable();
  load(true);
})();
