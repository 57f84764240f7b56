/* The steps in the store: each is one action (photos follow as actions of their own), saved on the phone at once. */
"use strict";

self.PaodianSteps = (() => {
  const { page, go, phrases } = self.PaodianApp;
  const queue = self.PaodianQueue;
  const { W, fill, h, field, select, cents, money, shortDay, photoBox, priceOf, giftsFor, find, toast } = self.PaodianKit;

  /* draw(app, visit, kind, extra): the page of one step. */
  function draw(app, visit, kind, extra) {
    const customer = app.customers.get(visit.customer);
    const step = { kind, form: kind === "form" ? Number(extra) : null };
    const label = self.PaodianApp.stepsOf(app, visit).find((each) => each.kind === kind && (!step.form || each.form === step.form))?.label ?? W.kinds[kind];
    if (!STEPS[kind] || !customer) { go(`#/visit/${visit.uuid}`); return; }
    const error = h("div.fa-error", { role: "alert", hidden: true });
    const { elements, read, photos = null, total = null, addLine = null } = STEPS[kind](app, customer, visit, step);
    let isSaving = false;
    const save = h("button.btn.btn-primary.fa-big", { type: "button", async onclick() {
      if (isSaving) return;
      isSaving = true;
      await photos?.ready(); // a picture of a moment ago is still being made small
      const found = read();
      error.textContent = found.error ?? "";
      error.hidden = !found.error;
      if (found.error) { isSaving = false; error.scrollIntoView({ block: "center" }); return; }
      save.disabled = true;
      try {
        await keep(kind, visit, found.payload, photos?.blobs() ?? []);
      } catch (problem) {
        // The phone is full, most likely: nothing was saved, everything is still on the screen.
        error.textContent = problem.name === "QuotaExceededError" ? W.storageLow : String(problem);
        error.hidden = false;
        isSaving = save.disabled = false;
        return;
      }
      await draft.clear();
      toast(W.kept);
      go(`#/visit/${visit.uuid}`);
    } }, W.save);
    const foot = total ? h("div.fa-total", null, total, error, save) : h("div.fa-form", null, error, save);
    const body = h("div.fa-form", null, ...elements, foot);
    const draft = self.PaodianDrafts.attach(`${visit.uuid} ${kind} ${step.form ?? ""}`, body, { photos, addLine });
    page({ title: `${label} · ${visit.name}`, back: `#/visit/${visit.uuid}`, tab: "day" }, body);
  }

  async function keep(kind, visit, payload, blobs) {
    const label = visit.name;
    const photo = async (blob, more) => {
      const id = queue.uuid();
      await queue.add({ kind: "photo", label, payload: { visit: visit.uuid, upload: id, taken_at: new Date().toISOString(), ...more } }, [{ uuid: id, blob }]);
    };
    if (kind === "photo") { for (const blob of blobs) await photo(blob, { kind: "step" }); return; }
    const names = blobs.map(() => queue.uuid());
    const action = await queue.add({ kind, label, payload: { visit: visit.uuid, ...payload, ...(kind === "display" ? { photos: names } : {}) } });
    for (const blob of blobs) await photo(blob, { kind: "display", display: action.uuid });
  }

  /* --- lines of products: a search, what is usual here, a stepper each */
  function lines(app, customer, { usual, extra = null, start = null, hint = null, boxes = true, onchange = () => {} }) {
    const rows = new Map(); // product id → {product, input, more, element}
    const list = h("div.fa-list");
    const search = h("input.form-control", { type: "search", autocomplete: "off", "aria-label": W.search, placeholder: W.search });
    const found = h("div.fa-list");
    function add(product, quantity = "") {
      let row = rows.get(product.id);
      if (!row) {
        const input = h("input", { type: "number", inputmode: "decimal", min: "0", step: "any", "aria-label": `${W.quantity} ${product.name}`, value: quantity, oninput: () => { draw(); } });
        const step = (change) => { input.value = String(Math.max(0, Number(input.value || 0) + change)); draw(); };
        const note = h("small");
        const more = extra?.(product) ?? null;
        const draw = () => { note.textContent = hint?.(product, Number(input.value || 0)) ?? ""; onchange(); };
        const element = h("div.fa-line", { "data-product": product.id },
          h("div", null, product.name, note),
          h("div.fa-step-box", null,
            h("button", { type: "button", "aria-label": `− ${product.name}`, onclick: () => step(-1) }, "−"), input,
            h("button", { type: "button", "aria-label": `+ ${product.name}`, onclick: () => step(1) }, "+")),
          (product.box > 1 && boxes) || more ? h("div.fa-wide.fa-pair", null,
            product.box > 1 && boxes && h("button.btn", { type: "button", onclick: () => step(product.box) }, `+1 ${product.box_unit}（${product.box}${product.unit}）`), more?.element) : null);
        row = { product, input, more, element, draw };
        rows.set(product.id, row);
        list.append(element);
      } else if (quantity !== "") row.input.value = quantity;
      row.draw();
      return row;
    }
    search.addEventListener("input", () => {
      found.replaceChildren(...find(app.kit, search.value).map((product) => h("button.btn", { type: "button", onclick() {
        const row = add(product, rows.has(product.id) ? "" : product.box_barcode === search.value.trim() ? String(product.box) : "");
        search.value = "";
        found.replaceChildren();
        row.input.focus();
      } }, product.name)));
    });
    for (const id of usual) if (app.products.has(id)) add(app.products.get(id));
    for (const [id, quantity] of start ?? []) if (app.products.has(id)) add(app.products.get(id), quantity);
    return {
      elements: [search, found, list], add,
      addLine(id) { if (app.products.has(id) && !rows.has(id)) add(app.products.get(id)); },
      chosen: () => [...rows.values()].filter((row) => row.input.value !== "" && Number.isFinite(Number(row.input.value))),
    };
  }
  const lastOrder = (customer) => customer.order?.lines ?? [];
  function usualOf(app, customer, limit = 30) {
    const ids = [...lastOrder(customer).map(([id]) => id), ...Object.keys(customer.count ?? {}).map(Number)];
    const unique = [...new Set(ids)];
    return (unique.length ? unique : app.kit.products.slice(0, 8).map((product) => product.id)).slice(0, limit);
  }

  /* --- orders and van sales: prices as the server would say them, and kept as they were said here */
  function selling(app, customer, { fromVan }) {
    const sum = h("span.fa-sum");
    const gifts = h("div.fa-facts");
    const warning = h("div.fa-error", { hidden: true });
    const note = h("input.form-control", { maxlength: "300" });
    let editor = null; // drawing its first lines counts already
    editor = lines(app, customer, {
      usual: usualOf(app, customer),
      hint(product, quantity) {
        const { price, reason } = priceOf(app.kit, customer, product, quantity);
        const van = fromVan ? ` · ${fill(W.onVan, { n: app.kit.van[product.id] ?? 0 })}` : "";
        return `${money(cents(price))}/${product.unit} · ${reason}${van}`;
      },
      onchange: () => count(),
    });
    const sold = () => editor.chosen().filter((row) => Number(row.input.value) > 0).map((row) => {
      const quantity = Number(row.input.value);
      const { price } = priceOf(app.kit, customer, row.product, quantity);
      return { product: row.product, quantity, text: row.input.value, price, amount: Math.round(cents(price) * quantity) };
    });
    const given = () => giftsFor(app.kit, customer, new Map(sold().map((line) => [line.product.id, line.quantity])));
    function count() {
      if (!editor) return;
      const total = sold().reduce((all, line) => all + line.amount, 0);
      sum.textContent = money(total);
      gifts.textContent = given().map((gift) => `${W.gifts}: ${app.products.get(gift.product)?.name ?? ""} × ${gift.quantity}`).join(" · ");
      const over = customer.credit_left === null ? 0 : total - cents(customer.credit_left);
      warning.hidden = !(over > 0 && !fromVan);
      warning.textContent = fill(W.overCredit, { amount: money(over) });
    }
    const repeat = lastOrder(customer).length > 0 && !fromVan && h("button.btn", { type: "button", onclick() {
      for (const [id, quantity] of lastOrder(customer)) if (app.products.has(id)) editor.add(app.products.get(id), quantity);
    } }, fill(W.repeat, { day: shortDay(customer.order.day) }));
    const paid = fromVan ? payment() : null;
    count();
    return {
      addLine: editor.addLine,
      elements: [repeat, ...editor.elements, paid?.element, field(W.note, note)].filter(Boolean),
      total: h("div", null, h("div.fa-row", null, h("span.fa-grow", null, W.total), sum), gifts, warning),
      read() {
        const rows = sold();
        if (!rows.length) return { error: W.noLines };
        const short = fromVan && rows.find((row) => row.quantity > Number(app.kit.van[row.product.id] ?? 0));
        if (short) return { error: fill(W.vanShort, { n: app.kit.van[short.product.id] ?? 0, name: short.product.name }) };
        const payload = { customer: customer.id, note: note.value.trim(), lines: rows.map((row) => ({ product: row.product.id, quantity: row.text, price: row.price })) };
        if (fromVan) return { payload: { ...payload, ...paid.read() } };
        for (const gift of given()) payload.lines.push({ product: gift.product, quantity: String(gift.quantity), is_gift: true });
        return { payload };
      },
    };
  }
  function payment() {
    const method = select([["", "–"], ...W.paymentMethods]);
    return { element: field(W.paidNow, method), read: () => (method.value ? { receipt: { method: method.value } } : {}) };
  }

  const text = (label, attributes = {}) => { const input = h("input.form-control", { type: "text", maxlength: "120", ...attributes }); return { input, element: field(label, input) }; };

  const STEPS = {
    order: (app, customer) => selling(app, customer, { fromVan: false }),
    van_sale: (app, customer) => selling(app, customer, { fromVan: true }),

    return(app, customer) {
      const reason = select(W.reasons);
      const condition = select(W.conditions);
      const editor = lines(app, customer, { usual: usualOf(app, customer) });
      return {
        addLine: editor.addLine,
        elements: [h("div.fa-pair", null, field(W.reason, reason), field(W.condition, condition)), ...editor.elements],
        read() {
          const rows = editor.chosen().filter((row) => Number(row.input.value) > 0);
          if (!rows.length) return { error: W.noLines };
          return { payload: { lines: rows.map((row) => ({ product: row.product.id, quantity: row.input.value, reason: reason.value, condition: condition.value })) } };
        },
      };
    },

    receipt(app, customer) {
      const owed = customer.receivable === undefined ? "" : `（${W.receivable} ${money(cents(customer.receivable))}）`; // not known of all
      const amount = text(`${W.amount}${owed}`, { inputmode: "decimal" });
      const method = select(W.paymentMethods);
      const note = text(W.note, { maxlength: "300" });
      return {
        elements: [amount.element, field(W.method, method), note.element],
        read: () => (Number(amount.input.value) > 0
          ? { payload: { customer: customer.id, amount: amount.input.value.trim(), method: method.value, note: note.input.value.trim() } }
          : { error: W.number }),
      };
    },

    stock_count(app, customer) {
      const editor = lines(app, customer, {
        usual: usualOf(app, customer),
        hint(product) {
          const last = customer.count?.[product.id];
          return last ? [fill(W.last, { day: shortDay(last[0]), n: last[1] }), last[2] && fill(W.suggested, { n: last[2] })].filter(Boolean).join(" · ") : "";
        },
        extra() {
          const input = h("input.form-control", { type: "date", "aria-label": W.bestBefore, title: W.bestBefore });
          return { element: input, value: () => input.value };
        },
      });
      return {
        addLine: editor.addLine,
        elements: editor.elements,
        read() {
          const rows = editor.chosen();
          if (!rows.length) return { error: W.noLines };
          return { payload: { lines: rows.map((row) => ({ product: row.product.id, quantity: row.input.value, ...(row.more.value() ? { best_before: row.more.value() } : {}) })) } };
        },
      };
    },

    sell_out(app, customer) {
      const editor = lines(app, customer, {
        usual: usualOf(app, customer),
        extra() {
          const input = h("input.form-control", { type: "text", inputmode: "decimal", "aria-label": W.shelfPrice, placeholder: W.shelfPrice });
          return { element: input, value: () => input.value.trim() };
        },
      });
      return {
        addLine: editor.addLine,
        elements: editor.elements,
        read() {
          const rows = editor.chosen();
          if (!rows.length) return { error: W.noLines };
          return { payload: { lines: rows.map((row) => ({ product: row.product.id, quantity: row.input.value, ...(row.more.value() ? { price: row.more.value() } : {}) })) } };
        },
      };
    },

    display(app, customer) {
      const place = text(W.place, { maxlength: "60" });
      const photos = photoBox({ rep: app.day.user.name, customer: customer.name });
      const editor = lines(app, customer, { usual: usualOf(app, customer), boxes: false, hint: () => W.facings });
      return {
        photos,
        addLine: editor.addLine,
        elements: [photos.element, place.element, ...editor.elements],
        read() {
          const rows = editor.chosen();
          if (!rows.length && !photos.blobs().length) return { error: W.noLines };
          return { payload: { place: place.input.value.trim(), lines: rows.map((row) => ({ product: row.product.id, facings: Math.round(Number(row.input.value)) })) } };
        },
      };
    },

    competitor(app) {
      const names = h("datalist", { id: "fa-competitors" }, ...(app.kit.words.competitor ?? []).map(([, name]) => h("option", { value: name })));
      const parts = { competitor: text(W.competitor, { list: "fa-competitors", maxlength: "60" }), product: text(W.product), price: text(W.price, { inputmode: "decimal" }), unit: text(W.unit, { maxlength: "10" }), notes: text(W.notes, { maxlength: "300" }) };
      return {
        elements: [names, ...Object.values(parts).map((part) => part.element)],
        read() {
          const value = Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, part.input.value.trim()]));
          const missing = ["competitor", "product"].find((key) => !value[key]);
          if (missing) return { error: fill(W.needsAnswer, { label: W[missing] }) };
          if (value.price && !(Number(value.price) >= 0)) return { error: W.number };
          return { payload: value };
        },
      };
    },

    form(app, customer, visit, step) {
      const parts = (app.kit.forms[step.form] ?? []).map((question) => ({ question, ...answerOf(question) }));
      return {
        elements: parts.map((part) => part.element),
        read() {
          const answers = {};
          for (const { question, value } of parts) {
            const given = value();
            const isBlank = given === "" || (Array.isArray(given) && !given.length);
            if (isBlank && question.required) return { error: fill(W.needsAnswer, { label: question.label }) };
            if (!isBlank) answers[question.id] = given;
          }
          return { payload: { form: step.form, answers } };
        },
      };
    },

    maturity(app) {
      const chosen = select(app.kit.words.maturity ?? []);
      return { elements: [field(W.kinds.maturity, chosen)], read: () => (chosen.value ? { payload: { value: Number(chosen.value) } } : { error: W.noLines }) };
    },

    summary(app) {
      const area = h("textarea.form-control", { rows: "6", maxlength: "2000" });
      return {
        elements: [field(W.summary, area), phrases(app, "summary", area)],
        read: () => (area.value.trim() ? { payload: { text: area.value.trim() } } : { error: fill(W.needsAnswer, { label: W.summary }) }),
      };
    },

    photo(app, customer) {
      const photos = photoBox({ rep: app.day.user.name, customer: customer.name });
      return { photos, elements: [photos.element], read: () => (photos.blobs().length ? { payload: {} } : { error: W.photoNeeded }) };
    },
  };

  function answerOf({ label, kind, choices, required }) {
    const named = required ? `${label} *` : label;
    if (kind === "yes_no") { const input = select([["", "–"], ["yes", W.yes], ["no", W.no]]); return { element: field(named, input), value: () => input.value }; }
    if (kind === "choice") { const input = select([["", "–"], ...choices.map((choice) => [choice, choice])]); return { element: field(named, input), value: () => input.value }; }
    if (kind === "choices") {
      const boxes = choices.map((choice) => h("input", { type: "checkbox", value: choice }));
      return {
        element: h("fieldset.fa-options", null, h("legend", null, named), ...boxes.map((box, index) => h("label", null, box, choices[index]))),
        value: () => choices.filter((_choice, index) => boxes[index].checked),
      };
    }
    const input = h("input.form-control", { type: kind === "date" ? "date" : "text", inputmode: kind === "number" ? "decimal" : null, maxlength: "500" });
    return { element: field(named, input), value: () => input.value.trim() };
  }

  return { draw };
})();
