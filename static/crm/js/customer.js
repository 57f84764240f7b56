/* The customer's page: map, tabs, menus. */
"use strict";

(() => {
  const place = document.querySelector("[data-customer-map]");
  if (place) {
    if (window.PaodianMap && window.L) {
      const at = [Number(place.dataset.lat), Number(place.dataset.lng)];
      const map = window.PaodianMap.create(place, { center: at, zoom: 16, scrollWheelZoom: false });
      window.PaodianMap.pin(at[0], at[1], { title: place.dataset.name }).addTo(map);
    } else {
      place.hidden = true;
    }
  }

  for (const tabs of document.querySelectorAll("[data-tabs]")) {
    const buttons = [...tabs.querySelectorAll("[role=tab]")];
    const select = (button) => {
      for (const other of buttons) {
        other.setAttribute("aria-selected", String(other === button));
        other.tabIndex = other === button ? 0 : -1;
      }
    };
    tabs.addEventListener("click", (event) => {
      const button = event.target.closest("[role=tab]");
      if (button) select(button);
    });
    tabs.addEventListener("keydown", (event) => {
      const at = buttons.indexOf(event.target);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (at < 0 || !step) return;
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      next.click();
    });
    // After htmx has read the page, which it does at the same event but asked for it earlier.
    document.addEventListener("DOMContentLoaded", () => buttons[0]?.click());
  }

  // A menu closes when something else is touched, like every menu.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of document.querySelectorAll("[data-menu][open]")) menu.open = false;
  });
})();
