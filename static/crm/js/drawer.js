/* The customer list on a desktop: a click on a row opens the customer beside the list. */
"use strict";

(() => {
  const drawer = document.getElementById("drawer");
  if (!drawer) return;
  const body = drawer.querySelector("[data-drawer-body]");
  const wide = window.matchMedia("(min-width: 992px)");
  const rows = () => [...document.querySelectorAll("#results tr[data-pk]")];
  let shown = "";

  const mark = (pk) => {
    for (const row of rows()) {
      row.classList.toggle("focus", row.dataset.pk === pk);
      if (row.dataset.pk === pk) row.scrollIntoView({ block: "nearest" });
    }
  };
  const open = (pk) => {
    shown = pk;
    mark(pk);
    body.setAttribute("aria-busy", "true");
    if (!drawer.open) { body.replaceChildren(); drawer.showModal(); }
    // Who walks on with j sees the last one asked for, not whoever answered last.
    window.htmx.ajax("GET", drawer.dataset.address.replace("/0/", `/${pk}/`), { source: body, target: body, swap: "innerHTML" })
      // A request that the next one replaced ends without a reason; what fails is told by htmx:sendError.
      .catch((reason) => { if (reason) throw reason; });
  };
  const step = (by) => {
    const all = rows();
    const at = all.findIndex((row) => row.dataset.pk === shown);
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next && next.dataset.pk !== shown) open(next.dataset.pk);
  };

  document.addEventListener("click", (event) => {
    const row = event.target.closest("#results tr[data-pk]");
    if (!row || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("a, button, input, select, textarea, label, summary, .pd-check, .crm-inline, .crm-cell")) return;
    if (String(window.getSelection())) return; // somebody marks a text to copy it
    open(row.dataset.pk);
  });
  drawer.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drawer-step], [data-drawer-close]");
    if (event.target === drawer || button?.matches("[data-drawer-close]")) drawer.close();
    else if (button) step(Number(button.dataset.drawerStep));
  });
  drawer.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "Enter" && !event.target.closest("a, button")) drawer.querySelector("[data-drawer-page]")?.click();
    else return;
    event.preventDefault();
  });
  body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== body) return; // the last events, which come after the rest
    body.removeAttribute("aria-busy");
    drawer.scrollTop = 0;
  });
})();
