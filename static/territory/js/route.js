/* A route: numbered stops and line on the map; order by drag or buttons, saved at once, rolled back on failure. */
"use strict";

(() => {
  const root = document.querySelector("[data-route]");
  const texts = root.dataset;
  const box = document.getElementById("stops");
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 12 });
  const layer = L.layerGroup().addTo(map);
  const items = () => [...box.querySelectorAll("[data-stop]")];
  const ids = () => items().map((item) => Number(item.dataset.stop));
  const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  let saved = ids(); // the order the server has

  function draw(fit = false) {
    layer.clearLayers();
    const points = [];
    items().forEach((item, index) => {
      item.querySelector("[data-number]").textContent = index + 1;
      if (!item.dataset.lat) return;
      const point = [Number(item.dataset.lat), Number(item.dataset.lng)];
      points.push(point);
      const tone = item.querySelector(".pd-pin-done") ? "done" : "normal";
      PaodianMap.pin(...point, { label: index + 1, title: item.dataset.name, tone }).bindPopup(escapeText(item.dataset.name)).addTo(layer);
    });
    if (points.length > 1) PaodianMap.line(points, { weight: 3 }).addTo(layer).bringToBack();
    if (fit) PaodianMap.fit(map, points);
  }
  function escapeText(text) {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  }

  /* --- order: shown at once, then saved; one request at a time, the last order wins */
  let busy = false;
  let again = false;
  async function save() {
    if (busy) { again = true; return; }
    const order = ids();
    if (order.join() === saved.join()) return;
    busy = true;
    try {
      const answer = await fetch(texts.orderUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
        body: JSON.stringify({ order, seen: saved }),
      });
      const body = await answer.json();
      if (answer.status === 409) { say(body.error, "warning"); setTimeout(() => location.reload(), 1800); return; }
      if (!answer.ok) throw new Error(body.error);
      saved = order;
      box.querySelector("[data-length]").textContent = body.length;
      for (const item of items()) item.querySelector("[data-leg]").textContent = body.legs[item.dataset.stop] ?? "";
    } catch (error) {
      again = false;
      rollBack();
      say(error.message && !(error instanceof TypeError) && !(error instanceof SyntaxError) ? error.message : texts.textFailed, "error");
    } finally {
      busy = false;
      if (again) { again = false; save(); }
    }
  }
  function rollBack() {
    const list = box.querySelector("[data-stops]");
    for (const id of saved) list.append(list.querySelector(`[data-stop="${id}"]`));
    draw();
  }
  function makeSortable() {
    const list = box.querySelector("[data-stops]");
    if (list && window.Sortable) Sortable.create(list, { handle: ".pt-grip", animation: 120, onEnd: () => { draw(); save(); } });
  }
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move], [data-remove]");
    if (!button) return;
    const item = button.closest("[data-stop]");
    if (button.dataset.remove) { remove(item, button.dataset.remove); return; }
    if (button.dataset.move === "-1") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
    draw();
    save();
  });

  /* --- taking off, with a way back */
  function fresh(html) {
    box.innerHTML = html;
    htmx.process(box);
    afterSwap();
  }
  async function post(url, fields) {
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" }, body: new URLSearchParams(fields) });
    const triggers = answer.headers.get("HX-Trigger");
    if (triggers) for (const entry of JSON.parse(triggers).toast ?? []) say(entry.text, entry.level);
    if (!answer.ok) throw new Error(answer.status);
    fresh(await answer.text());
  }
  async function remove(item, url) {
    const { customer, name } = item.dataset;
    const position = items().indexOf(item) + 1;
    try {
      await post(url, {});
      offerUndo(texts.textRemoved.replace("NAME", name), () => post(texts.addUrl, { pk: customer, position }));
    } catch {
      say(texts.textFailed, "error");
    }
  }
  function offerUndo(text, undo) {
    const toast = document.createElement("div");
    toast.className = "pd-toast";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = texts.textUndo;
    button.addEventListener("click", () => { toast.remove(); undo().catch(() => say(texts.textFailed, "error")); });
    toast.append(text, " ", button);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  function afterSwap() {
    saved = ids();
    makeSortable();
    draw();
    document.body.dispatchEvent(new CustomEvent("stops-changed"));
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === box) { afterSwap(); PaodianMap.fit(map, items().filter((i) => i.dataset.lat).map((i) => [Number(i.dataset.lat), Number(i.dataset.lng)])); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-tick-all]")) document.querySelectorAll("#found [name=pk]").forEach((tick) => { tick.checked = true; });
  });

  makeSortable();
  draw(true);
})();
