/* Board and calendar: a task dragged onto a day (or a rep's day) goes there; the toast takes it back. */
"use strict";

(() => {
  const board = document.querySelector("[data-board]");
  const calendar = document.querySelector("[data-calendar]");
  const root = board ?? calendar;
  if (!root) return;
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value
    ?? JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];

  function say(text, undo) {
    const item = document.createElement("div");
    item.className = `pd-toast pd-toast-${undo ? "success" : "error"}`;
    item.append(text);
    if (undo) {
      const button = Object.assign(document.createElement("button"), {
        type: "button", className: "btn btn-sm vp-undo", textContent: root.dataset.undo,
      });
      button.addEventListener("click", () => { item.remove(); undo(); });
      item.append(button);
    }
    document.getElementById("toasts").append(item);
    setTimeout(() => item.remove(), undo ? 10000 : 6000);
  }

  /* Resolves to what undoes it, or null after saying why not. */
  async function assign(url, values) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token() },
        body: new URLSearchParams(values),
      });
      const answer = await response.json();
      if (!response.ok) { say(answer.error ?? root.dataset.failed); return null; }
      return answer;
    } catch {
      say(root.dataset.failed);
      return null;
    }
  }

  async function send(url, values, redraw) {
    const answer = await assign(url, values);
    await redraw();
    if (!answer) return;
    say(answer.text, async () => {
      await assign(url, answer.undo);
      await redraw();
    });
  }

  /* The page's own part is drawn anew by the server: counts, colours and order are its to know. */
  async function refresh(selector) {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector(selector);
    const old = document.querySelector(selector);
    if (!fresh || !old) return;
    old.replaceWith(fresh);
    window.htmx?.process(fresh);
    if (calendar) makeCalendar();
    else makeCells();
  }

  /* --- calendar */
  function makeCalendar() {
    for (const list of document.querySelectorAll("[data-drop]")) {
      window.Sortable.create(list, {
        group: { name: "days", put: !("past" in list.dataset) },
        sort: false,
        draggable: "[data-task]",
        animation: 120,
        onEnd: ({ item, from, to }) => {
          if (from === to) return;
          send(item.dataset.url, { date: to.dataset.date, rep: calendar.dataset.rep }, () => refresh("[data-calendar]"));
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
  let open = null;
  async function redrawBoard() {
    await refresh(".vp-grid-card");
    if (open && window.htmx) await window.htmx.ajax("GET", open, { target: "#board-day" });
  }
  function makeCells() {
    for (const cell of document.querySelectorAll("[data-cell]")) {
      if ("past" in cell.dataset) continue;
      window.Sortable.create(cell, {
        group: { name: "board", put: true, pull: false },
        draggable: ".vp-task",
        onAdd: ({ item }) => {
          send(item.dataset.url, { date: cell.dataset.date, rep: cell.dataset.rep }, redrawBoard);
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

  if (calendar) {
    if (window.matchMedia("(min-width: 992px)").matches) makeCalendar();
    return;
  }
  if (window.matchMedia("(min-width: 992px)").matches) makeCells();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "board-day") return;
    open = event.detail.pathInfo?.requestPath ?? open;
    if (window.matchMedia("(min-width: 992px)").matches) makeList();
    else event.detail.target.scrollIntoView({ block: "start", behavior: "smooth" });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-assign]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(form.action, { date: form.elements.date.value, rep: form.elements.rep.value }, redrawBoard);
  }, true);
})();
