/* The editor of documents: a toolbar over a contenteditable text, kept in the textarea that is sent. The server sanitises
   whatever comes; what is pasted is reduced here too, so that what one sees is what stays. Without a script the textarea
   itself is there. */
"use strict";

(() => {
  const lists = document.querySelector("[data-audience-lists]");
  const forAll = document.querySelector("input[name=for_all]");
  if (lists && forAll) {
    const show = () => { lists.hidden = forAll.checked; };
    forAll.addEventListener("change", show);
    show();
  }

  const editor = document.querySelector("[data-editor]");
  if (!editor) return;
  const source = editor.querySelector("[data-editor-source]");
  const canvas = editor.querySelector("[data-canvas]");
  const tools = editor.querySelector("[data-tools]");
  const tableTools = editor.querySelector("[data-table-tools]");
  const linkBox = editor.querySelector("[data-link-box]");
  const linkAddress = editor.querySelector("[data-link-address]");
  const file = editor.querySelector("[data-picture-file]");
  const form = editor.closest("form");
  source.hidden = true;
  canvas.hidden = tools.hidden = false;
  editor.querySelector("[data-editor-label]").removeAttribute("for");
  const run = (command, value = null) => document.execCommand(command, false, value);
  run("defaultParagraphSeparator", "p");
  run("styleWithCSS", false);

  /* --- what is written goes into the textarea */
  const keep = () => { source.value = canvas.innerHTML; };
  canvas.addEventListener("input", keep);
  form.addEventListener("submit", keep, true);
  const changed = () => { keep(); canvas.dispatchEvent(new Event("input", { bubbles: true })); };

  /* --- where the caret is */
  let range = null;
  const remember = () => {
    const selection = document.getSelection();
    if (selection.rangeCount && canvas.contains(selection.anchorNode)) range = selection.getRangeAt(0).cloneRange();
    mark();
  };
  document.addEventListener("selectionchange", remember);
  function back() {
    canvas.focus();
    if (!range) { // nothing chosen yet: write at the end
      range = document.createRange();
      range.selectNodeContents(canvas);
      range.collapse(false);
    }
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  function around(selector) {
    const node = range?.startContainer;
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const found = element?.closest?.(selector);
    return found && canvas.contains(found) ? found : null;
  }
  function mark() {
    tableTools.hidden = !around("td, th");
    for (const button of tools.querySelectorAll("[data-do]")) {
      if (["bold", "italic", "underline", "insertUnorderedList", "insertOrderedList"].includes(button.dataset.do)) {
        button.setAttribute("aria-pressed", String(document.queryCommandState(button.dataset.do)));
      }
    }
    for (const button of tools.querySelectorAll("[data-block]")) {
      button.setAttribute("aria-pressed", String(button.dataset.block !== "p" && Boolean(around(button.dataset.block))));
    }
  }

  /* --- buttons; the text keeps its selection while they are pressed */
  tools.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    remember(); // the caret of this moment: the event that tells of it comes later than a quick hand
    back();
    if (button.dataset.do) run(button.dataset.do);
    else if (button.dataset.block) run("formatBlock", around(button.dataset.block) ? "p" : button.dataset.block);
    else if (button.dataset.table) table(button.dataset.table);
    else if ("picture" in button.dataset) { file.click(); return; }
    else if ("linkButton" in button.dataset) { openLink(); return; }
    unwrap();
    changed();
    remember();
  });
  /* browsers put a new list into the paragraph it is made from, where HTML knows none */
  function unwrap() {
    const { anchorNode, anchorOffset } = document.getSelection();
    for (const block of canvas.querySelectorAll("p > ul, p > ol, p > table, p > blockquote, p > h2, p > h3")) {
      const outer = block.parentElement;
      outer?.replaceWith(...outer.childNodes);
    }
    if (anchorNode && canvas.contains(anchorNode)) document.getSelection().collapse(anchorNode, anchorOffset);
  }

  /* --- tables */
  const fresh = (tag) => { const made = document.createElement(tag); made.append(document.createElement("br")); return made; };
  function newTable() {
    let block = range.startContainer;
    while (block !== canvas && block.parentNode !== canvas) block = block.parentNode;
    const whole = document.createElement("table");
    const body = whole.createTBody();
    for (const tag of ["th", "td", "td"]) {
      const line = body.insertRow();
      for (let n = 0; n < 3; n += 1) line.append(fresh(tag));
    }
    if (block === canvas) canvas.append(whole);
    else block.after(whole);
    whole.after(fresh("p")); // somewhere to write on
    document.getSelection().collapse(whole.rows[0].cells[0], 0);
  }
  function table(does) {
    if (does === "new") { newTable(); return; }
    const cell = around("td, th");
    if (!cell) return;
    const row = cell.parentElement;
    const whole = cell.closest("table");
    const at = cell.cellIndex;
    if (does === "row") {
      const below = document.createElement("tr");
      for (let n = 0; n < row.cells.length; n += 1) below.append(fresh("td"));
      row.after(below);
    } else if (does === "column") {
      for (const line of whole.rows) (line.cells[at] ?? line.lastElementChild)?.after(fresh(line.cells[at]?.localName ?? "td"));
    } else if (does === "no-row") {
      row.remove();
    } else if (does === "no-column") {
      for (const line of [...whole.rows]) line.cells[at]?.remove();
    }
    if (does === "no-table" || !whole.querySelector("td, th")) whole.remove();
    if (!canvas.contains(cell)) range = null;
  }

  /* --- links */
  function openLink() {
    linkBox.hidden = false;
    linkAddress.value = around("a")?.getAttribute("href") ?? "";
    linkAddress.focus();
  }
  function setLink(address) {
    back();
    const link = around("a");
    if (link && range.collapsed) { range.selectNodeContents(link); back(); }
    if (!address) run("unlink");
    else if (range.collapsed) {
      const made = document.createElement("a");
      made.href = made.textContent = address;
      run("insertHTML", made.outerHTML);
    } else run("createLink", address);
    linkBox.hidden = true;
    changed();
  }
  const typed = () => {
    const address = linkAddress.value.trim();
    return !address || /^(https?:\/\/|mailto:|tel:|\/(?!\/)|#)/i.test(address) ? address : `https://${address}`;
  };
  editor.querySelector("[data-link-ok]").addEventListener("click", () => setLink(typed()));
  editor.querySelector("[data-link-off]").addEventListener("click", () => setLink(""));
  linkAddress.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); setLink(typed()); }
    if (event.key === "Escape") { linkBox.hidden = true; back(); }
  });

  /* --- pictures: stored at once, the text holds their address */
  const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
  async function upload(picture) {
    const data = new FormData();
    data.append("image", picture);
    data.append("document", editor.dataset.document);
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const response = await fetch(editor.dataset.upload, { method: "POST", body: data });
      const answer = await response.json();
      if (!response.ok) { say(answer.error ?? editor.dataset.failed); return; }
      const image = document.createElement("img");
      image.setAttribute("src", answer.url);
      image.alt = picture.name?.replace(/\.\w+$/, "") ?? "";
      back();
      run("insertHTML", image.outerHTML);
      changed();
    } catch {
      say(editor.dataset.failed);
    }
  }
  file.addEventListener("change", async () => {
    for (const picture of [...file.files]) await upload(picture);
    file.value = "";
  });
  const pictures = (transfer) => [...(transfer?.files ?? [])].filter((entry) => entry.type.startsWith("image/"));

  /* --- pasting and dropping */
  const KEPT = {
    P: [], DIV: [], BR: [], HR: [], H2: [], H3: [], H4: [], BLOCKQUOTE: [], PRE: [], CODE: [], UL: [], OL: [], LI: [],
    B: [], STRONG: [], I: [], EM: [], U: [], S: [], SUB: [], SUP: [], TABLE: [], CAPTION: [], THEAD: [], TBODY: [], TR: [],
    TH: ["colspan", "rowspan"], TD: ["colspan", "rowspan"], A: ["href"], IMG: ["src", "alt"],
  };
  const OTHER = { H1: "H2", H5: "H4", H6: "H4" };
  const GONE = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "TEMPLATE", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "NOSCRIPT", "FORM"]);
  /* `from` is a document without a window: nothing in it runs or loads */
  function reduced(from, into) {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) { into.append(node.textContent.replace(/\s+/g, " ")); continue; }
      if (node.nodeType !== Node.ELEMENT_NODE || GONE.has(node.nodeName.toUpperCase())) continue;
      const name = OTHER[node.nodeName] ?? node.nodeName;
      const allowed = KEPT[name];
      const own = node.getAttribute("src")?.startsWith("/documents/pictures/");
      if (!allowed || (name === "IMG" && !own)) { reduced(node, into); continue; }
      const made = document.createElement(name);
      for (const attribute of allowed) {
        const value = node.getAttribute(attribute);
        if (value !== null && !(attribute === "href" && !/^(https?:|mailto:|tel:|\/|#)/i.test(value))) made.setAttribute(attribute, value);
      }
      reduced(node, made);
      into.append(made);
    }
  }
  function insert(transfer) {
    const html = transfer.getData("text/html");
    if (!html) { run("insertText", transfer.getData("text/plain")); return; }
    const box = document.createElement("div");
    // The policy refuses these in any case; without them it has nothing to complain of.
    const quiet = html.replace(/<[^>]*>/g, (tag) => tag.replace(/\s(?:style|on\w+)\s*=/gi, " data-gone="));
    reduced(new DOMParser().parseFromString(quiet, "text/html").body, box);
    run("insertHTML", box.innerHTML);
  }
  canvas.addEventListener("paste", (event) => {
    event.preventDefault();
    const images = pictures(event.clipboardData);
    if (images.length && !event.clipboardData.getData("text/html")) images.forEach(upload);
    else insert(event.clipboardData);
    changed();
  });
  canvas.addEventListener("drop", (event) => {
    const images = pictures(event.dataTransfer);
    event.preventDefault();
    if (images.length) images.forEach(upload);
    else insert(event.dataTransfer);
    changed();
  });
  keep();
})();
