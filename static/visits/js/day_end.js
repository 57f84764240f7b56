/* 收工: of each stop's fields only those show that its choice asks for; one answer may be given for all stops. */
"use strict";

(() => {
  const stops = [...document.querySelectorAll("[data-stop]")];
  const parts = (box, value) => {
    for (const part of box.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== value;
  };
  const show = (stop) => {
    const { value } = stop.querySelector("select");
    parts(stop, value);
    stop.classList.toggle("is-decided", Boolean(value));
  };
  for (const stop of stops) {
    stop.querySelector("select").addEventListener("change", () => show(stop));
    show(stop);
  }

  const all = document.querySelector("[data-all]");
  if (!all) return;
  const choice = all.querySelector("select");
  const first = stops[0];
  choice.append(...[...first.querySelector("select").children].map((option) => option.cloneNode(true)));
  choice.value = "";
  const date = all.querySelector("[data-for=move] input");
  const own = first.querySelector("[data-for=move] input");
  date.min = own.min;
  date.value = own.value;
  parts(all, "");
  all.hidden = false;
  choice.addEventListener("change", () => {
    parts(all, choice.value);
    for (const stop of stops) {
      const select = stop.querySelector("select");
      select.value = choice.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    all.querySelector("[data-for]:not([hidden]) input")?.focus();
  });
  // The last choice of a stop's own is never overwritten by what is typed for all.
  all.addEventListener("input", (event) => {
    const part = event.target.closest("[data-for]");
    if (!part) return;
    for (const stop of stops) {
      if (stop.querySelector("select").value !== choice.value) continue;
      stop.querySelector(`[data-for=${part.dataset.for}] input`).value = event.target.value;
    }
  });
})();
