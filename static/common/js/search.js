/* The search over everything (Ctrl K) and the keys that go to sections (g, then the letter of a link's data-go). */
"use strict";

(() => {
  const dialog = $("#search");
  if (!dialog) return;
  const input = $("input", dialog);
  const results = $("#search-results", dialog);
  const keys = $(".pd-keys", dialog);
  const wide = matchMedia("(min-width: 992px)");
  const typing = (event) => event.isComposing || event.target.closest?.("input, select, textarea, [contenteditable]");

  if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of $$("[data-mod]")) key.textContent = "⌘";

  /* --- open and close */
  function open(withKeys = false) {
    if (dialog.open || $("dialog[open]")) return;
    keys.open = withKeys;
    input.value = "";
    results.replaceChildren();
    dialog.showModal();
    input.focus();
    htmx.trigger(input, "open");
  }
  document.addEventListener("click", (event) => {
    if (event.target === dialog) { dialog.close(); return; } // the backdrop
    const link = event.target.closest("[data-search]");
    if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // without this script, and on a phone, the link opens the page of the search
    open();
  });

  /* --- the listbox: the input keeps the focus and says which option is meant */
  const options = () => $$("[role=option]", results);
  let enter = false; // Enter was hit before the answer came: its first option is opened then
  function mark(option) {
    for (const other of options()) {
      other.setAttribute("aria-selected", String(other === option));
      other.classList.toggle("active", other === option);
    }
    if (option) input.setAttribute("aria-activedescendant", option.id); else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
  const marked = () => $(".pd-hit.active", results);
  // The server shortens and trims what it is asked for, as here.
  const asked = () => input.value.split(/\s+/).join(" ").trim().slice(0, 80).trim();
  const shown = () => $("[data-for]", results)?.dataset.for ?? null;
  results.addEventListener("htmx:afterSwap", () => {
    options().forEach((option, index) => { option.id = `search-option-${index}`; });
    input.setAttribute("aria-expanded", String(options().length > 0));
    mark(asked() ? options()[0] : null);
    if (enter && shown() === asked()) { enter = false; marked()?.click(); }
  });
  input.addEventListener("input", () => { enter = false; });
  results.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== marked()) mark(option);
  });
  dialog.addEventListener("close", () => { enter = false; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return; // the keys belong to the input method
    const all = options();
    const at = all.indexOf(marked());
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all[at > 0 ? at - 1 : all.length - 1]);
    else if (event.key === "Enter") {
      if (shown() === asked()) marked()?.click(); else enter = asked() !== "";
    } else if (event.key === "Escape") dialog.close(); // by itself it would first empty the field
    else if (event.key === "?" && !input.value) keys.open = !keys.open;
    else return;
    event.preventDefault();
  });

  /* --- keys of every page, never while something is typed. Before the keys of app.js: the letter after g is no key of its own */
  const sections = new Map($$(".pd-nav [data-go]").map((link) => [link.dataset.go, link]));
  const nameOf = (link) => [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();
  for (const [key, link] of sections) {
    const line = document.createElement("span");
    for (const part of ["g", key]) {
      const sign = document.createElement("kbd");
      sign.textContent = part;
      line.append(sign, " ");
    }
    line.append(nameOf(link));
    $(".pd-keys-list", dialog).append(line);
  }
  let waiting = 0; // until when the letter after g is taken
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      if (!wide.matches || (typing(event) && event.target !== input)) return;
      event.preventDefault();
      if (dialog.open) dialog.close(); else open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event) || $("dialog[open]")) return;
    const follows = performance.now() < waiting;
    waiting = 0;
    if (follows && key.length === 1) {
      event.stopImmediatePropagation();
      event.preventDefault();
      sections.get(key)?.click();
    } else if (key === "g" && !event.repeat) waiting = performance.now() + 1500;
    else if (event.key === "?" && wide.matches) { event.preventDefault(); open(true); }
    else if (key === "n" && !$("[data-key=n]")) $(".pd-head-actions a.btn-primary[href*='/new/']")?.click();
  }, true);
})();
