/* What every page shares: toasts, confirm dialog, filters, selection, unsaved-form guard, keys. */
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/* --- toasts */
function toast(text, level = "info", undo = null) {
  const item = document.createElement("div");
  item.className = `pd-toast pd-toast-${level}`;
  item.textContent = text;
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn pd-toast-undo", textContent: undo.label });
    button.addEventListener("click", () => { item.remove(); undo.run(); });
    item.append(button);
  }
  $("#toasts").append(item);
  setTimeout(() => item.remove(), undo ? 10000 : 5000);
}
document.addEventListener("toast", (event) => {
  const list = Array.isArray(event.detail.value) ? event.detail.value : [event.detail];
  for (const entry of list) toast(entry.text, entry.level, entry.undo);
});

/* --- confirm: one dialog for hx-confirm and for buttons or forms with data-confirm */
function ask(text) {
  const dialog = $("#confirm");
  $(".pd-dialog-text", dialog).textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
});
document.addEventListener("submit", async (event) => {
  const text = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (!text || event.target.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(text))) return;
  event.target.dataset.confirmed = "1";
  event.target.requestSubmit(event.submitter ?? undefined);
  delete event.target.dataset.confirmed;
}, true);

/* --- unsaved forms warn before the page is left */
let dirty = false;
document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) dirty = true; });
document.addEventListener("submit", (event) => { if (event.target.closest("form[data-guard]")) dirty = false; });
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

/* --- a form is sent once */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || form.closest("dialog")) return;
  setTimeout(() => $$("button[type=submit], button:not([type])", form).forEach((button) => { button.disabled = true; }));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) $$("form button[disabled]").forEach((button) => { button.disabled = false; });
});

/* --- filters fold on a phone */
document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-filter-toggle]");
  if (!toggle) return;
  const open = toggle.closest(".pd-filter").classList.toggle("open");
  toggle.setAttribute("aria-expanded", String(open));
});
/* leaving the search box is no second search: typing has already asked */
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-filter] [name=q]")) event.stopPropagation();
}, true);
/* empty filters stay out of the address; sorting and columns are as the address says now, not as it was at first */
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.closest?.("[data-filter]")) return;
  const now = new URLSearchParams(location.search);
  for (const key of ["sort", "cols", "near"]) {
    event.detail.formData.delete(key);
    if (now.get(key)) event.detail.formData.set(key, now.get(key));
  }
  for (const key of [...event.detail.formData.keys()]) {
    if (event.detail.formData.getAll(key).every((value) => value === "")) event.detail.formData.delete(key);
  }
});

/* a drop-down of checkboxes says what is ticked, and closes when one looks elsewhere */
document.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-multi]");
  if (!box) return;
  const names = $$("input:checked + span", box).map((label) => label.textContent);
  $("summary span", box).textContent = names.join("、") || box.dataset.none;
});
document.addEventListener("click", (event) => {
  for (const open of $$("[data-multi][open]")) if (!open.contains(event.target)) open.open = false;
});

/* a choice with data-submit asks anew at once */
document.addEventListener("change", (event) => { if (event.target.matches?.("[data-submit]")) event.target.form.requestSubmit(); });

/* --- dialogs: data-dialog opens one by its id */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dialog]");
  if (button) document.getElementById(button.dataset.dialog)?.showModal();
});

/* --- columns: which, in what order, kept in the address */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-columns] [data-move]");
  if (!button) return;
  const row = button.closest("li");
  if (button.dataset.move === "1") row.nextElementSibling?.after(row);
  else row.previousElementSibling?.before(row);
  button.focus();
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-columns]");
  const wish = event.submitter?.value;
  if (!form || !wish) return;
  const chosen = $$("input[name=cols]:checked", form).map((box) => box.value).join(",");
  const params = new URLSearchParams(location.search);
  params.delete("page");
  params.delete("cols");
  if (wish === "apply" && chosen !== form.dataset.usual) params.set("cols", chosen);
  location.search = params.toString() || "view=0";
});

/* --- saved views: what is kept is the address as it is now; the tab of the address is the open one */
const lookOf = (query) => {
  const params = new URLSearchParams(query);
  for (const key of ["page", "export", "view"]) params.delete(key);
  params.sort();
  return params.toString();
};
function markView() {
  const here = lookOf(location.search);
  for (const tab of $$("[data-view]")) {
    const open = lookOf(tab.dataset.view) === here;
    tab.classList.toggle("active", open);
    if (open) tab.setAttribute("aria-current", "page"); else tab.removeAttribute("aria-current");
  }
  for (const input of $$("[data-view-query]")) input.value = lookOf(location.search);
}
for (const name of ["htmx:pushedIntoHistory", "htmx:afterSettle"]) document.addEventListener(name, markView);

/* --- the way back to a list finds its filters again */
if ($("[data-filter]")) {
  const keep = () => sessionStorage.setItem(`list:${location.pathname}`, location.search);
  keep();
  document.addEventListener("htmx:pushedIntoHistory", keep);
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.pd-back");
  const kept = link && !link.search && sessionStorage.getItem(`list:${link.pathname}`);
  if (kept) link.search = kept;
});

/* --- selection bar: ticked rows, or all rows of the list */
function countChosen(form, all = false) {
  const chosen = $$("input[name=pk]:checked", form).length;
  const bar = $(".pd-bulk", form);
  if (!bar) return;
  const whole = $("[data-all-results]", bar);
  bar.hidden = chosen === 0;
  $("b", bar).textContent = all ? whole.dataset.allResults : chosen;
  if (!whole) return;
  const page = $("[data-page-results]", bar);
  const wholePage = !all && $$("input[name=pk]:not(:checked)", form).length === 0;
  for (const [button, on] of [[whole, all], [page, wholePage]]) {
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("active", on);
  }
  $("input[name=all]", bar).disabled = !all;
  for (const button of $$("[data-not-all]", bar)) button.disabled = all;
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form || !event.target.matches("[data-check-all], input[name=pk]")) return;
  if (event.target.matches("[data-check-all]")) {
    $$("input[name=pk]", form).forEach((box) => { box.checked = event.target.checked; });
  }
  countChosen(form);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-all-results], [data-page-results]");
  if (!button) return;
  const form = button.closest("form");
  $$("input[name=pk], [data-check-all]", form).forEach((box) => { box.checked = true; });
  countChosen(form, button.matches("[data-all-results]"));
});

/* --- a card of a list opens where it is touched; its tick has the whole corner */
document.addEventListener("click", (event) => {
  const corner = event.target.closest("td.pd-check");
  if (corner && event.target === corner) { $("input", corner)?.click(); return; }
  const row = event.target.closest(".pd-table-card[data-bulk] tbody tr");
  if (!row || event.defaultPrevented || !matchMedia("(max-width: 991.98px)").matches) return;
  if (event.target.closest("a, button, input, select, textarea, label, summary, form.crm-cell")) return;
  if (String(getSelection())) return;
  $("td.pd-title a", row)?.click();
});

/* --- a list is as high as the window leaves: its own head and foot stay in sight, the page does not scroll beside it */
function fitList() {
  const box = $(".pd-table-card[data-bulk] .table-responsive");
  if (!box) return;
  const above = box.getBoundingClientRect().top + scrollY;
  const below = box.nextElementSibling?.offsetHeight ?? 0;
  document.documentElement.style.setProperty("--pd-list-top", `${Math.ceil(above + below + 34)}px`);
}
for (const name of ["DOMContentLoaded", "htmx:afterSettle"]) document.addEventListener(name, fitList);
addEventListener("resize", fitList);
fitList();

/* --- what is wrong with a form is in sight, even inside a folded part */
(() => {
  const field = $(".pd-field.has-error");
  if (!field) return;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  field.scrollIntoView({ block: "center" });
  $("input:not([type=hidden]), select, textarea", field)?.focus({ preventScroll: true });
})();

/* --- a button may write what it says into a field */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-put]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.value = button.dataset.put;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

/* --- groups of the navigation fold; which are closed stays in this browser, and the open section is always seen */
(() => {
  const nav = $(".pd-nav");
  if (!nav) return;
  const key = "pd-nav-closed";
  let closed = [];
  try { closed = JSON.parse(localStorage.getItem(key) ?? "[]"); } catch { /* storage is off: all stay open */ }
  for (const head of $$(".pd-nav-group", nav)) {
    const name = head.textContent.trim();
    const links = [];
    for (let item = head.nextElementSibling; item?.classList.contains("pd-nav-link"); item = item.nextElementSibling) links.push(item);
    const show = (open) => {
      head.setAttribute("aria-expanded", String(open));
      links.forEach((link) => link.classList.toggle("pd-folded", !open));
    };
    head.setAttribute("role", "button");
    head.tabIndex = 0;
    show(!closed.includes(name) || links.some((link) => link.classList.contains("active")));
    const toggle = () => {
      const open = head.getAttribute("aria-expanded") !== "true";
      show(open);
      closed = open ? closed.filter((other) => other !== name) : [...closed, name];
      try { localStorage.setItem(key, JSON.stringify(closed)); } catch { /* then it is forgotten */ }
    };
    head.addEventListener("click", toggle);
    head.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
    });
  }
  $(".pd-nav-link.active", nav)?.scrollIntoView({ block: "nearest" });
})();

/* --- keys: / search, j k rows, Enter opens, x ticks, n new */
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, [contenteditable], dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = $$(".pd-table tbody tr");
  const at = rows.findIndex((row) => row.classList.contains("focus"));
  const go = (index) => {
    rows[at]?.classList.remove("focus");
    rows[index]?.classList.add("focus");
    rows[index]?.scrollIntoView({ block: "nearest" });
  };
  if (event.key === "/") { const box = $(".pd-search input"); if (box) { event.preventDefault(); box.focus(); } }
  else if (event.key === "j") go(Math.min(at + 1, rows.length - 1));
  else if (event.key === "k") go(Math.max(at - 1, 0));
  else if (event.key === "Enter" && at >= 0) $("a", rows[at])?.click();
  else if (event.key === "x" && at >= 0) $("input[name=pk]", rows[at])?.click();
  else if (event.key === "n") $("[data-key=n]")?.click();
});

/* --- what came back with an error is said, not swallowed */
document.addEventListener("htmx:responseError", (event) => {
  const texts = $("#toasts").dataset;
  const { status } = event.detail.xhr;
  if (status === 401) askForLogin(texts);
  else toast(status === 403 ? texts.refused : texts.failed.replace("{n}", status), "error");
});
document.addEventListener("htmx:sendError", () => toast($("#toasts").dataset.offline, "error"));

/* The session has ended: said once, and it stays, however often a page that polls asks. */
function askForLogin(texts) {
  if ($(".pd-toast-login")) return;
  const item = Object.assign(document.createElement("div"), { className: "pd-toast pd-toast-error pd-toast-login", textContent: texts.ended });
  const next = encodeURIComponent(location.pathname + location.search);
  item.append(Object.assign(document.createElement("a"), { className: "btn pd-toast-undo", href: `${texts.login}?next=${next}`, textContent: texts.loginText }));
  $("#toasts").append(item);
}

for (const item of $$(".pd-toasts .pd-toast")) setTimeout(() => item.remove(), item.querySelector("button") ? 12000 : 6000);
