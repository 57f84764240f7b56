/* Board and calendar: a task dragged onto a day (or a rep's day) goes there; the toast takes it back. */
"use strict";

(() => {
  const board = document.querySelector("[data-board]");
  const calendar = document.querySelector("[data-calendar]");
  if (!board && !calendar) return;
  const wide = window.matchMedia("(min-width: 992px)"); // a finger scrolls, and moves by the menu
  const part = board ? ".vp-grid-card" : "[data-calendar]";
  const move = window.PaodianMoves(part, () => (board ?? calendar).dataset, draw);
  function draw(fresh) {
    document.querySelector(part).replaceWith(fresh);
    if (calendar) { makeCalendar(); return; }
    window.htmx.process(fresh);
    makeCells();
    redrawDay();
  }

  /* --- calendar */
  function makeCalendar() {
    if (!wide.matches) return;
    for (const list of document.querySelectorAll("[data-drop]")) {
      window.Sortable.create(list, {
        group: { name: "days", put: !("past" in list.dataset) },
        sort: false,
        draggable: "[data-task]",
        animation: 120,
        onEnd: ({ item, from, to }) => {
          if (from === to) return;
          move(item.dataset.url, { date: to.dataset.date, rep: calendar.dataset.rep });
        },
      });
    }
  }

  /* --- board on a phone: today stands beside the names, not days that are over */
  const today = board?.querySelector("th.is-today");
  if (today) {
    const scroller = today.closest(".table-responsive");
    const names = scroller.querySelector("th:first-child").offsetWidth;
    if (scroller.scrollWidth > scroller.clientWidth) scroller.scrollLeft = today.offsetLeft - names;
  }

  /* --- board: cells take what is dropped, the list beside it gives */
  let open = null; // the address of the day in the list, from the moment that it is asked for
  function redrawDay() {
    if (!open) return;
    window.htmx.ajax("GET", open, { source: "#board-day", target: "#board-day" })
      // A request that the next one replaced ends without a reason; what fails is told by htmx:sendError.
      .catch((reason) => { if (reason) throw reason; });
  }
  function makeCells() {
    if (!wide.matches) return;
    for (const cell of document.querySelectorAll("[data-cell]")) {
      if ("past" in cell.dataset) continue;
      window.Sortable.create(cell, {
        group: { name: "board", put: true, pull: false },
        draggable: ".vp-task",
        onAdd: ({ item }) => {
          move(item.dataset.url, { date: cell.dataset.date, rep: cell.dataset.rep });
        },
      });
    }
  }
  function makeList() {
    const list = document.querySelector("[data-drag-list]");
    if (!list) return;
    window.Sortable.create(list, {
      group: { name: "board", put: false },
      sort: false,
      draggable: "[data-task]",
      filter: "details, a",
      preventOnFilter: false,
      animation: 120,
    });
  }

  if (calendar) { makeCalendar(); return; }
  makeCells();
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.target?.id === "board-day") open = event.detail.path;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "board-day") return;
    if (wide.matches) makeList();
    else event.detail.target.scrollIntoView({ block: "start", behavior: "smooth" });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-assign]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    move(form.action, { date: form.elements.date.value, rep: form.elements.rep.value });
  }, true);
})();
