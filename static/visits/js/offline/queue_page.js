/* The queue: what was done, what of it has reached the server, and what to do with what was refused. Starts the app. */
"use strict";

(() => {
  const { screens, page, arrive, draw } = self.PaodianApp;
  const queue = self.PaodianQueue;
  const { W, h, fill, clock, isoDay, toast } = self.PaodianKit;
  const TONES = { queued: "is-plain", waiting: "", failed: "", refused: "is-bad", done: "is-good" };

  screens.set("queue", async (app) => {
    const open = app.actions.filter((action) => action.state !== "done");
    const sent = app.actions.filter((action) => action.state === "done").reverse().slice(0, 50);
    const file = h("input.visually-hidden", { type: "file", accept: ".json,application/json", "aria-label": W.importFile, async onchange() {
      try {
        toast(fill(W.imported, { n: await queue.fromFile(file.files[0]) }));
      } catch {
        toast(W.badFile);
      }
      file.value = "";
      draw();
    } });
    page({ title: W.queue, back: "#/day", tab: "queue" },
      h("div.fa-row", null,
        h("button.btn.btn-primary", { type: "button", disabled: queue.state === "syncing", onclick: () => queue.sync() }, queue.state === "syncing" ? W.syncing : W.sync),
        h("button.btn", { type: "button", disabled: !open.length, async onclick() { self.PaodianDownload(await queue.toFile()); } }, W.saveFile),
        h("button.btn", { type: "button", onclick: () => file.click() }, W.importFile), file),
      await storage(),
      open.length === 0 && h("p.fa-card", null, W.empty),
      h("ol.fa-list", null, ...open.map((action) => item(app, action)), ...sent.map((action) => item(app, action))));
  });

  function item(app, action) {
    const { answer } = action;
    const of = action.payload?.visit && app.actions.find((other) => other.uuid === action.payload.visit);
    const told = [
      action.state === "done" && answer.number && `${answer.number} ${answer.total ? `¥${answer.total}` : ""}`,
      action.state === "done" && answer.approval,
      action.state === "done" && answer.changed && fill(W.priceChanged, { names: answer.changed.join("、") }),
      action.state !== "done" && answer?.reason,
      action.state === "waiting" && of && fill(W.waitsFor, { name: `${W.kinds[of.kind]} · ${of.label}（${W.states[of.state]}）` }),
    ].filter(Boolean);
    return h("li.fa-card", { "data-state": action.state, "data-kind": action.kind, class: `fa-card${action.state === "done" ? " is-over" : ""}` },
      h("div.fa-row", null, h("span.fa-name", null, `${W.kinds[action.kind] ?? action.kind} · ${action.label ?? ""}`),
        h("span", { class: `fa-chip ${TONES[action.state] ?? ""}` }, W.states[action.state] ?? action.state)),
      h("div.fa-facts", null, h("div", null, `${isoDay(new Date(action.occurred_at)).slice(5)} ${clock(action.occurred_at)}`), ...told.map((line) => h("div", null, line))),
      ["refused", "waiting", "failed"].includes(action.state) && h("div.fa-row", null,
        h("button.btn.btn-sm", { type: "button", onclick: () => queue.retry(action) }, W.retry),
        h("button.btn.btn-sm", { type: "button", async onclick() { self.PaodianDownload(await queue.toFile(action)); } }, W.saveOne),
        h("button.btn.btn-sm.text-danger", { type: "button", async onclick() { if (await self.ask(W.discardSure)) queue.discard(action); } }, W.discard)));
  }

  /* The browser may throw a full or unused store away: say so in time. */
  async function storage() {
    const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    if (quota && usage > quota * 0.8) return h("p.fa-error", null, W.storageLow);
    const kept = (await navigator.storage?.persisted?.()) ?? true;
    return kept ? null : h("p.fa-note", null, W.storageNotKept);
  }

  /* The one question of this page; the office's pages have their own dialog. */
  self.ask ??= (text) => {
    const dialog = document.getElementById("confirm");
    dialog.querySelector(".pd-dialog-text").textContent = text;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => { dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }); });
  };
  arrive();
})();
