/* What is pressed or typed before the page's scripts are there is kept, and done when they are: nothing on a page looks
   alive and is dead, and nothing is sent without the question it should have asked. Loaded before all others. */
"use strict";

(() => {
  const FIELDS = "input, select, textarea, [contenteditable]";
  const kept = []; // what to do, in its order
  const again = (event) => event.target.isConnected && event.target.dispatchEvent(new event.constructor(event.type, event));
  function keep(event, repeat) {
    event.stopImmediatePropagation();
    kept.push(repeat);
  }
  const early = {
    /* Links and fields need no script: the browser does what they are for. */
    click(event) {
      if (event.target.closest(`a[href], label, ${FIELDS}`)) return;
      event.preventDefault();
      keep(event, () => again(event));
    },
    submit(event) {
      event.preventDefault();
      keep(event, () => event.target.isConnected && event.target.requestSubmit(event.submitter));
    },
    /* Enter in a field sends a form, unless a script makes something else of it. */
    keydown(event) {
      const { target } = event;
      const isField = target.matches(FIELDS);
      if (isField ? event.key !== "Enter" || target.tagName !== "INPUT" || event.isComposing : target.closest("a, button, summary")) return;
      if (isField) event.preventDefault();
      keep(event, () => { if (again(event) && isField) target.form?.requestSubmit(target.form.querySelector("button:not([type=button])")); });
    },
    input(event) { keep(event, () => again(event)); },
    change(event) { keep(event, () => again(event)); },
  };
  for (const [type, hold] of Object.entries(early)) {
    early[type] = (event) => { if (event.isTrusted && event.target instanceof Element) hold(event); };
    window.addEventListener(type, early[type], true);
  }
  function release() {
    for (const [type, hold] of Object.entries(early)) window.removeEventListener(type, hold, true);
    for (const repeat of kept) repeat();
  }
  // After htmx has read the page and has told the others of it, which it does at this event and a turn later.
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => setTimeout(release)));
})();
