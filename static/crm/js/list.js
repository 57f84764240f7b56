/* The customer list: nearest first, from where the phone is. */
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-near]");
  if (!button) return;
  const label = button.querySelector("span");
  const text = label.textContent;
  const failed = () => { label.textContent = text; button.disabled = false; toast(button.dataset.textFailed, "error"); };
  if (!navigator.geolocation) { failed(); return; }
  label.textContent = button.dataset.textWait;
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    const params = new URLSearchParams(location.search);
    params.delete("page");
    params.delete("view");
    /* four decimals are 11 m: enough to sort shops, and the address stays the same while one stands still */
    params.set("near", `${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`);
    params.set("sort", "distance");
    location.search = params.toString();
  }, failed, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
});

/* The menu in the heading closes when something else is touched, like every menu. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("[data-menu][open]")) menu.open = false;
});

/* To another page that takes the list's filters; the address has them as they are now. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-with-filters]");
  if (link) link.search = location.search;
});
