/* The form of an entry shows what the choices before ask for, and lets the end follow the beginning. */
"use strict";

(() => {
  const form = document.querySelector("[data-entry-form]")?.closest("form");
  if (!form) return;
  const { is_all_day: whole, date, end_date: endDate, start, end, repeat, repeat_ends: ends } = form.elements;

  function show() {
    for (const name of ["start", "end"]) document.getElementById(`${name}-field`).hidden = whole.checked;
    for (const part of form.querySelectorAll("[data-repeat] [data-when]")) {
      const fits = repeat.value && (part.dataset.when === "any" || part.dataset.when === repeat.value);
      part.hidden = !fits || Boolean(part.dataset.ends && part.dataset.ends !== ends.value);
    }
    const part = form.querySelector("[name=part]:checked");
    form.querySelector("[data-repeat]").hidden = part?.value === "this";
  }
  form.addEventListener("change", show);
  show();

  /* the length stays what it was */
  const moment = (day, time) => Date.parse(`${day.value}T${time.value || "00:00"}:00Z`);
  let length = moment(endDate, end) - moment(date, start);
  function follow() {
    const begin = moment(date, start);
    if (Number.isNaN(begin) || !(length > 0 || (whole.checked && length >= 0))) return;
    const iso = new Date(begin + length).toISOString();
    endDate.value = iso.slice(0, 10);
    if (!whole.checked) end.value = iso.slice(11, 16);
  }
  for (const box of [date, start]) box.addEventListener("change", follow);
  for (const box of [endDate, end]) box.addEventListener("change", () => { length = moment(endDate, end) - moment(date, start); });
})();
