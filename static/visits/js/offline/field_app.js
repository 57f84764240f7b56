/* The field app: what the phone knows, put together from the server's day and what was done here since; and its addresses. */
"use strict";

self.PaodianApp = (() => {
  const store = self.PaodianStore;
  const queue = self.PaodianQueue;
  const { W, h, isoDay } = self.PaodianKit;
  const main = document.getElementById("main");
  const screens = new Map(); // name → draw(app, …parts of the address)
  let leave = () => {}; // what the screen that goes away wants to stop

  /* --- what is known */
  async function read() {
    const [day, kit, user, name, savedAt, actions] = await Promise.all([
      store.get("day"), store.get("kit"), store.get("user"), store.get("name"), store.get("savedAt"), store.actions(),
    ]);
    const app = { day, kit, user, name, savedAt, actions, today: isoDay(new Date()) };
    app.counted = actions.filter((action) => action.state !== "refused");
    // Of customers that are not planned the phone knows the short facts only.
    const others = (day?.others ?? []).map((customer) => ({ phones: [], links: [], marks: [], credit_left: null, ...customer }));
    app.customers = new Map([...(day?.customers ?? []), ...others].map((customer) => [customer.id, customer]));
    app.products = new Map((kit?.products ?? []).map((product) => [product.id, product]));
    app.visits = visitsOf(app);
    app.tasks = tasksOf(app);
    app.open = app.visits.find((visit) => !visit.out) ?? null;
    return app;
  }
  /* The server's visits of today and the ones made here, by uuid. */
  function visitsOf({ day, counted, customers, today }) {
    const found = new Map((day?.today === today ? day.visits : day?.visits?.filter((visit) => visit.open) ?? []).map((visit) => [visit.uuid, { ...visit, done: visit.done ?? {} }]));
    for (const action of counted) {
      if (action.kind === "check_in" && !found.has(action.uuid) && isoDay(new Date(action.occurred_at)) === today) {
        const customer = customers.get(action.payload.customer);
        found.set(action.uuid, {
          uuid: action.uuid, customer: action.payload.customer, name: customer?.name ?? action.label,
          in: action.occurred_at, out: null, type: action.type ?? null, done: {},
        });
      }
    }
    const here = new Map();
    for (const action of counted) {
      const visit = found.get(action.payload?.visit);
      if (!visit) continue;
      if (action.kind === "check_out") visit.out = action.occurred_at;
      const key = action.kind === "form" ? `form:${action.payload.form}` : action.kind;
      here.set(`${visit.uuid} ${key}`, (here.get(`${visit.uuid} ${key}`) ?? 0) + 1);
    }
    for (const [key, number] of here) {
      const [uuid, kind] = key.split(" ");
      const { done } = found.get(uuid);
      done[kind] = Math.max(done[kind] ?? 0, number);
    }
    return [...found.values()].sort((a, b) => (a.in < b.in ? -1 : 1));
  }
  function tasksOf({ day, counted, visits, today }) {
    return (day?.tasks ?? []).map((task) => {
      const skip = counted.find((action) => action.kind === "skip_task" && action.payload.task === task.id);
      const move = counted.findLast((action) => action.kind === "move_task" && action.payload.task === task.id);
      const visit = task.date === today ? visits.find((each) => each.customer === task.customer) ?? null : null;
      const status = visit?.out ? "done" : task.status === "open" && skip ? "skipped" : task.status;
      return { ...task, status, visit, skip_reason: skip?.payload.reason ?? task.skip_reason, date: move?.payload.date ?? task.date };
    });
  }
  /* The steps of a visit that this person may do, in order. */
  function stepsOf(app, visit) {
    const steps = app.kit?.types[visit.type ?? app.kit.type] ?? app.kit?.types[app.kit.type] ?? [];
    const needs = new Set(["order", "van_sale", "return", "receipt", "competitor"]);
    return steps
      .filter((step) => !needs.has(step.kind) || app.day.user.can.includes(step.kind))
      .filter((step) => step.kind !== "van_sale" || app.kit.van !== null)
      .map((step) => ({ ...step, done: visit.done[step.form ? `form:${step.form}` : step.kind] ?? 0 }));
  }

  /* --- pages */
  function page({ title, back = null, tab = "" }, ...content) {
    document.title = title;
    document.querySelector(".fa-head").replaceChildren(
      ...(back ? [h("a.fa-back", { href: back, "aria-label": W.back }, "←")] : []), h("h1", null, title),
    );
    for (const link of document.querySelectorAll(".fa-tabs a[data-tab]")) {
      if (link.dataset.tab === tab) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    main.replaceChildren(...content.flat().filter(Boolean));
  }
  let asked = 0;
  let drawn = Promise.resolve();
  let scheduled = null; // a redraw that the queue asked for; any other draw makes it needless
  /* One screen after the other: an earlier one that still reads would else draw itself over the one that was opened. */
  function draw() {
    clearTimeout(scheduled); // else it would wipe the photos of the screen that was opened meanwhile
    const turn = asked += 1;
    drawn = drawn.catch(() => {}).then(async () => {
      if (turn !== asked) return; // another address was asked for meanwhile
      const [name, ...parts] = (location.hash.slice(2) || "day").split("/");
      const app = await read();
      if (turn !== asked) return;
      const screen = screens.get(name) ?? screens.get("day");
      leave();
      leave = () => {};
      leave = (await screen(app, ...parts)) ?? (() => {});
    });
    return drawn;
  }
  /* Only screens without fields are drawn anew by themselves; a half-filled form stays as it is. And not under a finger: what
     it goes down on must be there when it comes up. */
  const LIVE = new Set(["", "day", "queue"]);
  let isPressed = false;
  addEventListener("pointerdown", () => { isPressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => { isPressed = false; }), true);
  function drawSoon() {
    clearTimeout(scheduled);
    scheduled = setTimeout(() => (isPressed ? drawSoon() : draw()), 80);
  }
  queue.on(() => {
    const [name, ...parts] = location.hash.slice(2).split("/");
    const isLive = LIVE.has(name) || (name === "visit" && parts.length === 1 && !main.querySelector("input:checked"));
    if (isLive && !main.querySelector("input:focus, textarea:focus, details[open]")) drawSoon();
  });
  const go = (hash) => { if (location.hash === hash) draw(); else location.hash = hash; };

  /* A page of the office that could not be reached: the same work is here. */
  async function arrive() {
    if (location.pathname !== "/field/") {
      const url = new URL(location.href);
      const app = await read();
      let hash = "#/day";
      const customer = Number(url.pathname.match(/^\/visits\/check-in\/(\d+)\//)?.[1] ?? url.searchParams.get("customer") ?? 0);
      const visit = Number(url.pathname.match(/^\/visits\/(\d+)\//)?.[1] ?? 0);
      const known = app.visits.find((each) => each.id === visit && visit) ?? (app.open?.customer === customer ? app.open : null);
      if (known && url.pathname.startsWith("/orders/new")) hash = `#/visit/${known.uuid}/order`;
      else if (known && url.pathname.startsWith("/receipts/new")) hash = `#/visit/${known.uuid}/receipt`;
      else if (known) hash = `#/visit/${known.uuid}`;
      else if (customer && app.customers.has(customer)) hash = `#/stop/${customer}`;
      history.replaceState(null, "", `/field/${hash}`);
    }
    window.addEventListener("hashchange", () => { window.scrollTo(0, 0); draw(); });
    await draw();
    await self.PaodianDrafts.forgetOld();
  }

  return { screens, read, stepsOf, page, draw, go, arrive };
})();
