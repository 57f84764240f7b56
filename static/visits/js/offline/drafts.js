/* What is entered in a form of the field app, photos too, is noted in the phone's store until the form is saved: a redraw,
   a reload or the end of the browser takes nothing with it. */
"use strict";

self.PaodianDrafts = (() => {
  const store = self.PaodianStore;
  const PREFIX = "draft:";
  const KEEP_MS = 3 * 24 * 3600 * 1000;
  const WAIT_MS = 250;

  const put = async (key, value) => {
    const tx = (await store.open()).transaction("meta", "readwrite", { durability: "strict" });
    if (value) tx.store.put(value, PREFIX + key); else tx.store.delete(PREFIX + key);
    await tx.done;
  };
  async function forgetOld() {
    const db = await store.open();
    for (const key of await db.getAllKeys("meta", IDBKeyRange.bound(PREFIX, `${PREFIX}\uffff`))) {
      if (Date.now() - (await db.get("meta", key)).at > KEEP_MS) await db.delete("meta", key);
    }
  }

  /* --- fields: by their place among those of their product line, or among those of no line */
  const FIELDS = "input:not([type=file]):not([type=search]), select, textarea";
  const valueOf = (input) => (input.type === "checkbox" ? input.checked : input.value);
  function groupsOf(root) {
    const groups = new Map([["", []]]);
    for (const input of root.querySelectorAll(FIELDS)) {
      const product = input.closest("[data-product]")?.dataset.product ?? "";
      groups.set(product, [...(groups.get(product) ?? []), input]);
    }
    return groups;
  }
  const read = (root) => Object.fromEntries([...groupsOf(root)].map(([product, inputs]) => [product, inputs.map(valueOf)]));
  function write(root, values) {
    for (const [product, inputs] of groupsOf(root)) {
      (values[product] ?? []).forEach((value, index) => {
        const input = inputs[index];
        if (!input || valueOf(input) === value) return;
        if (input.type === "checkbox") input.checked = value; else input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
  }

  /* attach(key, root, {photos, addLine}) → {clear()}. Fills `root` with what was noted under `key` and notes every change;
     addLine(product id) makes the line of a product that was added by hand. */
  function attach(key, root, { photos = null, addLine = null } = {}) {
    let timer = null;
    let isOver = false;
    const note = () => {
      clearTimeout(timer);
      if (isOver) return null;
      return put(key, { at: Date.now(), values: read(root), photos: photos?.blobs() ?? [] });
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(note, WAIT_MS); };
    const ready = store.get(PREFIX + key).then((kept) => {
      if (kept && !isOver) {
        for (const product of Object.keys(kept.values)) if (product) addLine?.(Number(product));
        write(root, kept.values);
        if (kept.photos.length) photos?.put(kept.photos);
      }
      root.addEventListener("input", later);
      root.addEventListener("change", later);
      root.addEventListener("click", later); // steppers and phrases
      if (photos) photos.onchange = note;
      if (photos?.blobs().length > (kept?.photos.length ?? 0)) note(); // taken before this was ready
    });
    return {
      ready,
      async clear() { isOver = true; clearTimeout(timer); await put(key, null); },
    };
  }
  return { attach, forgetOld };
})();
