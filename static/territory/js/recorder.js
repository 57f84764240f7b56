/* Records where the rep is while a page is open, in working hours, for people who were told (domain-rules §7).
   Points wait in localStorage, so that neither a reload nor a dead zone loses them; the server knows each only once. */
"use strict";

(async () => {
  const tag = document.currentScript?.dataset;
  if (!tag || !("geolocation" in navigator)) return;
  const KEY = `paodian-track-${tag.user}`; // two people on one phone keep apart
  const CONFIG_KEY = `${KEY}-config`;
  const CONFIG_MS = 3600000;
  const EVERY_MS = 20000;
  const EVERY_M = 30;
  const SEND_MS = 60000;
  const BATCH = 300; // a keepalive request may carry 64 kB
  const KEEP = 5000; // a week offline must not fill the phone
  let watch = null;
  let last = null;
  let sending = false;

  /* --- queue; another tab may use it at the same time, so it is read afresh each time */
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) ?? []; } catch { return []; } };
  const write = (points) => { try { localStorage.setItem(KEY, JSON.stringify(points.slice(-KEEP))); } catch { /* storage is full or forbidden: go on without */ } };
  function forget(sent) {
    const times = new Set(sent.map((point) => point.t));
    write(read().filter((point) => !times.has(point.t)));
  }

  /* Working hours, zone and words: asked for once an hour, the last answer serves offline. */
  async function configuration() {
    let known = null;
    try { known = JSON.parse(localStorage.getItem(CONFIG_KEY)); } catch { /* none */ }
    if (known && Date.now() - known.at < CONFIG_MS) return known;
    try {
      const answer = await fetch(tag.config);
      if (answer.ok && !answer.redirected) {
        known = { ...(await answer.json()), at: Date.now() };
        localStorage.setItem(CONFIG_KEY, JSON.stringify(known));
      }
    } catch { /* offline: go on with what is known */ }
    return known;
  }
  const own = await configuration();
  if (!own) return;

  function working(now = new Date()) {
    const text = new Intl.DateTimeFormat("en-GB", { timeZone: own.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now);
    return own.start <= text && text <= own.end;
  }
  function metres(a, b) {
    const radian = Math.PI / 180;
    const x = (b.lng - a.lng) * radian * Math.cos(((a.lat + b.lat) / 2) * radian);
    return Math.hypot(x, (b.lat - a.lat) * radian) * 6371009;
  }
  const round = (value, digits) => (value === null || !Number.isFinite(value) ? null : Number(value.toFixed(digits)));

  function keep({ coords, timestamp }) {
    if (!working()) { stop(); return; }
    const point = {
      t: Math.round(timestamp), lat: round(coords.latitude, 6), lng: round(coords.longitude, 6),
      acc: round(coords.accuracy, 1), spd: round(coords.speed, 2), brg: round(coords.heading, 0),
    };
    if (last && point.t - last.t < EVERY_MS && metres(last, point) < EVERY_M) return;
    last = point;
    write([...read(), point]);
  }

  async function send(leaving = false) {
    if (sending && !leaving) return;
    const batch = read().slice(0, BATCH);
    if (!batch.length || !navigator.onLine) return;
    sending = true;
    try {
      const answer = await fetch(own.url, {
        method: "POST", keepalive: true, body: JSON.stringify(batch),
        headers: { "Content-Type": "application/json", "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"] },
      });
      // Stored, known or refused for good: gone from here. After 403 (switched off, logged out) and 5xx they wait.
      if ((answer.ok && !answer.redirected) || answer.status === 400 || answer.status === 413) {
        forget(batch);
        if (read().length) setTimeout(send, 1000);
      }
    } catch { /* no network: next time */ } finally {
      sending = false;
    }
  }

  /* --- only while the page is in sight: browsers give no position to others anyway */
  function show(on) {
    let dot = document.querySelector(".pt-recording");
    if (on && !dot) {
      dot = document.createElement("span");
      dot.className = "pt-recording";
      dot.title = own.text;
      dot.setAttribute("role", "img");
      dot.setAttribute("aria-label", own.text);
      document.body.append(dot);
    }
    if (!on) dot?.remove();
  }
  function start() {
    if (watch !== null || document.hidden || !working()) return;
    watch = navigator.geolocation.watchPosition(
      (fix) => { show(true); keep(fix); },
      (error) => { if (error.code === error.PERMISSION_DENIED) stop(); },
      { enableHighAccuracy: true, maximumAge: 10000, timeout: 60000 },
    );
  }
  function stop() {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    show(false);
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) { stop(); send(true); } else start(); });
  window.addEventListener("pagehide", () => send(true));
  window.addEventListener("online", () => send());
  setInterval(() => { if (working()) start(); else stop(); send(); }, SEND_MS);
  start();
  send();
})();
