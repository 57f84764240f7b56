/* Customer picker (templates/common/customer_picker.html): type, choose by finger, mouse or arrow keys. */
"use strict";

(() => {
  const DELAY = 200;

  function start(root) {
    const [hidden, box] = root.querySelectorAll("input");
    const list = root.querySelector("ul");
    let options = [];
    let at = -1;
    let timer = 0;
    let request = null;
    let finger = null; // on the list: until it is up again nothing is drawn anew under it
    let isOld = false; // what the list shows was asked for before the last letter
    let enter = false; // Enter was hit on an old list: the answer's first is chosen when it comes
    let chosenName = box.value;

    const isOpen = () => !list.hidden;

    function close() {
      list.hidden = true;
      at = -1;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    }

    function say(text) {
      options = [];
      list.replaceChildren(Object.assign(document.createElement("li"), { className: "pd-picker-note", textContent: text }));
      open();
    }

    /* Nobody found: the customer can be made here, where the page says so. */
    function offerNew() {
      if (!root.dataset.create) return;
      const link = Object.assign(document.createElement("a"), { className: "btn", href: root.dataset.create, textContent: root.dataset.createLabel });
      list.firstElementChild.append(" ", link);
    }

    function open() {
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
    }

    function draw() {
      if (!options.length) { say(root.dataset.none); offerNew(); return; }
      list.replaceChildren(...options.map((option, index) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${index}`;
        item.setAttribute("role", "option");
        const name = document.createElement("b");
        name.textContent = option.name;
        const rest = document.createElement("span");
        rest.textContent = [option.code, option.address].filter(Boolean).join(" · ");
        item.append(name, rest);
        return item;
      }));
      at = -1;
      open();
      if (enter) choose(options[0]);
    }

    function mark(index) {
      const items = [...list.querySelectorAll("[role=option]")];
      if (!items.length) return;
      at = (index + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      items[at].scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", items[at].id);
    }

    async function search() {
      request?.abort();
      const { signal } = request = new AbortController();
      const params = new URLSearchParams({ q: box.value.trim() });
      if (root.dataset.owner) params.set("owner", root.dataset.owner);
      if (root.dataset.located) params.set("located", "1");
      try {
        const response = await fetch(`${root.dataset.url}?${params}`, { signal, headers: { Accept: "application/json" } });
        if (!response.ok) throw new Error(String(response.status));
        const found = await response.json();
        await finger;
        if (signal.aborted) return; // chosen, or asked anew
        options = found;
        isOld = false;
        draw();
      } catch (error) {
        if (error.name !== "AbortError") say(root.dataset.failed);
      }
    }

    function choose(option) {
      clearTimeout(timer); // an answer on its way would open the list again
      request?.abort();
      isOld = enter = false;
      hidden.value = root.hasAttribute("data-clear") ? "" : option.id;
      box.value = root.hasAttribute("data-clear") ? "" : option.name;
      chosenName = box.value;
      box.setCustomValidity("");
      close();
      hidden.dispatchEvent(new Event("change", { bubbles: true }));
      root.dispatchEvent(new CustomEvent("picker:chosen", { bubbles: true, detail: option }));
    }

    box.addEventListener("input", () => {
      // What is typed is not yet a customer: a form must never send the one chosen before under another name.
      if (box.value !== chosenName) hidden.value = "";
      isOld = true;
      enter = false;
      clearTimeout(timer);
      timer = setTimeout(search, DELAY);
    });
    box.addEventListener("focus", () => { box.select(); search(); });
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter belongs to the pinyin keyboard
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!isOpen()) search(); else mark(at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && (isOpen() || isOld)) {
        event.preventDefault();
        if (isOld) enter = true;
        else if (options.length) choose(options[Math.max(at, 0)]);
      } else if (event.key === "Escape" && isOpen()) {
        event.preventDefault();
        close();
      }
    });
    // pointerdown comes before blur, so a tap chooses and does not just close the list
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      finger = new Promise((up) => {
        // The click of a touch comes a moment after it.
        for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => setTimeout(up, 50), { once: true, capture: true });
      });
    });
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) choose(options[[...list.children].indexOf(item)]);
    });
    box.addEventListener("blur", () => {
      close();
      request?.abort();
      clearTimeout(timer);
      isOld = enter = false;
      if (!hidden.value && chosenName) box.value = "";
      if (!box.value) { chosenName = ""; hidden.value = ""; }
    });
    box.form?.addEventListener("submit", (event) => {
      if ((box.required || box.value) && !hidden.value) {
        event.preventDefault();
        event.stopImmediatePropagation();
        box.setCustomValidity(root.dataset.choose);
        box.reportValidity();
        box.addEventListener("input", () => box.setCustomValidity(""), { once: true });
      }
    });
  }

  function startAll(root) {
    for (const picker of root.querySelectorAll("[data-picker]:not([data-started])")) {
      picker.dataset.started = "1";
      start(picker);
    }
  }

  startAll(document);
  document.addEventListener("htmx:load", (event) => startAll(event.detail.elt.parentElement ?? document));
})();
