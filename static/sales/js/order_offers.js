/* What an order entry knows of its products: price steps and their reasons, gifts, floors, credit. It counts without
   asking; the server counts again and decides. order.js calls it before and after each sum. */
"use strict";

window.entryOffers = (form, numbers) => {
  const { scaled, money, field, quantityOf, valueOf } = numbers;
  const goods = new Map(Object.values(JSON.parse(document.getElementById("goods")?.textContent ?? "{}")).map((product) => [String(product.id), product]));
  const credit = JSON.parse(document.getElementById("credit")?.textContent ?? "null");
  const words = form.dataset;
  const giftsBox = form.querySelector("[data-gifts]");
  const giftTemplate = document.getElementById("gift-row");
  const totalGifts = form.querySelector("[data-total-gifts]");
  let reasons = new Set();
  /* An order that was written before keeps its gifts as somebody left them, until its goods change. */
  let decided = "order" in words;

  const plain = (milli) => String(Number(milli) / 1000);
  /* Units of each product that all its rows order together, in thousandths. */
  function bought(rows) {
    const sums = new Map();
    for (const row of rows) sums.set(row.dataset.product, (sums.get(row.dataset.product) ?? 0n) + quantityOf(row));
    return sums;
  }
  function stepOf(product, milli) {
    let found;
    for (const step of product.steps ?? []) if (scaled(step.from, 3) <= milli) found = step;
    return found ?? product.steps?.[0];
  }

  /* --- before the sum: rows get the price that their quantity reaches, unless somebody typed one */
  function price(rows) {
    const sums = bought(rows);
    reasons = new Set();
    for (const row of rows) {
      const product = goods.get(row.dataset.product);
      const input = field(row, "price");
      const offered = field(row, "offered");
      if (!product || !input || !offered) continue;
      const step = stepOf(product, sums.get(row.dataset.product));
      if (!step) continue;
      const typed = offered.value === "" || scaled(input.value, 2) !== scaled(offered.value, 2);
      offered.value = step.price;
      if (!typed) input.value = step.price;
      else if (input.value.trim() === "" && document.activeElement !== input) input.value = step.price;
      say(row, product, step, sums.get(row.dataset.product));
    }
  }
  function part(text, className) {
    const node = document.createElement("span");
    node.textContent = text;
    node.className = className;
    return node;
  }
  function say(row, product, step, milli) {
    const note = row.querySelector("[data-note]");
    if (!note) return;
    const parts = [];
    const typed = scaled(valueOf(row, "price"), 2);
    if (typed !== scaled(step.price, 2)) parts.push(part(`${words.changed} ${money(scaled(step.price, 2))}`, "text-near"));
    else parts.push(part(step.reason, "text-secondary"));
    if (milli > 0n && product.floor !== "") {
      const keep = (10000n - scaled(valueOf(row, "discount"), 4)) * (10000n - scaled(form.elements.discount?.value ?? "", 2));
      const net = (typed * keep + 50000000n) / 100000000n;
      if (net < scaled(product.floor, 2)) {
        parts.push(part(`${words.floor} ${money(scaled(product.floor, 2))}`, "text-overdue"));
        reasons.add(`${product.name} ${words.floor}`);
      }
    }
    if (milli > 0n && product.available !== undefined) {
      const minus = product.available.startsWith("-");
      const there = minus ? 0n : scaled(product.available, 3);
      if (milli > there) parts.push(part(`${words.short} ${plain(there)}${product.unit}`, "text-near"));
    }
    note.replaceChildren(...parts);
  }

  /* --- gifts */
  function earned(rows) {
    const gifts = new Map();
    for (const [id, milli] of bought(rows)) {
      for (const rule of goods.get(id)?.gifts ?? []) {
        let times = milli / scaled(rule.every, 3);
        if (!rule.repeats && times > 1n) times = 1n;
        if (!times) continue;
        const known = gifts.get(String(rule.id)) ?? { rule, milli: 0n, names: [] };
        known.milli += times * scaled(rule.quantity, 3);
        known.names.push(rule.rule);
        gifts.set(String(rule.id), known);
      }
    }
    /* On a van no more is given than it has once the sold goods are gone. */
    for (const gift of gifts.values()) {
      if (gift.rule.there === undefined) continue;
      const left = scaled(gift.rule.there, 3) - (bought(rows).get(String(gift.rule.id)) ?? 0n);
      if (gift.milli <= left) continue;
      gift.milli = left > 0n ? left : 0n;
      gift.names.push(`${words.short} ${plain(gift.milli)}${gift.rule.unit}`);
    }
    return gifts;
  }
  function addGift(rule) {
    const index = Number(totalGifts.value);
    const holder = document.createElement("div");
    holder.innerHTML = giftTemplate.innerHTML.replaceAll("__prefix__", index);
    const row = holder.firstElementChild;
    row.dataset.gift = rule.id;
    field(row, "product").value = rule.id;
    row.querySelector("[data-gift-name]").textContent = rule.name;
    row.querySelector("[data-gift-unit]").textContent = rule.unit;
    giftsBox.append(row);
    totalGifts.value = index + 1;
    return row;
  }
  function give(rows) {
    if (!giftsBox) return;
    const gifts = earned(rows);
    for (const row of [...giftsBox.children]) {
      if (gifts.has(row.dataset.gift)) continue;
      const own = scaled(valueOf(row, "quantity"), 3);
      if (own === scaled(field(row, "offered").value, 3) || !own) row.remove();
      else { field(row, "offered").value = ""; tell(row, [], 0n); }
    }
    for (const [id, gift] of gifts) {
      const known = giftsBox.querySelector(`[data-gift="${id}"]`);
      const row = known ?? addGift(gift.rule);
      const quantity = field(row, "quantity");
      const offered = field(row, "offered");
      if (decided) quantity.value = known ? quantity.value : "0";
      else if (scaled(quantity.value, 3) === scaled(offered.value, 3)) quantity.value = plain(gift.milli);
      offered.value = plain(gift.milli);
      tell(row, gift.names, gift.milli);
    }
    decided = false;
    giftsBox.hidden = !giftsBox.children.length;
  }
  function tell(row, names, milli) {
    const own = scaled(valueOf(row, "quantity"), 3);
    const over = own > milli;
    if (over) reasons.add(words.overGift);
    row.querySelector("[data-gift-rule]").textContent = over ? words.overGift : names.join("、");
    row.classList.toggle("is-over", over);
    row.classList.toggle("is-out", !own);
    row.querySelector("[data-gift-out]").hidden = !own;
    row.querySelector("[data-gift-back]").hidden = Boolean(own) || !milli;
  }
  giftsBox?.addEventListener("click", (event) => {
    const row = event.target.closest("[data-gift]");
    if (event.target.closest("[data-gift-out]")) field(row, "quantity").value = "0";
    else if (event.target.closest("[data-gift-back]")) field(row, "quantity").value = field(row, "offered").value;
    else return;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });

  /* --- after the sum: what is left of the credit, and whether a manager is needed */
  function owe(total) {
    const line = form.querySelector("[data-credit]");
    const warning = form.querySelector("[data-warning]");
    if (!line || !warning) return;
    const why = [...reasons];
    if (credit && credit.left !== null) {
      const minus = credit.left.startsWith("-");
      const left = (minus ? -scaled(credit.left.slice(1), 2) : scaled(credit.left, 2)) - total;
      line.hidden = false;
      const amount = line.querySelector("[data-credit-left]");
      amount.textContent = left < 0n ? `−${money(-left)}` : money(left);
      amount.classList.toggle("text-overdue", left < 0n);
      if (left < 0n && total > 0n) why.unshift(`${words.over} ${money(-left)}`);
    }
    if (credit?.blocked && total > 0n) why.unshift(words.blocked);
    warning.hidden = !why.length;
    warning.textContent = why.length ? `${words.manager} ${why.join("；")}` : "";
  }

  return { before(rows) { price(rows); give(rows); }, after: owe, learn(product) { if (product.steps) goods.set(String(product.id), product); } };
};
