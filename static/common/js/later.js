/* Styles and scripts that most visitors of a page never need wait in a <template> until somebody asks for them. */
"use strict";

window.PaodianLater = (() => {
  const running = new Map(); // id → promise
  const arrived = (element) => new Promise((resolve, reject) => {
    element.addEventListener("load", resolve, { once: true });
    element.addEventListener("error", () => { element.remove(); reject(new Error(element.src || element.href)); }, { once: true });
    document.head.append(element);
  });
  async function fetchAll(id) {
    const waiting = document.getElementById(id).content;
    const styles = [...waiting.querySelectorAll("link")].map((link) => arrived(link.cloneNode()));
    for (const { src } of waiting.querySelectorAll("script")) {
      // A copy would run in any order; a new one that is not async keeps it.
      await arrived(Object.assign(document.createElement("script"), { src, async: false }));
    }
    await Promise.all(styles);
  }
  /* load("map-later") → a promise; once what was there came in it is never fetched again, after a failure it may be. */
  function load(id) {
    if (!running.has(id)) {
      const promise = fetchAll(id);
      running.set(id, promise);
      promise.catch(() => running.delete(id));
    }
    return running.get(id);
  }
  return { load };
})();
