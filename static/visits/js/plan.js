/* Plan visits: customers are added one by one and keep their order. */
"use strict";

(() => {
  const list = document.getElementById("chosen");
  if (!list) return;
  const template = document.getElementById("chosen-item");
  document.addEventListener("picker:chosen", (event) => {
    const { id, name } = event.detail;
    if (!id || list.querySelector(`input[value="${Number(id)}"]`)) return;
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector("input").value = id;
    item.querySelector("span").textContent = name;
    item.querySelector("button").setAttribute("aria-label", `${list.dataset.remove} ${name}`);
    list.append(item);
  });
  list.addEventListener("click", (event) => event.target.closest("[data-remove-item]")?.closest("li").remove());

  /* weekdays mean something for a period only */
  const until = document.getElementById("id_until");
  const weekdays = document.getElementById("weekdays-field");
  const show = () => { weekdays.hidden = !until.value; };
  until.addEventListener("input", show);
  show();
})();
