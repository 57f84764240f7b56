/* What the pages of the field share: timers, position, small photos, forms that keep everything when sending fails.
   Texts come from <template id="field-texts"> (templates/visits/_texts.html). */
"use strict";

window.PaodianField = (() => {
  const texts = () => document.getElementById("field-texts")?.dataset ?? {};
  const EARTH_M = 6371008.8; // domain-rules §2

  /* --- figures */
  function metresBetween(lat1, lng1, lat2, lng2) {
    const rad = Math.PI / 180;
    const h = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
      + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lng2 - lng1) * rad) / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
  }
  function metres(value) {
    return value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(1)} km`;
  }
  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
  }

  /* --- timers: <time data-since="ISO"> */
  function tick() {
    for (const item of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(item.dataset.since)) / 1000));
      const two = (n) => String(n).padStart(2, "0");
      const hours = Math.floor(seconds / 3600);
      const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
      item.textContent = hours ? `${hours}:${rest}` : rest;
    }
  }
  if (document.querySelector("time[data-since]")) { tick(); setInterval(tick, 1000); }

  /* --- position; errors carry a text that says what to do */
  function reason(error) {
    if (!window.isSecureContext) return texts().insecure;
    return { 1: texts().denied, 2: texts().unavailable, 3: texts().timeout }[error?.code] ?? texts().unavailable;
  }
  function watch(onFix, onError) {
    if (!navigator.geolocation || !window.isSecureContext) {
      onError(window.isSecureContext ? texts().unsupported : texts().insecure);
      return () => {};
    }
    const id = navigator.geolocation.watchPosition(
      (position) => onFix(position.coords),
      (error) => onError(reason(error)),
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 5000 },
    );
    return () => navigator.geolocation.clearWatch(id);
  }
  /* One fix, or null when there is none within the time: leaving a shop must not depend on GPS. */
  function once(milliseconds = 8000) {
    return new Promise((resolve) => {
      if (!navigator.geolocation || !window.isSecureContext) { resolve(null); return; }
      setTimeout(() => resolve(null), milliseconds + 500);
      navigator.geolocation.getCurrentPosition(
        (position) => resolve(position.coords),
        () => resolve(null),
        { enableHighAccuracy: true, timeout: milliseconds, maximumAge: 30000 },
      );
    });
  }
  function setFix(form, coords) {
    form.elements.lat.value = coords ? coords.latitude : "";
    form.elements.lng.value = coords ? coords.longitude : "";
    form.elements.accuracy.value = coords ? coords.accuracy : "";
  }

  /* --- photos: made small before they travel; what the browser cannot decode travels as it is */
  function photoBox(form) {
    const root = form.querySelector("[data-photos]");
    const photos = [];
    if (!root) return { photos, ready: () => null, clear() {}, add() {}, changed() {} };
    const input = root.querySelector("input[type=file]");
    const previews = root.querySelector("[data-previews]");
    function draw() {
      previews.replaceChildren(...photos.map((photo, index) => {
        const box = document.createElement("span");
        box.className = "vs-preview";
        const image = document.createElement("img");
        image.src = photo.url;
        image.alt = "";
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = "×";
        remove.setAttribute("aria-label", texts().remove ?? "");
        remove.addEventListener("click", () => { URL.revokeObjectURL(photo.url); photos.splice(index, 1); draw(); });
        box.append(image, remove);
        return box;
      }));
    }
    let working = Promise.resolve(); // what a form that is sent waits for
    const later = (work) => { working = working.then(work); };
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // the pictures live in `photos` from here on, so that a second take adds to the first
      later(() => take(files));
    });
    async function take(files) {
      for (const file of files) {
        const camera = window.PaodianCamera;
        const small = await window.PaodianPhotos.ready(file, camera?.about(root), () => camera.position(root));
        add(small, small === file ? file.name : "photo.jpg");
      }
      changed();
    }
    function add(blob, name) { photos.push({ blob, url: URL.createObjectURL(blob), name }); }
    function changed() {
      draw();
      if (photos.length) form.dispatchEvent(new CustomEvent("photos:changed"));
    }
    return { photos, ready: () => working, later, add, changed, clear() { photos.splice(0).forEach((photo) => URL.revokeObjectURL(photo.url)); draw(); } };
  }

  /* --- forms with data-send go by fetch: a failure says why and leaves everything where it was */
  function showErrors(form, messages, link) {
    const box = form.querySelector("[data-errors]");
    box.replaceChildren(...messages.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
    if (link) box.append(Object.assign(document.createElement("a"), { href: link.url, textContent: link.text }));
    box.hidden = messages.length === 0;
    if (messages.length) box.scrollIntoView({ block: "center" });
  }
  function busy(form, on, again = false) {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.disabled = on;
      const label = button.querySelector("[data-label]");
      if (!label) continue;
      label.dataset.plain ??= label.textContent;
      label.textContent = on ? label.dataset.busy : again ? label.dataset.again : label.dataset.plain;
    }
  }
  async function send(form, box) {
    showErrors(form, []);
    busy(form, true);
    try {
      if (form.elements.occurred_at) form.elements.occurred_at.value = new Date().toISOString();
      if (form.hasAttribute("data-locate")) setFix(form, await once());
      await box.ready(); // a picture of a moment ago may still be on its way into the box
      const body = new FormData(form);
      body.delete("photos");
      for (const photo of box.photos) body.append("photos", photo.blob, photo.name);
      const response = await fetch(form.action || location.href, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.redirected) { showErrors(form, [texts().login]); busy(form, false, true); return false; }
      const answer = await response.json().catch(() => null);
      if (response.ok && answer?.url) {
        const draft = form.querySelector("[data-draft]");
        if (draft) forget(draft.dataset.draft);
        location.assign(answer.url);
        return true;
      }
      showErrors(form, answer?.errors ?? [texts().server], answer?.link);
    } catch {
      showErrors(form, [texts().network]);
    }
    busy(form, false, true);
    return false;
  }
  for (const form of document.querySelectorAll("form[data-send]")) {
    const box = photoBox(form);
    form.photoBox = box;
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form, box); });
    if (form.hasAttribute("data-send-at-once")) form.addEventListener("photos:changed", () => send(form, box));
  }

  /* --- drafts of long texts outlive a reload */
  function forget(key) { try { localStorage.removeItem(key); } catch { /* storage is off */ } }
  for (const area of document.querySelectorAll("textarea[data-draft]")) {
    try { if (!area.value) area.value = localStorage.getItem(area.dataset.draft) ?? ""; } catch { /* storage is off */ }
    area.addEventListener("input", () => { try { localStorage.setItem(area.dataset.draft, area.value); } catch { /* storage is off */ } });
  }
  for (const counter of document.querySelectorAll("[data-count-of]")) {
    const area = document.getElementById(counter.dataset.countOf);
    const count = () => { counter.textContent = area.value.length; };
    area.addEventListener("input", count);
    count();
  }

  return { metresBetween, metres, fill, watch, once, setFix, texts };
})();
