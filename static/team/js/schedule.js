/* The schedule: places the blocks of the hours, opens the popup of an item, adds in an empty slot, and lets one's own
   entries be moved to another day or hour, by dragging or, for a thumb, in the popup; the toast takes it back. */
"use strict";

(() => {
  const HOUR = 48; // pixels, as in schedule.css
  const STEP = 15; // minutes to which a drop snaps
  const NEAR = 5; // pixels: less is a click
  const root = () => document.querySelector("[data-schedule]");
  if (!root()) return;
  const popup = document.getElementById("schedule-item");
  const two = (n) => String(n).padStart(2, "0");
  const clock = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  const snapped = (pixels) => Math.max(0, Math.min(24 * 60 - STEP, Math.round((pixels / HOUR) * 60 / STEP) * STEP));

  /* --- places; the policy forbids style attributes, so they are set here */
  function place() {
    for (const block of root().querySelectorAll("[data-column] [data-block]")) {
      const { start, minutes, lane, lanes } = block.dataset;
      block.classList.toggle("is-short", minutes < 45);
      block.style.top = `${(start / 60) * HOUR}px`;
      block.style.height = `${(minutes / 60) * HOUR - 1}px`;
      block.style.left = `${(lane / lanes) * 100}%`;
      block.style.width = `calc(${100 / lanes}% - 3px)`;
    }
    for (const line of root().querySelectorAll("[data-now]")) line.style.top = `${(line.dataset.now / 60) * HOUR}px`;
  }
  function scrollToWork() {
    const box = root().querySelector("[data-scroll]");
    if (!box) return;
    const starts = [...box.querySelectorAll("[data-block]")].map((block) => Number(block.dataset.start));
    box.scrollTop = (Math.min(8 * 60, ...starts) / 60) * HOUR - 12;
  }
  place();
  scrollToWork();

  /* --- popup */
  const part = (name) => popup.querySelector(`[data-part="${name}"]`);
  function open(item) {
    const { dataset } = item;
    document.getElementById("schedule-item-title").textContent = item.querySelector("span").textContent;
    for (const name of ["when", "about", "place"]) {
      part(name).textContent = dataset[name];
      part(name).hidden = !dataset[name];
    }
    part("open").href = item.href;
    const customer = part("customer");
    customer.hidden = !dataset.customer;
    customer.firstElementChild.textContent = dataset.customer ?? "";
    customer.firstElementChild.href = dataset.customerUrl ?? "#";
    part("edit").hidden = !dataset.edit;
    if (dataset.edit) {
      const values = new URLSearchParams({ next: location.pathname + location.search });
      if (dataset.on) values.set("on", dataset.on);
      part("edit").href = `${dataset.edit}?${values}`;
    }
    openMove(dataset);
    part("check-in-page").hidden = !dataset.checkInPage;
    part("check-in-page").href = dataset.checkInPage ?? "#";
    part("check-in-button").hidden = !dataset.checkIn;
    part("check-in").action = dataset.checkIn ?? "";
    part("check-in").elements.on.value = dataset.on ?? "";
    popup.showModal();
  }
  /* --- moving in the popup: a finger that drags scrolls the page */
  let opened = null; // data of the item that the popup tells of
  function openMove(dataset) {
    const form = part("move");
    opened = dataset;
    form.hidden = !dataset.move;
    if (!dataset.move) return;
    form.elements.date.value = dataset.starts;
    form.elements.time.hidden = !dataset.startsAt;
    form.elements.time.disabled = !dataset.startsAt;
    form.elements.time.value = dataset.startsAt ?? "";
    form.elements.time.required = Boolean(dataset.startsAt);
  }
  const later = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
  function moveTo(date, time) {
    const values = { date };
    if (time) values.time = time;
    if (opened.on) values.on = opened.on;
    popup.close();
    move(opened.move, values);
  }
  part("move").addEventListener("submit", (event) => {
    event.preventDefault();
    moveTo(event.target.elements.date.value, event.target.elements.time.value);
  });
  popup.addEventListener("click", (event) => {
    const step = event.target.closest("[data-later]");
    if (step) moveTo(later(opened.starts, Number(step.dataset.later)), opened.startsAt);
    if (event.target === popup || event.target.closest("[data-close]")) popup.close();
    if (event.target.closest('[data-part="check-in-button"]')) part("check-in").submit();
  });

  /* --- telling the server */
  const move = window.PaodianMoves("[data-schedule]", () => root().dataset, (fresh) => {
    const top = root().querySelector("[data-scroll]")?.scrollTop;
    root().replaceWith(fresh);
    place();
    const box = root().querySelector("[data-scroll]");
    if (box) box.scrollTop = top;
  });

  /* --- dragging, by mouse: a finger scrolls */
  let drag = null;
  let justDragged = false;
  const targetAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-schedule] [data-day]");
  function mark(target) {
    for (const old of document.querySelectorAll(".is-target")) old.classList.remove("is-target");
    target?.classList.add("is-target");
  }
  document.addEventListener("pointerdown", (event) => {
    const item = event.target.closest?.("[data-schedule] [data-move]");
    justDragged = false;
    if (!item || event.button !== 0 || event.pointerType === "touch") return;
    drag = { item, x: event.clientX, y: event.clientY, grip: event.clientY - item.getBoundingClientRect().top, moved: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < NEAR) return;
    drag.moved = true;
    event.preventDefault();
    drag.item.classList.add("is-dragged");
    drag.item.style.transform = `translate(${dx}px, ${dy}px)`;
    mark(targetAt(event));
  });
  function stop(event) {
    if (!drag) return;
    const { item, grip, moved } = drag;
    drag = null;
    if (!moved) return;
    justDragged = true;
    const target = targetAt(event);
    mark(null);
    item.classList.remove("is-dragged");
    item.style.transform = "";
    if (!target) return;
    const values = { date: target.dataset.day };
    if (item.dataset.on) values.on = item.dataset.on;
    if ("column" in target.dataset && "block" in item.dataset) {
      values.time = clock(snapped(event.clientY - grip - target.getBoundingClientRect().top));
    }
    move(item.dataset.move, values);
  }
  document.addEventListener("pointerup", stop);
  document.addEventListener("pointercancel", () => { if (drag) { drag.item.style.transform = ""; drag.item.classList.remove("is-dragged"); mark(null); drag = null; } });

  /* --- clicks: an item opens its popup, an empty slot the form */
  document.addEventListener("click", (event) => {
    const item = event.target.closest?.("[data-schedule] [data-item]");
    if (justDragged) { justDragged = false; event.preventDefault(); return; }
    if (item) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(item);
      return;
    }
    const slot = event.target.closest?.("[data-schedule][data-new] [data-day]");
    if (!slot || event.target.closest("a, button, .sc-item")) return;
    const values = new URLSearchParams({ date: slot.dataset.day, next: location.pathname + location.search });
    if ("column" in slot.dataset) values.set("time", clock(Math.floor(snapped(event.clientY - slot.getBoundingClientRect().top) / 30) * 30));
    location.assign(`${root().dataset.new}?${values}`);
  });
})();
