/* Order entry: search, steppers, repeat, running total. The server counts again and decides. */
"use strict";

(() => {
  const form = document.getElementById("order-entry");
  if (!form) return;
  const rowsBox = form.querySelector("[data-rows]");
  const search = document.getElementById("product-search");
  const results = document.getElementById("product-results");
  const template = document.getElementById("entry-row");
  const totalForms = form.querySelector("[data-total-forms]");

  /* --- exact sums, as common.money has them: whole numbers of cents, halves up */
  const scaled = (text, places) => {
    const match = /^(\d*)(?:\.(\d*))?$/.exec(text.trim());
    if (!match || (!match[1] && !match[2])) return 0n;
    return BigInt((match[1] || "0") + (match[2] ?? "").padEnd(places, "0").slice(0, places));
  };
  const divide = (value, by) => (value + by / 2n) / by;
  const money = (cents) => {
    const text = cents.toString().padStart(3, "0");
    return `¥${text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${text.slice(-2)}`;
  };

  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  /* Rows of counts and loads have no price and no discount. */
  const valueOf = (row, name) => field(row, name)?.value ?? "";
  /* Thousandths of a unit that a row orders. */
  const quantityOf = (row) =>
    scaled(field(row, "boxes").value, 0) * BigInt(row.dataset.box || 0) * 1000n + scaled(field(row, "pieces").value, 3);

  /* Pages that know prices by quantity, gifts and credit load order_offers.js before this. */
  const offers = window.entryOffers?.(form, { scaled, money, field, quantityOf, valueOf });

  function count() {
    offers?.before([...rowsBox.children]);
    let sum = 0n;
    let kinds = 0;
    for (const row of rowsBox.children) {
      const quantity = quantityOf(row);
      const keep = 10000n - scaled(valueOf(row, "discount"), 4);
      const amount = divide(quantity * scaled(valueOf(row, "price"), 2) * keep, 10000000n);
      if (field(row, "price")) row.querySelector("[data-amount]").textContent = quantity ? money(amount) : "";
      row.classList.toggle("chosen", quantity > 0n);
      sum += amount;
      if (quantity) kinds += 1;
    }
    const keep = 10000n - scaled(form.elements.discount?.value ?? "", 2);
    const total = form.querySelector("[data-total]");
    const due = keep < 0n ? 0n : divide(sum * keep, 10000n);
    if (total) total.textContent = money(due);
    offers?.after(due);
    form.querySelector("[data-kinds-count]").textContent = kinds;
    form.querySelector("[data-empty]").hidden = rowsBox.children.length > 0;
  }

  /* --- rows */
  function addRow(product) {
    const index = Number(totalForms.value);
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", index);
    const row = holder.firstElementChild;
    row.dataset.product = product.id;
    row.dataset.box = product.box;
    row.dataset.category = product.category ?? "";
    field(row, "product").value = product.id;
    if (field(row, "price")) field(row, "price").value = product.price;
    if (field(row, "offered") && product.steps?.length) field(row, "offered").value = product.price;
    const there = row.querySelector("[data-there]");
    if (there) there.textContent = product.there ?? "";
    row.querySelector("[data-name]").textContent = product.name;
    row.querySelector("[data-packing]").textContent = product.packing;
    row.querySelectorAll("[data-unit]").forEach((part) => { part.textContent = product.unit; });
    row.querySelector("[data-box-unit]").textContent = product.box_unit;
    row.querySelector('[data-stepper="boxes"]').hidden = !product.box;
    rowsBox.prepend(row);
    totalForms.value = index + 1;
    return row;
  }
  const rowThere = (product) => [...rowsBox.children].find((row) => row.dataset.product === String(product.id));
  /* What is chosen is seen, whatever category is open. */
  function rowOf(product) {
    const row = rowThere(product) ?? addRow(product);
    row.hidden = false;
    return row;
  }

  function step(input, by) {
    const now = Number(input.value) || 0;
    const next = Math.max(0, Math.round((now + by) * 1000) / 1000);
    input.value = next || (form.dataset.zero ?? ""); // where things are counted, 0 is a number, too
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function flash(row) {
    row.classList.remove("flash");
    void row.offsetWidth;
    row.classList.add("flash");
    row.scrollIntoView({ block: "center", behavior: "smooth" });
  }
  /* One more: a box of what comes in boxes, else a piece; by barcode just what the code is on. */
  function choose(product, by = "") {
    offers?.learn(product);
    const row = rowOf(product);
    const boxes = by ? by === product.box_barcode : product.box;
    step(field(row, boxes && product.box ? "boxes" : "pieces"), 1);
    flash(row);
    search.value = "";
    close();
  }

  rowsBox.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(button.parentElement.querySelector("input"), Number(button.dataset.step));
  });
  rowsBox.addEventListener("focusin", (event) => event.target.select?.());
  form.addEventListener("input", count);
  /* Arrows go to the same number of the row above or below, as in a table. */
  rowsBox.addEventListener("keydown", (event) => {
    const down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const name = /-(\w+)$/.exec(event.target.name ?? "")?.[1];
    if (!down || !name || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const row = event.target.closest("[data-row]");
    const seen = [...rowsBox.children].filter((other) => !other.hidden);
    const next = seen[seen.indexOf(row) + down];
    const same = next && field(next, name);
    if (same?.closest("[hidden]")) field(next, "pieces").focus();
    else if (next) same?.focus();
    else if (down < 0) search.focus();
  });
  /* Enter in a number goes on to the next, and never sends half an order. */
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    if (event.target === search) return;
    const inputs = [...rowsBox.querySelectorAll(".so-row:not([hidden]) .so-stepper:not([hidden]) input")];
    const at = inputs.indexOf(event.target);
    (at >= 0 && inputs[at + 1] ? inputs[at + 1] : search).focus();
  });

  /* --- the last order again, and back to what was there before */
  const repeat = form.querySelector("[data-repeat]");
  let before = null;
  let offer = [];
  repeat?.addEventListener("click", () => {
    if (before) {
      for (const row of [...rowsBox.children]) {
        const kept = before.get(row);
        for (const name of ["boxes", "pieces"]) field(row, name).value = kept?.[name] ?? "";
      }
      before = null;
      repeat.replaceChildren(...offer);
      form.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
    before = new Map([...rowsBox.children].map((row) => [row, { boxes: field(row, "boxes").value, pieces: field(row, "pieces").value }]));
    offer = [...repeat.childNodes];
    repeat.textContent = form.dataset.takeBack;
    const lines = JSON.parse(document.getElementById("last-lines").textContent);
    const sums = new Map();
    for (const line of lines) {
      const known = sums.get(line.id);
      sums.set(line.id, { line, milli: (known?.milli ?? 0n) + scaled(line.quantity, 3) });
    }
    for (const { line, milli } of [...sums.values()].reverse()) {
      offers?.learn(line);
      const row = rowOf(line);
      const box = BigInt(line.box) * 1000n;
      const boxes = box ? milli / box : 0n;
      const rest = milli - boxes * box;
      field(row, "boxes").value = boxes || "";
      field(row, "pieces").value = rest ? Number(rest) / 1000 : "";
      rowsBox.prepend(row);
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
    toast(form.dataset.repeated, "success", 2500);
  });

  /* --- categories: rows of the open one, and of those that are chosen; the rest of its goods come with the answer */
  const LEAFED = 60; // as many as the server gives of a category
  const note = form.querySelector("[data-category-note]");
  const everything = form.querySelector('[data-category=""]');
  let category = { pk: "", branch: null };
  function leaf() {
    for (const row of rowsBox.children) {
      const inside = category.branch ? category.branch.has(row.dataset.category) : !row.dataset.leafed;
      row.hidden = !inside && !row.matches(".chosen, .has-error");
    }
  }
  /* What was only looked at is not sent: the server takes a bounded number of rows. */
  form.addEventListener("submit", () => {
    for (const row of [...rowsBox.children]) if (row.dataset.leafed && !row.classList.contains("chosen")) row.remove();
    const number = (row) => Number(/-(\d+)-/.exec(field(row, "product").name)[1]);
    const kept = [...rowsBox.children].sort((a, b) => number(a) - number(b));
    kept.forEach((row, index) => {
      for (const input of row.querySelectorAll("[name]")) input.name = input.name.replace(/-\d+-/, `-${index}-`);
    });
    totalForms.value = kept.length;
  });
  function tell(text = "") {
    note.textContent = text;
    note.hidden = !text;
  }
  /* Chips are buttons: Tab and Enter reach them, arrows go along. */
  async function open(chip) {
    const mine = category = { pk: chip.dataset.category, branch: chip.dataset.category ? new Set(chip.dataset.branch.split(" ")) : null };
    for (const other of chip.parentElement.children) other.setAttribute("aria-pressed", String(other === chip));
    chip.scrollIntoView({ block: "nearest", inline: "center", behavior: "smooth" });
    leaf();
    tell();
    if (search.value.trim()) look();
    if (!mine.pk) return;
    try {
      const address = new URL(form.dataset.options, location.href);
      address.searchParams.set("category", mine.pk);
      const list = await ask(address);
      if (mine !== category) return;
      for (const product of list) {
        if (rowThere(product)) continue;
        offers?.learn(product);
        const row = addRow(product);
        row.dataset.leafed = "1";
        rowsBox.append(row);
      }
      count();
      leaf();
      tell(list.length ? (list.length < LEAFED ? "" : note.dataset.more) : note.dataset.nothing);
    } catch {
      if (mine === category) tell(note.dataset.failed);
    }
  }
  form.querySelector("[data-categories]")?.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-category]");
    if (chip) open(chip);
  });
  form.querySelector("[data-categories]")?.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const chips = [...event.currentTarget.children];
    const next = by && chips[chips.indexOf(event.target) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /* --- search */
  let found = [];
  let at = -1;
  let wanted = 0;
  let timer;
  function close() {
    wanted += 1; // an answer on its way is not shown any more
    found = [];
    results.hidden = true;
    search.setAttribute("aria-expanded", "false");
  }
  function mark(index) {
    at = index;
    [...results.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
    results.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function show(text) {
    results.replaceChildren(...found.map((product, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.dataset.index = index;
      const name = document.createElement("span");
      name.textContent = product.name;
      const small = document.createElement("small");
      small.textContent = [product.code, product.packing].filter(Boolean).join(" · ");
      name.append(small);
      const price = document.createElement("b");
      price.textContent = product.there ?? money(scaled(product.price, 2));
      item.append(name, price);
      return item;
    }));
    if (!found.length) {
      const item = document.createElement("li");
      item.textContent = text;
      results.append(item);
    }
    results.hidden = false;
    search.setAttribute("aria-expanded", "true");
    mark(found.length ? 0 : -1);
  }
  async function ask(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }
  async function look({ all = false } = {}) {
    const text = search.value.trim();
    clearTimeout(timer);
    timer = undefined;
    if (!text && !all) { close(); return; }
    const mine = ++wanted;
    try {
      const address = new URL(form.dataset.options, location.href);
      address.searchParams.set("q", text);
      if (category.pk) address.searchParams.set("category", category.pk);
      const list = await ask(address);
      if (mine !== wanted) return;
      found = list;
      show(form.dataset.none);
      if (!text) mark(-1); // Enter takes only what was marked on purpose
    } catch {
      if (mine === wanted) { found = []; show(form.dataset.failed); }
    }
  }
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    clearTimeout(timer);
    timer = setTimeout(() => { timer = undefined; look(); }, 200);
  });
  /* Whoever knows no name touches the box and sees what there is. */
  search.addEventListener("click", () => { if (results.hidden && !search.value.trim()) look({ all: true }); });
  search.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); mark(Math.min(at + 1, found.length - 1)); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(Math.max(at - 1, 0)); }
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (!search.value.trim() && at < 0) { close(); return; }
      /* A scanner types faster than the list comes: ask again for just this text. */
      if (!found.length || timer) await look();
      const exact = codeOf(search.value.trim());
      const product = exact ?? found[at];
      if (product) choose(product, exact ? search.value.trim() : "");
    }
  });
  const codeOf = (code) => found.find((product) => code && (product.barcode === code || product.box_barcode === code));
  /* The camera has read a code (scan.js). */
  document.addEventListener("entry:scanned", async (event) => {
    const { code, say } = event.detail;
    if (category.pk) open(everything); // a code may be of any category
    search.value = code;
    await look();
    const product = codeOf(code);
    if (product) { say(product.name); choose(product, code); } else say(`${code}: ${form.dataset.none}`);
    close();
  });
  results.addEventListener("click", (event) => {
    const item = event.target.closest("[data-index]");
    if (item) choose(found[Number(item.dataset.index)]);
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".so-search")) close(); });

  count();
  if (search.value.trim()) look(); // typed before this script was here
})();
