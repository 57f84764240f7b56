/* Customers without a sure location: choose one, put a pin on the map, save, go on to the next. */
"use strict";

(() => {
  const filter = document.querySelector("[data-places-filter]");
  filter?.addEventListener("change", () => filter.requestSubmit());
  const page = document.querySelector("[data-unlocated]");
  if (!page) return;
  const points = new Map(JSON.parse(document.getElementById("place-points").textContent).map((point) => [point.id, point]));
  const rows = [...page.querySelectorAll("[data-row]")];
  const part = (name) => page.querySelector(`[data-${name}]`);
  const [said, save, name] = [part("said"), part("save"), part("name")];
  const map = PaodianMap.create(document.getElementById("unlocated-map"), { zoom: 5, center: [33, 110] });
  const known = [...points.values()].flatMap((point) => [...(point.at ? [point.at] : []), ...point.candidates.map(([lat, lng]) => [lat, lng])]);
  PaodianMap.fit(map, known);
  const drawn = L.layerGroup().addTo(map);
  let at = -1;
  let pin = null;
  let moved = false;

  const say = (text, bad = false) => { said.textContent = text; said.classList.toggle("is-error", bad); };
  const current = () => points.get(Number(rows[at]?.dataset.row));

  function setPin(lat, lng, byHand) {
    const point = current();
    if (!point) return;
    if (pin) pin.setLatLng([lat, lng]);
    else {
      pin = PaodianMap.pin(lat, lng, { title: point.name, draggable: "mayPin" in page.dataset, zIndexOffset: 1000 }).addTo(drawn);
      pin.on("dragend", () => { moved = true; ready(); });
    }
    moved ||= byHand;
    ready();
  }
  function ready() {
    if (save) save.disabled = !(pin && moved);
  }
  function show(index) {
    const row = rows[index];
    if (!row) return;
    rows.forEach((other) => {
      const own = other === row;
      other.classList.toggle("is-shown", own);
      other.querySelector("[data-show]").setAttribute("aria-pressed", String(own));
      other.querySelector(".pu-candidates").hidden = !own || !other.querySelector("[data-candidate]");
    });
    at = index;
    pin = null;
    moved = false;
    drawn.clearLayers();
    const point = current();
    name.textContent = point.name;
    for (const [lat, lng, accuracy] of point.fixes) {
      PaodianMap.accuracyCircle(lat, lng, accuracy, { tone: "near" }).addTo(drawn);
      PaodianMap.dot(lat, lng, { tone: "near" }).bindTooltip(page.dataset.textFix).addTo(drawn);
    }
    point.candidates.forEach(([lat, lng, , matched], number) => {
      PaodianMap.pin(lat, lng, { label: number + 1, tone: "done", title: matched }).on("click", () => choose(number)).addTo(drawn);
    });
    if (point.at) setPin(...point.at, false);
    PaodianMap.fit(map, [...(point.at ? [point.at] : []), ...point.candidates.map(([lat, lng]) => [lat, lng]), ...point.fixes.map(([lat, lng]) => [lat, lng])]);
    row.scrollIntoView({ block: "nearest" });
    ready();
  }
  function choose(number) {
    const candidate = current()?.candidates[number];
    if (candidate) { setPin(candidate[0], candidate[1], true); map.panTo([candidate[0], candidate[1]]); }
  }

  async function send(point, lat, lng, back) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", page.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("lat", lat);
    body.set("lng", lng);
    if (back) body.set("back", "1");
    const answer = await fetch(page.dataset.pin.replace("/0/", `/${point.id}/`), { method: "POST", body });
    if (answer.status === 422) throw new Error((await answer.json()).error);
    if (!answer.ok) throw new Error(page.dataset.textFailed);
    return answer.json();
  }
  async function keep() {
    const [point, row, index, before] = [current(), rows[at], at, current().at];
    const { lat, lng } = pin.getLatLng();
    save.disabled = true;
    try {
      const { label } = await send(point, lat.toFixed(6), lng.toFixed(6), false);
      point.at = [lat, lng];
      row.classList.add("is-done");
      row.querySelector("[name=pk]")?.remove();
      row.querySelector(".pu-why").textContent = label;
      offerUndo(point, row, before);
      say(`${page.dataset.textSaved}: ${point.name}`);
      if (at === index) show(Math.min(index + 1, rows.length - 1));
    } catch (error) {
      say(error instanceof TypeError ? page.dataset.textFailed : error.message, true);
      ready();
    }
  }
  function offerUndo(point, row, before) {
    row.querySelector("[data-undo]")?.remove();
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm pu-open", textContent: page.dataset.textUndo });
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await send(point, before?.[0] ?? "", before?.[1] ?? "", true);
        point.at = before;
        row.classList.remove("is-done");
        button.remove();
        say(`${page.dataset.textUndone}: ${point.name}`);
        show(rows.indexOf(row));
      } catch (error) {
        button.disabled = false;
        say(error instanceof TypeError ? page.dataset.textFailed : error.message, true);
      }
    });
    button.dataset.undo = "";
    row.querySelector(".pu-open").before(button);
  }

  page.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    const candidate = event.target.closest("[data-candidate]");
    if (candidate) choose(Number(candidate.dataset.candidate));
    else if (event.target.closest("[data-show]")) show(rows.indexOf(row));
  });
  part("previous").addEventListener("click", () => show(Math.max(at - 1, 0)));
  part("next").addEventListener("click", () => show(Math.min(at + 1, rows.length - 1)));
  save?.addEventListener("click", keep);
  if (save) map.on("click", ({ latlng }) => setPin(latlng.lat, latlng.lng, true));
  part("all")?.addEventListener("change", (event) => {
    for (const box of page.querySelectorAll("[name=pk]")) box.checked = event.target.checked;
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, dialog, .leaflet-container") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") { event.preventDefault(); show(Math.min(at + 1, rows.length - 1)); }
    else if (event.key === "ArrowUp") { event.preventDefault(); show(Math.max(at - 1, 0)); }
    else if (/^[1-5]$/.test(event.key)) choose(Number(event.key) - 1);
    else if (event.key === "Enter" && save && !save.disabled && !event.target.closest("a, .btn")) { event.preventDefault(); keep(); }
  });
  show(0);
})();
