/* The service worker: keeps the shell of the field, and answers with it where the network does not. */
"use strict";

const VERSION = "{{ version|escapejs }}";
const CACHE = `paodian-shell-${VERSION}`;
const SHELL = "/field/";
const FILES = {{ files|safe }};
const WAIT = {{ wait }}; // ms a page of the field may take before the phone's own one comes up
importScripts(...{{ imports|safe }});

const known = new Set(FILES.map((file) => new URL(file, location.href).pathname));

async function fill() {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: a file of the old version under the same name would stay for ever.
  await cache.addAll([SHELL, ...FILES].map((url) => new Request(url, { cache: "reload" })));
}

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("paodian-shell-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));
self.addEventListener("message", (event) => {
  // Logging out empties the caches; the next login fills them again.
  if (event.data === "fill") event.waitUntil((async () => { if (!(await caches.has(CACHE))) await fill(); })());
});

/* --- pages */
const FIELD = /^\/($|today\/|visits\/|orders\/new\/|receipts\/new\/|me\/$)/;
const NOT_OURS = /^\/(admin|media|static|healthz)/;

async function shell() {
  return (await caches.match(SHELL)) ?? fetch(SHELL);
}
/* The shell itself, under the address that was asked for: it reads there what was wanted. */
async function page(event, url) {
  const answer = fetch(event.request);
  const late = new Promise((resolve) => setTimeout(resolve, WAIT, "late"));
  try {
    const first = await (FIELD.test(url.pathname) && (await caches.has(CACHE)) ? Promise.race([answer, late]) : answer);
    if (first === "late") { answer.catch(() => null); return shell(); }
    // A proxy that answers for a server that is down.
    return [502, 503, 504].includes(first.status) && (await caches.has(CACHE)) ? shell() : first;
  } catch (error) {
    if (!(await caches.has(CACHE))) throw error;
    return shell();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === SHELL) event.respondWith(shell());
    else if (!NOT_OURS.test(url.pathname)) event.respondWith(page(event, url));
  } else if (known.has(url.pathname)) {
    event.respondWith(caches.match(request, { ignoreSearch: true }).then((found) => found ?? fetch(request)));
  }
});

/* --- notices: shown also while no page is open; one that comes twice has the same tag and is shown once */
self.addEventListener("push", (event) => event.waitUntil((async () => {
  let said = {};
  try { said = event.data?.json() ?? {}; } catch { /* not ours, and something has to be shown */ }
  await self.registration.showNotification(said.title || "Paodian", {
    body: said.body ?? "", tag: said.tag ?? "", data: { url: said.url ?? "/messages/" }, icon: "{{ icon|escapejs }}",
  });
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage("notice");
})()));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/messages/", location.origin);
  if (url.origin !== location.origin) return;
  event.waitUntil((async () => {
    // A page with a half-filled form is not sent away: only one that shows the same is used again.
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const same = pages.find((page) => new URL(page.url).pathname === url.pathname);
    await (same ? same.focus() : self.clients.openWindow(url.href));
  })());
});

/* --- the queue, where the browser wakes us for it */
self.addEventListener("sync", (event) => {
  if (event.tag === "paodian-queue") event.waitUntil(self.PaodianQueue.sync());
});
