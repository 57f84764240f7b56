/* Check-in: fence, own position with its accuracy, and what the server is going to say about it. The server decides. */
"use strict";

(() => {
  const form = document.getElementById("check-in");
  if (!form) return;
  const { metresBetween, metres, fill, watch, setFix } = window.PaodianField;
  const MAX_ACCURACY = 1000; // domain-rules §2
  const { policy, radius } = form.dataset;
  const store = form.dataset.lat ? [Number(form.dataset.lat), Number(form.dataset.lng)] : null;
  const place = document.getElementById("place");
  const go = document.getElementById("go");
  const part = (id) => document.getElementById(id);

  /* --- map */
  const map = window.PaodianMap.create(part("check-map"), { center: store ?? undefined, zoom: 16 });
  const marks = L.layerGroup().addTo(map);
  let fence = null;
  if (store) {
    fence = L.circle(store, { radius: Number(radius), color: "#0f766e", weight: 2, fillOpacity: 0.08, interactive: false }).addTo(map);
    window.PaodianMap.pin(store[0], store[1], { tone: "normal", title: document.querySelector("h1").textContent }).addTo(map);
  }
  if (fence) window.PaodianMap.fit(map, [fence.getBounds().getSouthWest(), fence.getBounds().getNorthEast()], { padding: [12, 12] });
  let fitted = "";
  function draw(coords) {
    marks.clearLayers();
    const me = [coords.latitude, coords.longitude];
    window.PaodianMap.accuracyCircle(me[0], me[1], coords.accuracy, { tone: "normal" }).addTo(marks);
    L.circleMarker(me, { radius: 7, color: "#fff", weight: 3, fillColor: "#2563eb", fillOpacity: 1 }).addTo(marks);
    // Both the whole fence and oneself, wherever one is; once more on arrival and when one walks out of the picture.
    const inside = fence !== null && fence.getBounds().contains(me);
    const state = inside ? "inside" : "outside";
    if (fitted === state && map.getBounds().contains(me)) return;
    fitted = state;
    const corners = fence ? [fence.getBounds().getSouthWest(), fence.getBounds().getNorthEast()] : [];
    window.PaodianMap.fit(map, [...corners, me], { padding: [12, 12] });
  }

  /* --- words */
  function show(state, text) {
    place.className = `vs-place is-${state}`;
    place.querySelector(".vs-place-text").textContent = text;
    part("reason").hidden = !((state === "outside" || state === "vague") && policy !== "block") && !form.elements.outside_reason.value;
    form.elements.outside_reason.required = state === "outside" && policy !== "block";
    const blocked = policy === "block" && (state === "outside" || state === "vague");
    part("blocked").hidden = !blocked;
    go.disabled = blocked;
  }
  function judge(coords) {
    const values = { accuracy: metres(coords.accuracy), radius: metres(Number(radius)) };
    const words = place.dataset;
    if (coords.accuracy > MAX_ACCURACY) { show("vague", fill(words.vague, values)); return; }
    if (!store) { show("inside", fill(words.unknown, values)); return; }
    const distance = metresBetween(coords.latitude, coords.longitude, store[0], store[1]);
    values.distance = metres(distance);
    if (distance - coords.accuracy <= Number(radius)) show("inside", fill(words.inside, values));
    else show("outside", fill(words.outside, values));
  }

  /* --- position */
  let stop = () => {};
  let known = false;
  function start() {
    stop();
    place.className = "vs-place";
    place.querySelector(".vs-place-text").textContent = place.dataset.waiting;
    part("no-gps").hidden = true;
    stop = watch(
      (coords) => {
        known = true;
        part("no-gps").hidden = true;
        setFix(form, coords);
        draw(coords);
        judge(coords);
      },
      (text) => {
        if (known) return; // an old fix is better than none; the next one will come
        setFix(form, null);
        show("vague", "");
        place.className = "vs-place is-missing";
        part("blocked").hidden = true;
        part("no-gps").hidden = false;
        part("no-gps").querySelector("[data-text]").textContent = text;
      },
    );
  }
  part("retry-gps").addEventListener("click", start);
  start();
})();
