/* Targets: typing into the grid, pasting a block, saving as one goes. */
"use strict";

(() => {
  document.addEventListener("click", (event) => { event.target.closest("[data-close]")?.closest("dialog").close(); });
  document.querySelector("dialog[data-open]")?.showModal();

  const table = document.querySelector("[data-grid]");
  if (!table) return;
  const state = document.querySelector("[data-state]");
  const words = table.dataset;
  const rows = [...table.tBodies[0].rows];
  const waiting = new Map(); // "key month" → input: typed and not yet answered
  const kept = new WeakMap(); // input → what the server has
  let timer = 0;
  let sending = false;

  const cellsOf = (row) => [...row.querySelectorAll("input.tg-cell")];
  const at = (rowIndex, month) => rows[rowIndex]?.querySelector(`input[data-month="${month}"]`);
  const keyOf = (input) => input.closest("tr").dataset.key;
  for (const row of rows) for (const input of cellsOf(row)) kept.set(input, input.value);

  /* --- moving */
  function move(input, down, right) {
    const target = at(rows.indexOf(input.closest("tr")) + down, Number(input.dataset.month) + right);
    if (!target) return false;
    target.focus();
    return true;
  }
  table.addEventListener("focusin", (event) => event.target.select?.());
  table.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("input.tg-cell") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    const start = whole || (input.selectionStart === 0 && input.selectionEnd === 0);
    const end = whole || input.selectionStart === input.value.length;
    let moved = false;
    if (event.key === "ArrowDown" || (event.key === "Enter" && !event.shiftKey)) moved = move(input, 1, 0) || event.key === "Enter";
    else if (event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey)) moved = move(input, -1, 0) || event.key === "Enter";
    else if (event.key === "ArrowLeft" && start && !event.shiftKey) moved = move(input, 0, -1);
    else if (event.key === "ArrowRight" && end && !event.shiftKey) moved = move(input, 0, 1);
    else if (event.key === "Escape") {
      input.value = kept.get(input);
      forget(input);
      input.select();
      moved = true;
    }
    if (!moved) return;
    event.preventDefault();
    if (event.key === "Enter") typed(input);
  });

  /* --- typing and pasting */
  function forget(input) {
    waiting.delete(`${keyOf(input)} ${input.dataset.month}`);
    input.classList.remove("dirty", "wrong");
    input.removeAttribute("aria-invalid");
    input.title = "";
  }
  function typed(input) {
    if (input.value === kept.get(input)) { forget(input); return; }
    input.classList.add("dirty");
    waiting.set(`${keyOf(input)} ${input.dataset.month}`, input);
    clearTimeout(timer);
    timer = setTimeout(send, 400);
  }
  table.addEventListener("change", (event) => { if (event.target.matches("input.tg-cell")) typed(event.target); });
  table.addEventListener("paste", (event) => {
    const input = event.target.closest("input.tg-cell");
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!input || !/[\t\n]/.test(text)) return; // one value: as in any field
    event.preventDefault();
    const top = rows.indexOf(input.closest("tr"));
    const left = Number(input.dataset.month);
    text.split("\n").forEach((line, down) => line.split("\t").forEach((value, right) => {
      const cell = at(top + down, left + right);
      if (!cell) return;
      cell.value = value.trim();
      typed(cell);
    }));
  });

  /* --- saving */
  const say = (text, wrong = false) => {
    state.textContent = text;
    state.classList.toggle("wrong", wrong);
  };
  function offerRetry(text) {
    say("", true);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", send);
    state.append(button);
  }
  async function send() {
    if (sending || !waiting.size) return;
    const batch = [...waiting.values()].map((input) => ({ input, value: input.value }));
    waiting.clear();
    sending = true;
    say(words.saving);
    let answer;
    try {
      const response = await fetch(words.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) },
        body: JSON.stringify({ cells: batch.map(({ input, value }) => ({ key: keyOf(input), month: Number(input.dataset.month), value })) }),
      });
      answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
    } catch (error) {
      for (const { input } of batch) waiting.set(`${keyOf(input)} ${input.dataset.month}`, input);
      offerRetry(answer?.error ?? words.lost);
      return;
    } finally {
      sending = false;
    }
    settle(batch, answer);
    if (waiting.size) send();
  }
  function settle(batch, answer) {
    const errors = new Map(answer.errors.map((entry) => [`${entry.key} ${entry.month}`, entry.text]));
    for (const { input, value } of batch) {
      const name = `${keyOf(input)} ${input.dataset.month}`;
      if (input.value !== value) continue; // typed anew meanwhile
      const text = errors.get(name) ?? "";
      input.classList.remove("dirty");
      input.classList.toggle("wrong", Boolean(text));
      if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      input.title = text;
    }
    for (const row of rows) if (answer.rows[row.dataset.key]) draw(row, answer.rows[row.dataset.key]);
    const first = answer.errors[0];
    if (first) say(`${words.wrong}: ${first.text}`, true); else say(words.saved);
  }
  function draw(row, now) {
    cellsOf(row).forEach((input, index) => {
      kept.set(input, now.values[index]);
      const busy = waiting.has(`${row.dataset.key} ${input.dataset.month}`) || input.classList.contains("wrong") || input.classList.contains("dirty");
      const typing = input === document.activeElement && input.selectionStart === input.selectionEnd;
      if (!busy && !typing) {
        input.value = now.values[index];
        if (input === document.activeElement) input.select();
      }
      const below = row.querySelector(`[data-below="${index + 1}"]`);
      if (below) compare(below, now.values[index], now.below[index] ?? "");
    });
    row.querySelector("[data-total]").textContent = now.total;
    const below = row.querySelector("[data-below-total]");
    if (below) compare(below, now.total, now.below_total);
  }
  function compare(node, own, sum) {
    node.textContent = sum === "" ? "" : `Σ ${sum}`;
    node.classList.toggle("tg-differs", own !== "" && sum !== "" && own !== sum);
  }
  window.addEventListener("beforeunload", (event) => { if (waiting.size || sending) event.preventDefault(); });
})();
