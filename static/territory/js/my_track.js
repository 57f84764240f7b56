/* A day is shown as soon as it is chosen. */
"use strict";

document.querySelector("[data-day] [name=date]")?.addEventListener("change", (event) => { if (event.target.value) event.target.form.submit(); });
