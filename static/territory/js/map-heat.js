/* The heat layer on the customer map: by what, with marks or without, its scale. */
"use strict";

(() => {
  const { map, page, query, say, follow } = window.PaodianCustomerMap;
  const choice = page.querySelector("[name=heat]");
  const marks = page.querySelector("[data-heat-marks]");
  const key = page.querySelector("[data-heat-key]");
  const layer = PaodianHeat.layer();
  const number = window.PaodianMapMarks.number;
  const canvas = map.getContainer();

  function legend(radius) {
    const isMoney = "money" in choice.selectedOptions[0].dataset;
    const middle = map.getSize().divideBy(2);
    const metres = map.distance(map.containerPointToLatLng(middle), map.containerPointToLatLng(middle.add([radius, 0])));
    const distance = metres < 1000 ? `${Number(metres.toPrecision(2))} m` : `${number.format(Number((metres / 1000).toPrecision(2)))} km`;
    const text = (value) => (isMoney ? "¥" : "") + number.format(value);
    const scale = key.querySelector(".pt-heat-scale");
    scale.hidden = !layer.limit;
    scale.querySelector("i").style.background = PaodianHeat.gradient();
    const [none, half, most] = scale.querySelectorAll("span");
    none.textContent = text(0);
    half.textContent = text(layer.limit / 2);
    most.textContent = `≥ ${text(layer.limit)}`;
    key.querySelector("p").textContent = layer.limit
      ? (isMoney ? key.dataset.textMoney : key.dataset.textCustomers).replace("DISTANCE", distance) : key.dataset.textNone;
    key.hidden = false;
  }

  let request = null;
  async function load() {
    request?.abort();
    if (!choice.value) return;
    const mine = request = new AbortController();
    const part = map.getBounds().pad(0.15);
    const asked = query();
    asked.set("heat", choice.value);
    asked.set("box", [part.getSouth(), part.getWest(), part.getNorth(), part.getEast()].map((degrees) => degrees.toFixed(4)));
    asked.set("zoom", Math.floor(map.getZoom()));
    try {
      const answer = await fetch(`${page.dataset.heat}?${asked}`, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.status);
      const { lat, lng, weight, radius } = await answer.json();
      layer.show(weight.map((x, i) => [lat[i] / 1e5, lng[i] / 1e5, x]), radius);
      legend(radius);
    } catch (error) {
      if (error.name !== "AbortError") say(key.dataset.textFailed, "error");
    }
  }
  function look() {
    const isOn = choice.value !== "";
    marks.hidden = !isOn;
    canvas.classList.toggle("pt-heat-alone", isOn && !marks.querySelector("input").checked);
    if (!isOn) {
      request?.abort();
      layer.remove();
      layer.show([], 0);
      key.hidden = true;
    } else if (!map.hasLayer(layer)) {
      layer.addTo(map);
    }
  }
  choice.addEventListener("change", () => { look(); load(); });
  marks.addEventListener("change", look);
  follow(load);
  look();
  load();
})();
