/* Where the shop is: a tap on the map, a drag of the pin, the phone's own position, or typed degrees. */
"use strict";

(() => {
  const root = document.querySelector("[data-location]");
  if (!root) return;
  const latitude = root.querySelector("[name=latitude]");
  const longitude = root.querySelector("[name=longitude]");
  const hint = root.querySelector("[data-hint]");
  const pane = root.querySelector("[data-pick]");
  const help = hint.textContent;
  let map = null;
  let pin = null;

  function typed() {
    const lat = latitude.value.trim() === "" ? NaN : Number(latitude.value);
    const lng = longitude.value.trim() === "" ? NaN : Number(longitude.value);
    return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? [lat, lng] : null;
  }

  function draw(move) {
    const at = typed();
    if (!map) return;
    if (!at) { pin?.remove(); pin = null; return; }
    if (pin) pin.setLatLng(at);
    else {
      pin = window.PaodianMap.pin(at[0], at[1], { title: root.dataset.name, draggable: true }).addTo(map);
      pin.on("dragend", () => { const { lat, lng } = pin.getLatLng(); set(lat, lng); });
    }
    if (move) map.setView(at, Math.max(map.getZoom(), 16));
  }

  function set(lat, lng, move = false) {
    latitude.value = lat.toFixed(6);
    longitude.value = lng.toFixed(6);
    latitude.dispatchEvent(new Event("input", { bubbles: true }));
    draw(move);
  }

  // Without the map (no script, no tiles' library) the two number fields do the same work.
  if (window.PaodianMap && window.L) {
    pane.hidden = false;
    const at = typed();
    map = window.PaodianMap.create(pane, at ? { center: at, zoom: 16 } : { zoom: 12 });
    map.on("click", (event) => set(event.latlng.lat, event.latlng.lng));
    draw(false);
  }
  for (const field of [latitude, longitude]) field.addEventListener("change", () => draw(true));

  root.querySelector("[data-clear]").addEventListener("click", () => {
    latitude.value = "";
    longitude.value = "";
    draw(false);
    hint.textContent = help;
  });
  root.querySelector("[data-locate]").addEventListener("click", () => {
    if (!navigator.geolocation) { hint.textContent = root.dataset.nowhere; return; }
    hint.textContent = root.dataset.searching;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        set(coords.latitude, coords.longitude, true);
        hint.textContent = `${root.dataset.accuracy}: ${Math.round(coords.accuracy)} m`;
      },
      (error) => { hint.textContent = error.code === 1 ? root.dataset.refused : root.dataset.nowhere; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
  });

  // The desktop has room for everything at once.
  const more = document.querySelector("[data-more]");
  if (more && window.matchMedia("(min-width: 992px)").matches) more.open = true;
})();
