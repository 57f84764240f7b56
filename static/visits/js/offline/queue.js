/* The queue: what the rep did goes into the store first and to the server from there, in order, each once. */
"use strict";

self.PaodianQueue = (() => {
  const store = self.PaodianStore;
  const BATCH = 50;
  const KEEP_DONE_MS = 3 * 24 * 3600 * 1000;
  const channel = "BroadcastChannel" in self ? new BroadcastChannel("paodian-field") : null;
  const listeners = new Set();
  let state = "idle"; // idle, syncing, offline, login, other, error

  const tell = (what = "changed") => {
    channel?.postMessage(what);
    for (const listener of listeners) listener(what);
  };
  if (channel) channel.onmessage = (event) => { for (const listener of listeners) listener(event.data); };

  /* --- adding */
  const uuid = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (Number(c) ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (Number(c) / 4)))).toString(16));

  /* add({kind, payload, label, uuid?, after?}, [{blob, kind?}]) → the action. `photos` become uploads: those of a check-in are
     named in it, those of a visit follow as actions of their own. */
  async function add(action, photos = []) {
    const row = { uuid: uuid(), occurred_at: new Date().toISOString(), ...action };
    await store.add(row, photos.map((photo) => ({ uuid: photo.uuid ?? uuid(), blob: photo.blob })));
    tell();
    wake();
    return row;
  }
  async function wake() {
    try {
      const registration = await self.navigator.serviceWorker?.ready;
      await registration?.sync?.register("paodian-queue");
    } catch { /* no Background Sync here: the page syncs by itself */ }
    if (self.document && self.navigator.onLine) sync();
  }

  /* --- sending */
  async function session() {
    const response = await fetch("/field/session/", { cache: "no-store", headers: { Accept: "application/json" } });
    if (!response.ok) throw new TypeError(`session ${response.status}`);
    return response.json();
  }
  const headers = (who) => ({ "X-CSRFToken": who.csrf, "X-Field-User": String(who.user), Accept: "application/json" });

  async function sha256(blob) {
    if (!crypto.subtle) return "";
    const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  /* One file in pieces, from where the line broke off. */
  async function upload(photo, who) {
    const address = `/visits/uploads/${photo.uuid}/`;
    const known = await (await fetch(address, { cache: "no-store" })).json();
    let { received } = known;
    const { size } = photo.blob;
    let stuck = 0;
    while (received < size) {
      const piece = photo.blob.slice(received, received + known.chunk);
      const last = received + piece.size === size ? `&sha256=${await sha256(photo.blob)}` : "";
      const response = await fetch(`${address}?offset=${received}&size=${size}${last}`, {
        method: "POST", body: piece, headers: { ...headers(who), "Content-Type": "application/octet-stream" },
      });
      const answer = await response.json();
      if (response.status === 422 && answer.code === "hash" && stuck === 0) { received = 0; stuck += 1; continue; }
      if (response.status === 409 && answer.received > received) { received = answer.received; continue; }
      if (!response.ok) throw new Error(answer.error ?? `upload ${response.status}`);
      received = answer.received;
    }
  }

  async function send(batch, who) {
    const body = JSON.stringify(batch.map(({ uuid: id, kind, occurred_at, payload }) => ({ uuid: id, kind, occurred_at, payload })));
    const response = await fetch("/visits/sync/", { method: "POST", body, headers: { ...headers(who), "Content-Type": "application/json" } });
    if (response.redirected || !response.ok) throw new Error(`sync ${response.status}`);
    const answers = new Map((await response.json()).map((answer) => [answer.uuid, answer]));
    for (const action of batch) {
      const answer = answers.get(action.uuid);
      if (!answer) continue;
      // Only what is there still: the person may have discarded it meanwhile.
      const row = await store.byUuid(action.uuid);
      if (!row) continue;
      await store.putAction({ ...row, state: answer.status, answer, tries: row.tries + 1, sent_at: new Date().toISOString() });
      if (answer.status === "done") for (const photo of await store.photosOf(action.uuid)) await store.dropPhoto(photo.uuid);
    }
  }

  async function run() {
    const who = await session();
    if (who.user === null) return "login"; // nobody's store is opened, let alone made anew after a logout
    const mine = await store.get("user");
    if (mine !== undefined && mine !== who.user) return "other";
    const pending = await store.unsent();
    for (const action of pending) {
      for (const photo of await store.photosOf(action.uuid)) {
        if (photo.sent) continue;
        await upload(photo, who);
        await store.putPhoto({ ...photo, sent: true });
      }
    }
    for (let from = 0; from < pending.length; from += BATCH) {
      await send(pending.slice(from, from + BATCH), who);
      tell();
    }
    await forgetOld();
    await refresh(who);
    return "idle";
  }
  async function forgetOld() {
    const limit = new Date(Date.now() - KEEP_DONE_MS).toISOString();
    for (const action of await store.actions()) {
      if (action.state === "done" && action.occurred_at < limit) await store.remove(action);
    }
  }

  /* --- what the phone takes along */
  async function refresh(who) {
    for (const [key, address] of [["day", "/field/data/"], ["kit", "/field/kit/"]]) {
      const etag = (await store.get(key)) ? await store.get(`${key}Etag`) : null;
      const response = await fetch(address, { cache: "no-store", headers: { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) } });
      if (response.status === 403) continue; // not his work
      if (response.status !== 304) {
        if (!response.ok || response.redirected) throw new TypeError(`${address} ${response.status}`);
        await store.set(key, await response.json());
        await store.set(`${key}Etag`, response.headers.get("ETag"));
      }
    }
    await store.set("user", who.user);
    await store.set("name", who.name);
    await store.set("savedAt", new Date().toISOString());
    tell("data");
  }

  /* One sync at a time, over all tabs and the service worker. */
  let running = null;
  let again = false;
  let stopped = false;
  /* Before the store is wiped: what still runs would make it anew. */
  async function stop() {
    stopped = true;
    again = false;
    await running;
    await self.navigator.locks?.request("paodian-sync", () => null); // the service worker's run, too
  }
  function sync() {
    if (stopped) return Promise.resolve(state);
    if (running) { again = true; return running; }
    const once = async () => {
      state = "syncing";
      tell("state");
      try {
        do { again = false; state = await run(); } while (again && state === "idle");
      } catch (error) {
        state = self.navigator.onLine && !(error instanceof TypeError) ? "error" : "offline";
      }
      tell("state");
      return state;
    };
    const { locks } = self.navigator;
    running = (locks ? locks.request("paodian-sync", once) : once()).finally(() => { running = null; });
    return running;
  }

  /* --- what was refused */
  /* A refusal is final for its uuid, so another try has a new one; what names the old one is led over. */
  async function retry(action) {
    const old = action.uuid;
    if (action.state !== "refused") { await store.putAction({ ...action, state: "queued" }); return sync(); }
    const photos = await store.photosOf(old);
    const next = { ...action, uuid: uuid(), state: "queued", tries: 0, answer: undefined };
    const renamed = new Map(photos.map((photo) => [photo.uuid, uuid()]));
    const swap = (payload) => {
      const text = JSON.stringify(payload, (_key, value) => (value === old ? next.uuid : renamed.get(value) ?? value));
      return JSON.parse(text);
    };
    const db = await store.open();
    const tx = db.transaction(["actions", "photos"], "readwrite");
    tx.objectStore("actions").put({ ...next, payload: swap(next.payload) });
    for (const photo of photos) {
      tx.objectStore("photos").delete(photo.uuid);
      tx.objectStore("photos").put({ ...photo, uuid: renamed.get(photo.uuid), action: next.uuid, sent: false });
    }
    for (const other of await tx.objectStore("actions").getAll()) {
      if (other.uuid === next.uuid || other.state === "done" || !JSON.stringify(other.payload).includes(old)) continue;
      tx.objectStore("actions").put({ ...other, payload: swap(other.payload), state: other.state === "waiting" ? "queued" : other.state });
    }
    await tx.done;
    tell();
    return sync();
  }
  async function discard(action) {
    await store.remove(action);
    tell();
  }

  /* --- files */
  const base64 = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  async function toFile(only = null) {
    const chosen = only ? [only] : await store.unfinished();
    const photos = [];
    for (const action of chosen) {
      for (const photo of await store.photosOf(action.uuid)) {
        photos.push({ uuid: photo.uuid, action: photo.action, type: photo.blob.type, base64: await base64(photo.blob) });
      }
    }
    const content = {
      format: "paodian-queue", version: 1, user: await store.get("user"), name: await store.get("name"),
      saved_at: new Date().toISOString(), actions: chosen, photos,
    };
    return new Blob([JSON.stringify(content)], { type: "application/json" });
  }
  /* How many actions came in; throws on a file that is not this person's queue. */
  async function fromFile(file) {
    const content = JSON.parse(await file.text());
    if (content?.format !== "paodian-queue" || content.user !== (await store.get("user")) || !Array.isArray(content.actions)) throw new Error("format");
    let added = 0;
    for (const { seq: _seq, ...action } of content.actions) {
      if (await store.byUuid(action.uuid)) continue;
      const photos = [];
      for (const photo of content.photos ?? []) {
        if (photo.action !== action.uuid) continue;
        const bytes = Uint8Array.from(atob(photo.base64), (letter) => letter.charCodeAt(0));
        photos.push({ uuid: photo.uuid, blob: new Blob([bytes], { type: photo.type }) });
      }
      await store.add({ ...action, state: action.state === "refused" ? "refused" : "queued" }, photos);
      added += 1;
    }
    tell();
    if (added) sync();
    return added;
  }

  return {
    add, sync, stop, retry, discard, toFile, fromFile, uuid, session, refresh, tell,
    on(listener) { listeners.add(listener); },
    get state() { return state; },
  };
})();
