/* Showing notices on this device: asks for the permission when the button is pressed, subscribes at the browser's push
   service and tells the server where that is. */
"use strict";

(() => {
  const card = document.getElementById("push");
  if (!card?.dataset.key) return;
  const on = card.querySelector("[data-push=on]");
  const off = card.querySelector("[data-push=off]");
  const text = card.querySelector("[data-push-text]");
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const bytes = (key) => Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

  if (!window.isSecureContext) { text.textContent = card.dataset.insecure; return; }
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    text.textContent = card.dataset.unsupported;
    return;
  }

  function name() {
    const agent = navigator.userAgent;
    const system = /iPhone|iPad|Android|Windows|Macintosh|Linux/.exec(agent)?.[0] ?? "";
    const browser = /MicroMessenger|Edg|Firefox|Chrome|Safari/.exec(agent)?.[0] ?? "";
    return [system, browser].filter(Boolean).join(" · ");
  }
  const worker = async () => {
    await navigator.serviceWorker.register("/sw.js");
    return navigator.serviceWorker.ready;
  };
  async function draw() {
    const registration = await navigator.serviceWorker.getRegistration("/");
    const subscription = await registration?.pushManager.getSubscription();
    on.hidden = Boolean(subscription) || Notification.permission === "denied";
    off.hidden = !subscription;
    text.textContent = Notification.permission === "denied" ? card.dataset.denied : "";
  }
  async function add() {
    if ((await Notification.requestPermission()) !== "granted") return draw();
    const registration = await worker();
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) });
    const answer = await fetch(card.dataset.add, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify({ ...subscription.toJSON(), name: name() }),
    });
    if (!answer.ok) {
      await subscription.unsubscribe();
      const said = answer.status === 422 ? (await answer.json()).errors.join(" ") : answer.status;
      throw new Error(said);
    }
    localStorage.setItem("push-endpoint", subscription.endpoint);
    location.reload();
  }
  async function remove() {
    const registration = await navigator.serviceWorker.getRegistration("/");
    const subscription = await registration?.pushManager.getSubscription();
    if (!subscription) return draw();
    await fetch(card.dataset.remove, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ endpoint: subscription.endpoint }) });
    await subscription.unsubscribe();
    localStorage.removeItem("push-endpoint");
    location.reload();
  }
  const guarded = (work) => async () => {
    on.disabled = off.disabled = true;
    try { await work(); } catch (error) { text.textContent = card.dataset.failed.replace("{reason}", error.message); }
    on.disabled = off.disabled = false;
  };
  on.addEventListener("click", guarded(add));
  off.addEventListener("click", guarded(remove));
  guarded(draw)();
})();
