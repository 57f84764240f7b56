/* The phone's own store (IndexedDB): the day, the kit, the queue and its photos. Shared by pages and the service worker. */
"use strict";

self.PaodianStore = (() => {
  const NAME = "paodian-field";
  let opened = null;

  function open() {
    opened ??= self.idb.openDB(NAME, 1, {
      upgrade(db) {
        db.createObjectStore("meta");
        const actions = db.createObjectStore("actions", { keyPath: "seq", autoIncrement: true });
        actions.createIndex("uuid", "uuid", { unique: true });
        // Blobs apart from their actions, so that drawing the queue reads no pictures.
        db.createObjectStore("photos", { keyPath: "uuid" }).createIndex("action", "action");
      },
      // Another tab wipes the store: let go of it, or it waits for us.
      blocking() { close(); },
      terminated() { opened = null; },
    });
    return opened;
  }
  function close() {
    opened?.then((db) => db.close(), () => null);
    opened = null;
  }

  /* --- single values: user, name, day, kit, … */
  const get = async (key) => (await open()).get("meta", key);
  const set = async (key, value) => (await open()).put("meta", value, key);

  /* --- actions */
  const UNSENT = ["queued", "waiting", "failed"];
  const actions = async () => (await open()).getAll("actions");
  const unsent = async () => (await actions()).filter((action) => UNSENT.includes(action.state));
  /* What is lost when the store goes: everything but what the server has. */
  const unfinished = async () => (await actions()).filter((action) => action.state !== "done");
  const byUuid = async (uuid) => (await open()).getFromIndex("actions", "uuid", uuid);
  const putAction = async (action) => (await open()).put("actions", action);

  /* One action with its photos, all or nothing. */
  async function add(action, photos = []) {
    const db = await open();
    // On the disk before the rep is told that it is kept: the browser may be killed the next moment.
    const tx = db.transaction(["actions", "photos"], "readwrite", { durability: "strict" });
    const row = { state: "queued", tries: 0, ...action };
    await Promise.all([
      tx.objectStore("actions").add(row),
      ...photos.map((photo) => tx.objectStore("photos").put({ action: action.uuid, ...photo })),
      tx.done,
    ]);
    return row;
  }
  async function remove(action) {
    const db = await open();
    const tx = db.transaction(["actions", "photos"], "readwrite");
    tx.objectStore("actions").delete(action.seq);
    const photos = tx.objectStore("photos");
    for (const key of await photos.index("action").getAllKeys(action.uuid)) photos.delete(key);
    await tx.done;
  }

  /* --- photos */
  const photosOf = async (uuid) => (await open()).getAllFromIndex("photos", "action", uuid);
  const dropPhoto = async (uuid) => (await open()).delete("photos", uuid);
  const putPhoto = async (photo) => (await open()).put("photos", photo);

  /* --- everything goes: logging out, or somebody else logs in */
  async function wipe() {
    close();
    await self.idb.deleteDB(NAME);
  }

  return { open, close, get, set, actions, unsent, unfinished, byUuid, putAction, add, remove, photosOf, dropPhoto, putPhoto, wipe };
})();
