/* Setting money against bills: what is left of it while amounts are typed, and "oldest due first" without a round trip.
   Cents are counted as whole numbers: a float would lose one. */
"use strict";
(() => {
  const form = document.querySelector("form[data-allocate]");
  if (!form) return;
  const inputs = [...form.querySelectorAll("input[data-most]")];
  const left = form.querySelector("[data-left]");
  const cents = (text) => {
    const match = /^\s*(\d{1,12})(?:\.(\d{0,2}))?\d*\s*$/.exec(String(text).replaceAll(",", ""));
    return match ? Number(match[1]) * 100 + Number((match[2] || "").padEnd(2, "0")) : 0;
  };
  const plain = (value) => (value % 100 ? (value / 100).toFixed(2) : String(value / 100));
  const money = (value) => `${value < 0 ? "-" : ""}¥${(Math.abs(value) / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const usable = cents(form.dataset.usable);
  const draw = () => {
    const rest = usable - inputs.reduce((sum, input) => sum + cents(input.value), 0);
    left.textContent = money(rest);
    left.parentElement.classList.toggle("is-over", rest < 0);
    for (const input of inputs) input.classList.toggle("is-invalid", cents(input.value) > cents(input.dataset.most));
  };
  form.addEventListener("input", draw);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-oldest]")) {
      event.preventDefault();
      let rest = usable;
      for (const input of inputs) {
        const take = Math.min(rest, cents(input.dataset.most));
        input.value = take ? plain(take) : "";
        rest -= take;
      }
      draw();
    } else if (button.matches("[data-none]")) {
      for (const input of inputs) input.value = "";
      draw();
    } else if (button.matches("[data-fill]")) {
      const input = form.querySelector(`#${button.dataset.fill}`);
      const others = inputs.reduce((sum, other) => (other === input ? sum : sum + cents(other.value)), 0);
      input.value = plain(Math.max(Math.min(cents(input.dataset.most), usable - others), 0));
      draw();
    }
  });
  draw();
})();
