/* The day, a stop with its check-in, the visit with its steps and its check-out. */
"use strict";

(() => {
  const { screens, page, go, stepsOf } = self.PaodianApp;
  const queue = self.PaodianQueue;
  const { W, fill, h, field, cents, money, clock, isoDay, ago, metresBetween, metres, fixOf, once, watch, photoBox, toast } = self.PaodianKit;
  const MAX_ACCURACY = 1000; // domain-rules §2
  let chosenDay = null;

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

  /* --- the day */
  screens.set("day", (app) => {
    if (!app.day || !app.kit) { page({ title: W.myDay, tab: "day" }, h("p.fa-card", null, app.user === undefined ? W.noData : W.otherUser)); return; }
    const tomorrow = isoDay(new Date(Date.now() + 86400000));
    const date = chosenDay ?? app.today;
    const tasks = app.tasks.filter((task) => task.date === date && app.customers.has(task.customer));
    const unplanned = date === app.today ? app.visits.filter((visit) => !tasks.some((task) => task.customer === visit.customer)) : [];
    const pick = (day, label) => h("button.btn", { type: "button", class: `btn${day === date ? " btn-primary" : ""}`, "aria-pressed": String(day === date), onclick() { chosenDay = day; go("#/day"); self.PaodianApp.draw(); } }, label);
    page({ title: W.myDay, tab: "day" },
      h("div.fa-days", null, pick(app.today, W.today), pick(tomorrow, W.tomorrow)),
      h("p.fa-note", null, fill(W.savedAt, { time: app.savedAt ? `${isoDay(new Date(app.savedAt)).slice(5)} ${clock(app.savedAt)}` : "–" })),
      app.open && h("a.vs-banner.vs-banner-open", { href: `#/visit/${app.open.uuid}` },
        h("span", null, `${W.inStore} `, h("b", null, app.open.name)), h("span", null, clock(app.open.in), " ", W.continue)),
      tasks.length + unplanned.length === 0 && h("p.fa-card", null, W.noStops),
      h("ol.fa-list", null,
        ...tasks.map((task, index) => stop(app, task, index)),
        ...unplanned.map((visit) => h("li.fa-card.is-over", null, h("a.fa-name", { href: `#/visit/${visit.uuid}` }, visit.name), h("div.fa-facts", null, stay(visit))))));
  });
  const stay = (visit) => (visit.out ? `${W.visited} ${clock(visit.in)}–${clock(visit.out)}` : `${W.inStore} ${clock(visit.in)}`);
  function stop(app, task, index) {
    const customer = app.customers.get(task.customer);
    const isOver = task.status !== "open";
    const chip = { done: h("span.fa-chip.is-good", null, W.visited), skipped: h("span.fa-chip.is-plain", null, W.skipped) }[task.status] ?? null;
    return h("li.fa-card", { class: `fa-card${isOver ? " is-over" : ""}`, "data-customer": customer.id },
      h("div.fa-row", null, h("b", null, String(index + 1)), ...head(customer, chip).childNodes),
      facts(customer),
      task.note && h("div.fa-facts", null, task.note),
      task.status === "skipped" && h("div.fa-facts", null, `${W.skipped}: ${task.skip_reason}`),
      task.visit && h("a", { href: `#/visit/${task.visit.uuid}` }, stay(task.visit)),
      !isOver && h("div.fa-row", null, ...ways(customer), h("span.fa-grow"),
        task.date === app.today && !task.visit && h("a.btn.btn-primary", { href: `#/stop/${customer.id}` }, W.checkIn)));
  }

  /* --- a stop: facts, skip and move, check-in */
  screens.set("stop", (app, id) => {
    const customer = app.customers.get(Number(id));
    if (!customer) { go("#/day"); return null; }
    const task = app.tasks.find((each) => each.customer === customer.id && each.date === app.today && each.status === "open");
    const before = app.visits.find((visit) => visit.customer === customer.id);
    const top = h("div.fa-card", null, head(customer), facts(customer), customer.summary && h("div.fa-facts", null, customer.summary), h("div.fa-row", null, ...ways(customer)));
    const refusal = app.open
      ? h("div.fa-card", null, fill(W.openElsewhere, { name: app.open.name }), h("a.btn.btn-primary", { href: `#/visit/${app.open.uuid}` }, W.continue))
      : before && !app.day.fence.several && h("div.fa-card", null, fill(W.again, { name: customer.name }), h("a.btn", { href: `#/visit/${before.uuid}` }, stay(before)));
    const { element, stop: stopWatching } = refusal ? { element: refusal, stop: null } : checkIn(app, customer, task);
    page({ title: customer.name, back: "#/day", tab: "day" }, h("div.fa-form", null, top, element, task && !task.visit && other(app, task)));
    return stopWatching;
  });

  function checkIn(app, customer, task) {
    const { fence } = app.day;
    const place = h("div.vs-place", { role: "status" }, W.looking);
    const reason = h("input.form-control", { maxlength: "200", name: "reason" });
    const reasonBox = field(W.reason, reason, W.reasonHint);
    reasonBox.append(phrases(app, "outside", reason));
    reasonBox.hidden = true;
    const error = h("div.fa-error", { role: "alert", hidden: true });
    const photos = photoBox();
    let coords = null;
    let where = "missing";
    function show(state, text) {
      where = state;
      place.className = `vs-place is-${{ inside: "inside", outside: "outside", missing: "vague", vague: "vague" }[state]}`;
      place.textContent = text;
      reasonBox.hidden = !(state === "outside" && fence.policy !== "block");
      button.disabled = fence.policy === "block" && state !== "inside";
      if (button.disabled) place.append(h("div", null, W.blocked));
    }
    function judge() {
      const values = { accuracy: metres(coords.accuracy), radius: metres(fence.radius) };
      if (coords.accuracy > MAX_ACCURACY) return show("vague", fill(W.vague, values));
      if (customer.lat === null) return show("inside", fill(W.unknownStore, values));
      const distance = metresBetween(coords.latitude, coords.longitude, customer.lat, customer.lng);
      values.distance = metres(distance);
      const inside = distance - coords.accuracy <= fence.radius;
      return show(inside ? "inside" : "outside", fill(inside ? W.inside : W.outside, values));
    }
    const button = h("button.btn.btn-primary.fa-big", { type: "button", async onclick() {
      const text = where === "outside" && !reason.value.trim() ? W.reasonNeeded : fence.photo && !photos.blobs().length ? W.photoNeeded : "";
      error.textContent = text;
      error.hidden = !text;
      if (text) return;
      button.disabled = true;
      const files = photos.blobs().map((blob) => ({ uuid: queue.uuid(), blob }));
      const action = await queue.add({
        kind: "check_in", label: customer.name, type: task?.type ?? null,
        payload: { customer: customer.id, fix: fixOf(coords), outside_reason: reason.value.trim(), uploads: files.map((file) => file.uuid) },
      }, files);
      go(`#/visit/${action.uuid}`);
    } }, W.checkInHere);
    const stop = watch((found) => { coords = found; judge(); }, () => { if (!coords) show("missing", `${W.noPosition} ${W.unverified}`); });
    return { element: h("div.fa-form", null, place, reasonBox, photos.element, error, button), stop };
  }

  function other(app, task) {
    const reason = h("input.form-control", { maxlength: "200" });
    const date = h("input.form-control", { type: "date", min: app.today });
    const done = async (action) => { await queue.add({ label: app.customers.get(task.customer).name, ...action }); toast(W.kept); go("#/day"); };
    return h("details.fa-card", null, h("summary", null, `${W.skip} / ${W.move}`),
      field(W.skipReason, reason), phrases(app, "skip", reason),
      h("button.btn", { type: "button", onclick() { if (reason.value.trim()) done({ kind: "skip_task", payload: { task: task.id, reason: reason.value.trim() } }); else reason.focus(); } }, W.skip),
      field(W.moveTo, date),
      h("button.btn", { type: "button", onclick() { if (date.value) done({ kind: "move_task", payload: { task: task.id, date: date.value } }); else date.focus(); } }, W.move));
  }

  function phrases(app, use, target) {
    const words = app.kit.words[`phrase_${use}`] ?? [];
    return h("div.fa-phrases", null, ...words.slice(0, 8).map(([, text]) => h("button", { type: "button", onclick() {
      target.value = target.value.trim() ? `${target.value.trim()}，${text}` : text;
      target.dispatchEvent(new Event("input", { bubbles: true }));
    } }, text)));
  }
  self.PaodianApp.phrases = phrases;

  /* --- in the store */
  screens.set("visit", (app, uuid, step, extra) => {
    const visit = app.visits.find((each) => each.uuid === uuid);
    if (!visit || !app.kit) { go("#/day"); return null; }
    if (step) return self.PaodianSteps.draw(app, visit, step, extra);
    const steps = stepsOf(app, visit);
    const customer = app.customers.get(visit.customer);
    const timer = h("span.vs-clock", null, "–");
    const tick = () => {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(visit.in)) / 1000));
      timer.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    const ticking = visit.out ? null : setInterval(tick, 1000);
    page({ title: visit.name, back: "#/day", tab: "day" },
      h("div.card.vs-timer", null, h("div", null, h("span", null, visit.out ? stay(visit) : `${W.inStore} `), visit.out ? "" : timer),
        customer && facts(customer)),
      h("h2.pd-section", null, W.work),
      h("div.fa-steps", null, ...steps.map((each) => h("a", { href: `#/visit/${uuid}/${each.kind}${each.form ? `/${each.form}` : ""}` },
        h("span", null, each.label),
        each.required && !each.done && h("span.fa-chip", null, W.required),
        each.done > 0 && h("span.fa-chip.is-good", null, String(each.done)), h("span", { "aria-hidden": "true" }, "›")))),
      !visit.out && checkOut(visit, steps));
    // A phone that sleeps loses its fix; while in the store it stays awake.
    let lock = null;
    if (!visit.out) navigator.wakeLock?.request("screen").then((got) => { lock = got; }, () => null);
    return () => { clearInterval(ticking); lock?.release(); };
  });

  function checkOut(visit, steps) {
    const closed = h("input", { type: "checkbox" });
    const button = h("button.btn.btn-primary.fa-big", { type: "button", async onclick() {
      const missing = closed.checked ? [] : steps.filter((step) => step.required && !step.done).map((step) => step.label);
      if (missing.length && !(await self.ask(fill(W.leaveAnyway, { steps: missing.join("、") })))) return;
      button.disabled = true;
      const coords = await once(6000);
      await queue.add({ kind: "check_out", label: visit.name, payload: { visit: visit.uuid, fix: fixOf(coords), outcome: closed.checked ? "closed" : "visited" } });
      toast(W.checkedOut);
      go("#/day");
    } }, W.checkOut);
    return h("div.fa-form", null, h("fieldset.fa-options", null, h("label", null, closed, W.closedShop)), button);
  }
})();
