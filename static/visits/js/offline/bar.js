/* On every page of the phone: keeps the service worker, says what is not synced yet, syncs when there is network again,
   and sees to it that nobody's data stays for the next person. */
"use strict";

(() => {
  const bar = document.getElementById("field-bar");
  if (!bar || !("indexedDB" in self)) return;
  const store = self.PaodianStore;
  const queue = self.PaodianQueue;
  const words = bar.dataset;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
  const user = bar.dataset.user ? Number(bar.dataset.user) : null; // null on the shell, which belongs to nobody
  const text = bar.querySelector("[data-text]");
  const other = bar.querySelector("[data-other]");

  /* --- the bar */
  let gone = false; // logged out: nothing opens the store again, which would make it anew
  async function draw() {
    if (gone) return;
    const all = await store.unfinished();
    const refused = all.filter((action) => action.state === "refused").length;
    const open = all.length - refused;
    const stranger = user !== null && all.length > 0 && (await store.get("user")) !== user;
    const parts = [];
    if (!navigator.onLine || queue.state === "offline") parts.push(words.offline);
    if (queue.state === "syncing" && open) parts.push(words.syncing);
    if (stranger) parts.push(fill(words.stranger, { n: all.length, name: (await store.get("name")) ?? "" }));
    else {
      if (open) parts.push(fill(words.pending, { n: open }));
      if (refused) parts.push(fill(words.refused, { n: refused }));
      if (queue.state === "login" && open) parts.push(words.login);
    }
    text.textContent = parts.join(" · ");
    bar.hidden = parts.length === 0;
    bar.classList.toggle("is-refused", refused > 0 || stranger);
    if (other) other.hidden = !stranger;
  }
  queue.on(draw);

  /* --- somebody else logs in: his predecessor's day goes at once; what never reached the server is his to decide */
  async function takeOver() {
    const owner = await store.get("user");
    if (user === null || owner === undefined || owner === user) return true;
    if ((await store.unfinished()).length === 0) { await store.wipe(); return true; }
    for (const key of ["day", "kit", "dayEtag", "kitEtag"]) await store.set(key, null);
    return false;
  }
  async function forget() {
    gone = true;
    await queue.stop();
    await store.wipe();
    if ("caches" in self) for (const name of await caches.keys()) await caches.delete(name);
    for (const key of Object.keys(localStorage)) if (key.startsWith("visit-")) localStorage.removeItem(key);
  }
  function download(blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `paodian-queue-${new Date().toISOString().slice(0, 16).replace(":", "")}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  self.PaodianDownload = download;
  other?.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const names = { n: (await store.unfinished()).length, name: (await store.get("name")) ?? "" };
    if (button.dataset.act === "save") { download(await queue.toFile()); return; }
    if (!(await self.ask(fill(words.dropSure, names)))) return;
    await store.wipe();
    await start();
  });

  /* --- logging out wipes the phone, and asks when that loses something */
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-logout]");
    if (!form || form.dataset.wiped) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if ((await store.unsent()).length && navigator.onLine) await queue.sync();
    const left = (await store.unfinished()).length;
    if (left && !(await self.ask(fill(words.wipeSure, { n: left })))) return;
    await forget();
    form.dataset.wiped = "1";
    form.submit();
  }, true);

  /* --- syncing: on opening, on coming back, when there is network again */
  async function start() {
    if (gone) return;
    if (await takeOver()) {
      await draw();
      if (navigator.onLine) await queue.sync();
    }
    await draw();
  }
  window.addEventListener("online", () => start());
  window.addEventListener("offline", draw);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") start(); });
  setInterval(async () => {
    if (!gone && document.visibilityState === "visible" && (queue.state === "offline" || (await store.unsent()).length)) start();
  }, 30000);

  /* --- the service worker, on phones and wherever the field app is used */
  const onPhone = matchMedia("(pointer: coarse), (display-mode: standalone)").matches || location.pathname === "/field/";
  if ("serviceWorker" in navigator && window.isSecureContext && onPhone) {
    navigator.serviceWorker.register("/sw.js").then(async () => {
      (await navigator.serviceWorker.ready).active?.postMessage("fill");
    }, (error) => console.warn("service worker", error));
    navigator.storage?.persist?.();
  }
  if (onPhone) {
    // After the page itself: a phone's processor and line are slow.
    const idle = self.requestIdleCallback ?? ((run) => setTimeout(run, 300));
    idle(() => start(), { timeout: 3000 });
  }
})();
