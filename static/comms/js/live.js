/* The numbers beside messages and to-do: asked for every half minute with the ETag of the last answer, so that nothing
   new costs an empty 304; not while the tab is hidden, and ever more rarely while the server does not answer. */
"use strict";

(() => {
  const place = document.getElementById("live");
  if (!place) return;
  const EVERY = 30000;
  const SLOWEST = 600000;
  let etag = "";
  let failures = 0;
  let timer = 0;
  let busy = false;

  function show(spot, count, label) {
    spot.textContent = count > 99 ? "99+" : count || "";
    spot.className = count ? "pd-unread" : "";
    if (!count || spot.hasAttribute("aria-hidden")) return;
    spot.setAttribute("role", "img");
    spot.setAttribute("aria-label", label.replace("{n}", count));
  }
  function draw(counts) {
    for (const spot of document.querySelectorAll("[data-unread]")) {
      const count = counts[spot.dataset.unread] ?? 0;
      show(spot, count, spot.dataset.unread === "todos" ? place.dataset.todo : place.dataset.label);
    }
  }
  async function ask() {
    busy = true;
    try {
      const headers = { Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(place.dataset.url, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        draw(await answer.json());
      } else if (answer.status !== 304) throw new Error(answer.status);
      failures = 0;
    } catch {
      failures += 1; // no network, a server that is down, or logged out: the next page says so
    }
    busy = false;
  }
  function later() {
    clearTimeout(timer);
    const wait = Math.min(EVERY * 2 ** failures, SLOWEST);
    // Spread, or a hundred pages that were opened at one moment would ask at one moment for ever.
    timer = setTimeout(turn, wait * (0.8 + Math.random() * 0.4));
  }
  async function turn() {
    if (document.visibilityState === "hidden" || busy) return;
    await ask();
    later();
  }
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") turn();
  });
  navigator.serviceWorker?.addEventListener("message", (event) => { if (event.data === "notice") turn(); });
  setTimeout(turn, 200); // after the page itself

  /* Logging out tells the server which device it is, so that it shows the next person nothing of this one. */
  for (const form of document.querySelectorAll("form[data-logout]")) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: "push_endpoint" });
    try { input.value = localStorage.getItem("push-endpoint") ?? ""; } catch { /* storage is off: nothing was kept */ }
    if (input.value) form.append(input);
  }
})();
