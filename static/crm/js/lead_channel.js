/* Channel pages: copy buttons, showing the secret, fields that depend on a choice. */
"use strict";

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const field = document.getElementById(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Plain http has no clipboard: mark the text, so that one key copies it.
      field.type = field.type === "password" ? "text" : field.type;
      field.select();
      document.execCommand("copy");
    }
    const label = copy.innerHTML;
    copy.textContent = copy.dataset.copied;
    setTimeout(() => { copy.innerHTML = label; }, 1500);
    return;
  }
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) {
    const field = document.getElementById(reveal.dataset.reveal);
    field.type = field.type === "password" ? "text" : "password";
  }
});

for (const form of document.querySelectorAll("[data-channel-form], [data-import-mapping]")) {
  const show = () => {
    const mode = form.querySelector("[name=assign_mode]");
    for (const part of form.querySelectorAll("[data-assign]")) part.hidden = mode.value !== part.dataset.assign;
    const kind = form.querySelector("[name=kind]");
    const withForm = !kind || ["web_form", "exhibition"].includes(kind.value);
    for (const part of form.querySelectorAll("[data-form-kind]")) part.hidden = !withForm;
  };
  form.addEventListener("change", show);
  show();
}

/* A value that gets no field is drawn lighter. */
document.addEventListener("change", (event) => {
  const row = event.target.matches("select[name^=field-]") && event.target.closest("tr");
  if (row) row.classList.toggle("pd-unmapped", event.target.value === "");
});
