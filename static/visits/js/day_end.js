/* 收工: of each stop's fields only those show that its choice asks for. */
"use strict";
for (const stop of document.querySelectorAll("[data-stop]")) {
  const choice = stop.querySelector("select");
  const show = () => {
    for (const part of stop.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== choice.value;
  };
  choice.addEventListener("change", show);
  show();
}
