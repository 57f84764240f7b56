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

  /* Tabs: the open one stands in the #hash, so that a reload and the way back find it again. */
  for (const tabs of document.querySelectorAll("[data-tabs]")) {
    const buttons = [...tabs.querySelectorAll("[role=tab]")];
    const panel = tabs.querySelector("[role=tabpanel]");
    const skeleton = tabs.querySelector("[data-skeleton]");
    let waiting = 0;
    const named = () => buttons.find((button) => button.dataset.tab === location.hash.slice(1));
    const select = (button) => {
      for (const other of buttons) {
        other.setAttribute("aria-selected", String(other === button));
        other.tabIndex = other === button ? 0 : -1;
      }
      panel.setAttribute("aria-labelledby", button.id);
      button.scrollIntoView({ block: "nearest", inline: "nearest" });
      // What comes at once needs no skeleton: it would only flicker.
      clearTimeout(waiting);
      waiting = setTimeout(() => panel.replaceChildren(skeleton.content.cloneNode(true)), 150);
    };
    tabs.addEventListener("click", (event) => {
      const button = event.target.closest("[role=tab]");
      if (!button) return;
      select(button);
      if (event.isTrusted || button.dataset.byKey) history.replaceState(history.state, "", `#${button.dataset.tab}`);
      delete button.dataset.byKey;
    });
    for (const name of ["htmx:beforeSwap", "htmx:sendError"]) {
      document.addEventListener(name, (event) => { if (event.detail.target === panel) clearTimeout(waiting); });
    }
    tabs.addEventListener("keydown", (event) => {
      const at = buttons.indexOf(event.target);
      const last = buttons.length - 1;
      const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      buttons[to].focus();
      buttons[to].dataset.byKey = "1";
      buttons[to].click();
    });
    window.addEventListener("hashchange", () => named()?.click());
    // After htmx has read the page, which it does at the same event but asked for it earlier.
    document.addEventListener("DOMContentLoaded", () => (named() ?? buttons[0])?.click());
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
