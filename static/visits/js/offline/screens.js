/* A stop with its check-in, the visit with its steps and its check-out. */
"use strict";

(() => {
  const { screens, page, go, stepsOf } = self.PaodianApp;
  const queue = self.PaodianQueue;
  const { facts, head, ways, stay } = self.PaodianDay;
  const drafts = self.PaodianDrafts;
  const { W, fill, h, field, metresBetween, metres, fixOf, once, watch, photoBox, toast } = self.PaodianKit;
  const MAX_ACCURACY = 1000; // domain-rules §2

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
    const photos = photoBox({ rep: app.day.user.name, customer: customer.name });
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
    let isGoing = false;
    const button = h("button.btn.btn-primary.fa-big", { type: "button", async onclick() {
      if (isGoing) return;
      isGoing = true;
      await photos.ready(); // a picture of a moment ago is still being made small
      const text = where === "outside" && !reason.value.trim() ? W.reasonNeeded : fence.photo && !photos.blobs().length ? W.photoNeeded : "";
      error.textContent = text;
      error.hidden = !text;
      if (text) { isGoing = false; return; }
      button.disabled = true;
      const files = photos.blobs().map((blob) => ({ uuid: queue.uuid(), blob }));
      const action = await queue.add({
        kind: "check_in", label: customer.name, type: task?.type ?? null,
        payload: { customer: customer.id, fix: fixOf(coords), outside_reason: reason.value.trim(), uploads: files.map((file) => file.uuid) },
      }, files);
      await draft.clear();
      go(`#/visit/${action.uuid}`);
    } }, W.checkInHere);
    const stop = watch((found) => { coords = found; judge(); }, () => { if (!coords) show("missing", `${W.noPosition} ${W.unverified}`); });
    const element = h("div.fa-form", null, place, reasonBox, photos.element, error, button);
    const draft = drafts.attach(`${app.today} stop ${customer.id}`, element, { photos });
    return { element, stop };
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
    let isLeft = false;
    async function stayAwake() {
      if (visit.out || isLeft || document.visibilityState !== "visible") return;
      // Refused when the battery is low: then the phone sleeps as it likes.
      lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
      if (isLeft) lock?.release();
    }
    stayAwake();
    document.addEventListener("visibilitychange", stayAwake); // the lock goes when another app comes to the front
    return () => { isLeft = true; clearInterval(ticking); lock?.release(); document.removeEventListener("visibilitychange", stayAwake); };
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
