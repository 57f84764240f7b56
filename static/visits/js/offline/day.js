/* The day: its stops as a list or a map, how far they are, and a visit without a plan. */
"use strict";

self.PaodianDay = (() => {
  const { screens, page, go } = self.PaodianApp;
  const { W, fill, h, cents, money, clock, isoDay, ago, metresBetween, metres, lastFix, once, findCustomers } = self.PaodianKit;
  const map = self.PaodianDayMap;
  const state = { day: null, isMap: false, isNear: false, chosen: null, isAsking: false, text: "" };

  /* --- parts of a stop */
  function facts(customer) {
    return h("div.fa-facts", null,
      customer.address && h("div", null, customer.address),
      h("div", null, [
        `${W.lastVisit} ${ago(customer.visited)}`,
        customer.order && `${W.lastOrder} ${money(cents(customer.order.total))}`,
        Number(customer.receivable) > 0 && `${W.receivable} ${money(cents(customer.receivable))}`,
        customer.credit_left !== null && `${W.creditLeft} ${money(cents(customer.credit_left))}`,
      ].filter(Boolean).join(" · ")),
      customer.marks.length > 0 && h("div.fa-row", null, ...customer.marks.map((mark) => h("span.fa-chip", null, mark))));
  }
  const head = (customer, chip = null) => h("div.fa-row", null,
    h("a.fa-name", { href: `#/stop/${customer.id}` }, customer.name),
    customer.level && h("span.fa-chip.is-good", null, customer.level), chip);
  function ways(customer) {
    return [
      customer.links[0] && h("a.btn", { href: customer.links[0][1], target: "_blank", rel: "noopener" }, W.navigate),
      customer.phones[0] && h("a.btn", { href: `tel:${customer.phones[0][1]}` }, W.call),
    ];
  }
  const stay = (visit) => (visit.out ? `${W.visited} ${clock(visit.in)}–${clock(visit.out)}` : `${W.inStore} ${clock(visit.in)}`);

  /* --- how far it is: from the last fix at once, and again when the phone knows better */
  const metresTo = (customer, fix) => (fix && customer.lat !== null ? metresBetween(fix.latitude, fix.longitude, customer.lat, customer.lng) : null);
  function far(customer, fix) {
    const distance = metresTo(customer, fix);
    return customer.lat === null ? W.noPlace : distance === null ? "" : metres(distance);
  }
  const ofFix = (fix) => (fix ? fill(W.fixAt, { time: clock(fix.at) }) : W.noFixYet);

  function stop(app, task, number, fix) {
    const customer = app.customers.get(task.customer);
    const isOver = task.status !== "open";
    const chip = { done: h("span.fa-chip.is-good", null, W.visited), skipped: h("span.fa-chip.is-plain", null, W.skipped) }[task.status] ?? null;
    return h("li.fa-card", { class: `fa-card${isOver ? " is-over" : ""}`, "data-customer": customer.id },
      h("div.fa-row", null, h("b", null, String(number)), ...head(customer, chip).childNodes, h("span.fa-distance", { "data-far": customer.id }, far(customer, fix))),
      facts(customer),
      task.note && h("div.fa-facts", null, task.note),
      task.status === "skipped" && h("div.fa-facts", null, `${W.skipped}: ${task.skip_reason}`),
      task.visit && h("a", { href: `#/visit/${task.visit.uuid}` }, stay(task.visit)),
      !isOver && h("div.fa-row", null, ...ways(customer), h("span.fa-grow"),
        task.date === app.today && !task.visit && h("a.btn.btn-primary", { href: `#/stop/${customer.id}` }, W.checkIn)));
  }

  /* --- a visit without a plan: whoever of the phone's customers it is */
  function unplannedBox(app) {
    const customers = [...app.customers.values()];
    const found = h("div.fa-list", { "aria-live": "polite" });
    const input = h("input.form-control", { type: "search", autocomplete: "off", "aria-label": W.unplannedHint, placeholder: W.unplannedHint, value: state.text });
    function show() {
      state.text = input.value;
      const hits = findCustomers(customers, input.value);
      const isNone = input.value.trim() && !hits.length;
      found.replaceChildren(...hits.map((customer) => h("a.btn", { href: `#/stop/${customer.id}`, "data-hit": customer.id }, customer.name)),
        ...(isNone ? [h("p.fa-error", { role: "status" }, W.notLoaded)] : []));
    }
    input.addEventListener("input", show);
    show();
    return h("div.fa-card", { id: "fa-unplanned" }, h("div.fa-note", null, fill(W.unplannedNote, { n: customers.length })), input, found);
  }

  /* --- the screen */
  screens.set("day", async (app) => {
    if (!app.day || !app.kit) { page({ title: W.myDay, tab: "day" }, h("p.fa-card", null, app.user === undefined ? W.noData : W.otherUser)); return; }
    const again = () => self.PaodianApp.draw();
    const set = (change) => () => { Object.assign(state, change); again(); };
    const tomorrow = isoDay(new Date(Date.now() + 86400000));
    const date = state.day ?? app.today;
    let fix = await lastFix();
    const tasks = app.tasks.filter((task) => task.date === date && app.customers.has(task.customer));
    const numbers = new Map(tasks.map((task, index) => [task, index + 1]));
    const unplanned = date === app.today ? app.visits.filter((visit) => !tasks.some((task) => task.customer === visit.customer)) : [];
    const isMap = state.isMap && tasks.length > 0;
    if (state.isNear && fix) {
      const key = (task) => (task.status === "open" ? 0 : 1e9) + (metresTo(app.customers.get(task.customer), fix) ?? 1e8);
      tasks.sort((a, b) => key(a) - key(b));
    }
    const pick = (day, label) => h("button.btn", { type: "button", class: `btn${day === date ? " btn-primary" : ""}`, "aria-pressed": String(day === date), onclick: set({ day, chosen: null }) }, label);
    const note = h("p.fa-note", null);
    const area = h("div");
    const choose = (id) => { state.chosen = id; fillArea(); };
    function fillArea() {
      note.textContent = `${fill(W.savedAt, { time: app.savedAt ? `${isoDay(new Date(app.savedAt)).slice(5)} ${clock(app.savedAt)}` : "–" })} · ${ofFix(fix)}`;
      if (!isMap) { for (const each of area.querySelectorAll("[data-far]")) each.textContent = far(app.customers.get(Number(each.dataset.far)), fix); return; }
      const located = tasks.map((task) => ({ task, customer: app.customers.get(task.customer) }));
      const points = located.filter(({ customer }) => customer.lat !== null).map(({ task, customer }) => (
        { id: task.id, number: numbers.get(task), name: customer.name, lat: customer.lat, lng: customer.lng, tone: task.status }));
      const chosen = tasks.find((task) => task.id === state.chosen);
      area.replaceChildren(...[
        map.draw(points, fix, choose), map.missing(located.filter(({ customer }) => customer.lat === null).map(({ customer }) => customer.name)),
        chosen && h("ol.fa-list", null, stop(app, chosen, numbers.get(chosen), fix)),
      ].filter(Boolean));
    }
    if (!isMap) {
      area.append(h("ol.fa-list", null,
        ...tasks.map((task) => stop(app, task, numbers.get(task), fix)),
        ...unplanned.map((visit) => h("li.fa-card.is-over", null, h("a.fa-name", { href: `#/visit/${visit.uuid}` }, visit.name), h("div.fa-facts", null, stay(visit))))));
    }
    fillArea();
    page({ title: W.myDay, tab: "day" },
      h("div.fa-days", null, pick(app.today, W.today), pick(tomorrow, W.tomorrow)),
      app.open && h("a.vs-banner.vs-banner-open", { href: `#/visit/${app.open.uuid}` },
        h("span", null, `${W.inStore} `, h("b", null, app.open.name)), h("span", null, clock(app.open.in), " ", W.continue)),
      h("div.fa-days", null,
        tasks.length > 0 && h("button.btn", { type: "button", "aria-pressed": String(state.isNear), onclick: set({ isNear: !state.isNear }) }, state.isNear ? W.planned : W.near),
        tasks.length > 0 && h("button.btn", { type: "button", "aria-pressed": String(isMap), onclick: set({ isMap: !state.isMap }) }, isMap ? W.list : W.map),
        date === app.today && h("button.btn", { type: "button", "aria-expanded": String(state.isAsking), onclick: set({ isAsking: !state.isAsking, text: "" }) }, W.unplanned)),
      state.isAsking && date === app.today && unplannedBox(app),
      note,
      tasks.length + unplanned.length === 0 && h("p.fa-card", null, W.noStops),
      area);
    let isLeft = false;
    once().then((found) => { if (found && !isLeft) { fix = { ...found }; fillArea(); } });
    return () => { isLeft = true; };
  });

  return { facts, head, ways, stay };
})();
