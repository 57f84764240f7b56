/* What the screens of the field app are made of: elements, figures, position, photos, prices. */
"use strict";

self.PaodianKit = (() => {
  const W = JSON.parse(document.getElementById("field-words").textContent);
  const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");

  /* h("div.fa-row", {href, onclick, …}, children…): strings become text, false and null nothing. */
  function h(name, attributes, ...children) {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag || "div");
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (value === false || value === null || value === undefined) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value === true) element.setAttribute(key, "");
      else if (key === "value") element.value = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }
  let fields = 0;
  /* A labelled field: field(label, input) */
  function field(label, input, hint = null) {
    input.id ||= `fa-field-${fields += 1}`;
    return h("div", null, h("label", { for: input.id }, label), input, hint && h("small.fa-note", null, hint));
  }
  const select = (options, value = "") => {
    const element = h("select.form-select", null, ...options.map(([key, label]) => h("option", { value: key }, label)));
    if (value !== "") element.value = value;
    return element;
  };

  /* --- figures: money in cents, so that sums are exact */
  const cents = (text) => Math.round(Number(text) * 100);
  const money = (value) => `¥${(value / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const two = (number) => String(number).padStart(2, "0");
  const clock = (moment) => { const at = new Date(moment); return `${two(at.getHours())}:${two(at.getMinutes())}`; };
  const isoDay = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const shortDay = (text) => text.slice(5);
  function ago(text) {
    if (!text) return W.never;
    const days = Math.round((Date.parse(isoDay(new Date())) - Date.parse(text)) / 86400000);
    return days <= 0 ? W.today : fill(W.daysAgo, { n: days });
  }
  const EARTH_M = 6371008.8; // domain-rules §2
  function metresBetween(lat1, lng1, lat2, lng2) {
    const rad = Math.PI / 180;
    const part = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
      + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lng2 - lng1) * rad) / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(part)));
  }
  const metres = (value) => (value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(1)} km`);

  /* --- position; the last fix is kept, so that distances are there before the next one comes */
  const store = self.PaodianStore;
  const FIX_KEPT_MS = 5000;
  let fix = null; // {latitude, longitude, accuracy, at}
  let writtenAt = 0;
  function noted({ latitude, longitude, accuracy }) {
    fix = { latitude, longitude, accuracy, at: Date.now() };
    if (fix.at - writtenAt > FIX_KEPT_MS) { writtenAt = fix.at; store.set("fix", fix); }
    return fix;
  }
  const lastFix = async () => (fix ??= (await store.get("fix")) ?? null);
  const fixOf = (coords) => (coords ? { lat: coords.latitude, lng: coords.longitude, acc: coords.accuracy } : null);
  function once(milliseconds = 8000) {
    return new Promise((resolve) => {
      if (!navigator.geolocation) { resolve(null); return; }
      setTimeout(() => resolve(null), milliseconds + 500);
      navigator.geolocation.getCurrentPosition(
        (position) => resolve(noted(position.coords)), () => resolve(null),
        { enableHighAccuracy: true, timeout: milliseconds, maximumAge: 30000 },
      );
    });
  }
  function watch(onFix, onError) {
    if (!navigator.geolocation) { onError(); return () => {}; }
    const found = (position) => onFix(noted(position.coords));
    // The last known place at once; some phones let the first fix of a watch wait for a movement.
    navigator.geolocation.getCurrentPosition(found, () => null, { maximumAge: 30000, timeout: 5000 });
    const id = navigator.geolocation.watchPosition(
      found, onError, { enableHighAccuracy: true, timeout: 20000, maximumAge: 5000 },
    );
    return () => navigator.geolocation.clearWatch(id);
  }

  /* --- photos */
  /* photoBox({customer, rep}) → {element, blobs(), ready(), put(blobs), onchange}: pictures with a watermark; ready() → when
     those just taken are in the box. What is in it is noted in the draft of its form (drafts.js) until the form is saved. */
  function photoBox(about) {
    const box = { element: null, onchange: () => {}, blobs: () => photos.map((photo) => photo.blob), ready: () => working, put };
    const photos = [];
    let working = Promise.resolve();
    const previews = h("div.vs-previews");
    const input = h("input", { type: "file", accept: "image/*", capture: "environment", multiple: true, "aria-label": W.photo });
    function draw() {
      previews.replaceChildren(...photos.map((photo, index) => h("span.vs-preview", null,
        h("img", { src: photo.url, alt: "" }),
        h("button", { type: "button", "aria-label": W.removePhoto, onclick() { URL.revokeObjectURL(photo.url); photos.splice(index, 1); draw(); box.onchange(); } }, "×"))));
    }
    function put(blobs) {
      photos.push(...blobs.map((blob) => ({ blob, url: URL.createObjectURL(blob) })));
      draw();
    }
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      working = working.then(() => take(files));
    });
    async function take(files) {
      const place = fix && Date.now() - fix.at < 60000 ? Promise.resolve(fix) : once(4000);
      for (const file of files) {
        put([await self.PaodianPhotos.ready(file, { noFix: W.noFix, ...about }, () => place)]);
        box.onchange();
      }
    }
    box.element = h("div.fa-form", null, previews, h("span.fa-photo", null, W.photo, input));
    return box;
  }

  /* --- prices: the phone's copy of sales.rules.prices; the server keeps the price that was promised here */
  const holds = (terms, customer, day) => (terms.customer === null || terms.customer === customer.id)
    && (!terms.level || terms.level === customer.level) && (terms.channel === null || terms.channel === customer.channel)
    && (!terms.from || terms.from <= day) && (!terms.until || day <= terms.until);
  function priceOf(kit, customer, product, quantity) {
    const day = isoDay(new Date());
    for (const list of kit.lists) {
      if (!holds(list, customer, day)) continue;
      const reached = (list.lines[product.id] ?? []).filter(([from]) => Number(from) <= quantity);
      if (reached.length) return { price: reached.at(-1)[1], reason: fill(W.fromList, { name: list.name }) };
    }
    return { price: product.price, reason: W.standardPrice };
  }
  function giftsFor(kit, customer, wants) {
    const day = isoDay(new Date());
    const found = [];
    for (const rule of kit.gifts) {
      const bought = wants.get(rule.product) ?? 0;
      if (bought < Number(rule.every) || !holds(rule, customer, day)) continue;
      const times = rule.repeats ? Math.floor(bought / Number(rule.every)) : 1;
      found.push({ product: rule.gift, quantity: times * Number(rule.quantity), name: rule.name });
    }
    return found;
  }
  const find = (kit, text) => {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    return kit.products.filter((product) => product.barcodes.includes(wanted) || product.code.toLowerCase().includes(wanted)
      || product.name.toLowerCase().includes(wanted) || product.search.toLowerCase().includes(wanted)).slice(0, 20);
  };

  /* Customers of which each word is part of the name, its initials, code, a phone or a contact, as the server searches. */
  function findCustomers(customers, text) {
    const words = text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    return customers.filter((customer) => words.every((word) => customer.search.includes(word))).slice(0, 20);
  }

  function toast(text) {
    const item = h("div.fa-toast", { role: "status" }, text);
    document.body.append(item);
    setTimeout(() => item.remove(), 2500);
  }

  return { W, fill, h, field, select, cents, money, clock, isoDay, shortDay, ago, metresBetween, metres, fixOf, lastFix, once, watch, photoBox, priceOf, giftsFor, find, findCustomers, toast };
})();
