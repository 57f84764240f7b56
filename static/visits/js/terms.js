/* Terms of a visit plan: only what the chosen rhythm uses is shown. */
"use strict";

(() => {
  for (const root of document.querySelectorAll("[data-terms]")) {
    const rhythm = root.querySelector("[name=rhythm]");
    const show = () => {
      for (const part of root.querySelectorAll("[data-rhythms]")) {
        part.hidden = !part.dataset.rhythms.split(" ").includes(rhythm.value);
      }
    };
    rhythm.addEventListener("change", show);
    show();
  }
})();
