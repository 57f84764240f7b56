/* Work in the store: steppers, live suggestions, phrases, what is missing before the check-out, a screen that stays on.
   The server counts again and decides. */
"use strict";

(() => {
  /* --- phrases: a tap puts them where the cursor was, or at the end */
  for (const button of document.querySelectorAll("[data-phrase]")) {
    button.addEventListener("click", () => {
      const area = document.getElementById(button.dataset.into);
      const before = area.value.slice(0, area.selectionStart).trimEnd();
      const after = area.value.slice(area.selectionEnd);
      area.value = `${before}${before ? "，" : ""}${button.dataset.phrase}${after}`.slice(0, area.maxLength);
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  /* --- check-out waits for the required steps, but a closed shop has none */
  const leaving = document.getElementById("check-out");
  if (leaving) {
    const closed = leaving.querySelector("[name=outcome]");
    const summary = leaving.querySelector("[name=summary]");
    const note = leaving.querySelector("[data-missing-note]");
    const button = leaving.querySelector("button:not([type=button])");
    const judge = () => {
      const waits = leaving.hasAttribute("data-missing")
        || (leaving.hasAttribute("data-summary-required") && !summary.value.trim());
      button.disabled = waits && !closed.checked;
      note.hidden = !leaving.hasAttribute("data-missing") || closed.checked;
    };
    closed.addEventListener("change", judge);
    summary.addEventListener("input", judge);
    judge();
  }

  /* --- the bar to the check-out, while that is not on the screen itself */
  const bar = document.querySelector("[data-leave]");
  if (bar && leaving) {
    new IntersectionObserver(([seen]) => bar.classList.toggle("is-away", seen.isIntersecting)).observe(leaving);
  }

  /* --- the screen stays on while one works in the store */
  let lock = null;
  async function stayAwake() {
    if (!document.querySelector("[data-awake], #step-lines") || document.visibilityState !== "visible") return;
    try { lock = await navigator.wakeLock?.request("screen"); } catch { lock = null; /* battery saver says no */ }
  }
  document.addEventListener("visibilitychange", () => { if (!lock || lock.released) stayAwake(); });
  stayAwake();

  /* --- lines of products */
  const sheet = document.getElementById("step-lines");
  if (!sheet) return;
  const lines = sheet.querySelector("[data-lines]");
  const template = document.getElementById("line-row");
  const field = (line) => line.querySelector(".vs-stepper input");
  const number = (text) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null);
  const show = (value) => String(Math.round(value * 1000) / 1000);
  const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
  const SAFETY_DAYS = 3; // visits.rules.suggestions
  const MAX_GAP_DAYS = 60;

  /* The rule of visits/rules/suggestions.py, to show at once what the server will suggest. */
  function suggestion(line, counted) {
    if (line.dataset.last === undefined || counted === null) return 0;
    const apart = days(line.dataset.lastDay, sheet.dataset.day);
    if (apart < 1) return 0;
    const sold = Math.max(Number(line.dataset.last) + Number(line.dataset.delivered) - counted, 0);
    const ahead = Math.min(Math.max(Number(sheet.dataset.ahead), 1), MAX_GAP_DAYS) + SAFETY_DAYS;
    const lacking = Math.round(Math.max((sold * ahead) / apart - counted, 0) * 1000) / 1000;
    const box = Number(line.dataset.box) || 1;
    return Math.ceil(lacking / box) * box;
  }
  function count() {
    let filled = 0;
    for (const line of lines.children) {
      const text = field(line).value;
      line.classList.toggle("is-filled", Boolean(text.trim()));
      if (text.trim()) filled += 1;
      const box = line.querySelector("[data-suggest]");
      if (!box) continue;
      const order = suggestion(line, number(text));
      box.hidden = !order;
      box.textContent = order ? `${box.dataset.text} ${show(order)}` : "";
    }
    const sum = sheet.querySelector("[data-filled]");
    sum.textContent = filled ? `${filled} ${sum.dataset.text}` : "";
  }
  lines.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step], [data-step-box]");
    if (!button) return;
    const line = button.closest("[data-line]");
    const input = field(line);
    const by = button.hasAttribute("data-step-box") ? Number(line.dataset.box) : Number(button.dataset.step);
    const now = number(input.value);
    // The first tap on minus says "none of it": an empty field was not counted, a zero was.
    input.value = now === null ? show(Math.max(by, 0)) : show(Math.max(now + by, 0));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  lines.addEventListener("input", count);
  lines.addEventListener("focusin", (event) => { if (event.target.matches("input[inputmode]")) event.target.select(); });

  document.addEventListener("picker:chosen", (event) => {
    const product = event.detail;
    let line = [...lines.children].find((row) => row.dataset.product === String(product.id));
    if (!line) {
      line = template.content.firstElementChild.cloneNode(true);
      line.dataset.product = product.id;
      line.dataset.box = product.box ?? 0;
      line.querySelector("[name=product]").value = product.id;
      line.querySelector("[data-name]").textContent = product.name;
      line.querySelector("[data-name-again]").textContent = product.name;
      line.querySelector("[data-packing]").textContent = product.packing ?? "";
      const unit = line.querySelector("[data-unit]");
      if (!unit.textContent.trim() || line.querySelector("[data-step-box]")) unit.textContent = product.unit ?? "";
      const boxUnit = line.querySelector("[data-box-unit]");
      if (boxUnit) { boxUnit.textContent = product.box_unit ?? ""; boxUnit.closest("button").hidden = !product.box; }
      lines.prepend(line);
      sheet.querySelector("[data-none]")?.remove();
    }
    field(line).focus();
  });
  count();
})();
