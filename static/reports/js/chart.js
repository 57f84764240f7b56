// Draws every [data-chart] from the JSON in the element it names (see reports/rules/charts.py). Tooltips are drawn on the
// canvas: HTML ones carry style attributes, which our Content-Security-Policy refuses.
// The library takes longer to run than the server to answer, so it begins only after the page has asked for its cards.
(() => {
  const { library } = document.currentScript.dataset;
  const COLOURS = ["#0d9488", "#2563a8", "#c2710c", "#7c5cbf", "#5b7f1e", "#b3446c", "#4b7d8c", "#8a6d3b", "#64748b", "#2f9e44"];
  const BEFORE = "#b8c2cc";
  const INK = "#1f2a37";
  const FAINT = "#e5e9ee";
  const FONT = getComputedStyle(document.body).fontFamily;
  const PHONE_BARS = 15;
  const CARD_BARS = 12;
  const drawn = new Map();

  // Making a format costs a hundred times as much as using it.
  const formats = [0, 1, 2].map((maximumFractionDigits) => new Intl.NumberFormat("zh-CN", { maximumFractionDigits }));
  const fen = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const number = (value, places) => formats[places].format(value);
  const clock = (seconds) => {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds) % 60];
    return (parts[0] ? parts : parts.slice(1)).map((part) => String(part).padStart(2, "0")).join(":");
  };
  const text = (unit, value) => {
    if (value === null || value === undefined) return "–";
    if (unit === "money") return (value < 0 ? "−¥" : "¥") + fen.format(Math.abs(value));
    if (unit === "percent") return `${number(value * 100, 1)}%`;
    if (unit === "seconds") return clock(value);
    if (unit === "metres") return value >= 1000 ? `${number(value / 1000, 1)} km` : `${number(value, 0)} m`;
    return number(value, unit === "count" ? 0 : 2);
  };
  const short = (unit, value) => {
    if (unit === "percent") return `${number(value * 100, 0)}%`;
    if (unit === "seconds") return value >= 3600 ? `${number(value / 3600, 1)} h` : `${number(value / 60, 0)} min`;
    if (unit === "metres") return `${number(value / 1000, 0)} km`;
    const chinese = document.documentElement.lang.startsWith("zh");
    const steps = chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e6, "M"], [1e3, "k"]];
    const step = steps.find(([size]) => Math.abs(value) >= size);
    return step ? number(value / step[0], 1) + step[1] : number(value, 1);
  };

  const cut = (label, most) => (label.length > most ? `${label.slice(0, most - 1)}…` : label);

  // Many or long names stand beside lying bars, few short ones under standing ones.
  const lying = (spec, isPhone) =>
    spec.kind === "bar" && (isPhone || spec.labels.length > 12 || spec.labels.some((label) => label.length > 6));

  function axes(spec, isPhone) {
    const isLine = spec.kind === "line";
    const lies = lying(spec, isPhone);
    const most = lies ? (isPhone ? 7 : 14) : 12;
    const names = {
      type: "category",
      data: spec.labels,
      inverse: lies,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: INK, formatter: (label) => cut(label, most), hideOverlap: isLine, interval: isLine ? "auto" : 0 },
      boundaryGap: !isLine,
    };
    const values = {
      type: "value",
      splitLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: INK, formatter: (value) => short(spec.series[0].unit, value), hideOverlap: true },
    };
    return lies ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  }

  function cartesian(spec, isPhone) {
    const alone = lying(spec, isPhone) && spec.series.length === 1;
    const series = spec.series.map((entry) => ({
      name: entry.name,
      type: spec.kind === "line" ? "line" : "bar",
      data: entry.values,
      stack: spec.is_stacked ? "all" : undefined,
      barMaxWidth: 26,
      symbolSize: 6,
      itemStyle: entry.is_before ? { color: BEFORE } : undefined,
      lineStyle: entry.is_before ? { type: "dashed", color: BEFORE } : { width: 2 },
      areaStyle: spec.kind === "line" && spec.series.length === 1 ? { opacity: 0.1 } : undefined,
      showSymbol: spec.labels.length <= 45,
      label: alone ? { show: true, position: "right", color: INK, formatter: (point) => text(entry.unit, point.value) } : undefined,
    }));
    const legend = spec.series.length > 1 ? { type: "scroll", top: 0, textStyle: { color: INK } } : undefined;
    const grid = { left: 8, right: alone ? 84 : spec.kind === "line" ? 34 : 20, top: legend ? 34 : 14, bottom: 4, containLabel: true };
    return { ...axes(spec, isPhone), series, legend, grid, tooltip: { trigger: "axis", axisPointer: { type: "shadow" } } };
  }

  function funnel(spec, isPhone) {
    const [entry] = spec.series;
    // Words stand beside the funnel, where a thin stage leaves them readable; beside the figure its share of the stage before.
    const label = {
      position: "right", color: INK, fontSize: 13,
      formatter: (point) => {
        const before = entry.values[point.dataIndex - 1];
        const share = before ? `  ${number((point.value / before) * 100, 0)}%` : "";
        return `${cut(point.name, 7)}  ${text(entry.unit, point.value)}${share}`;
      },
    };
    const data = spec.labels.map((name, at) => ({ name, value: entry.values[at] }));
    const place = isPhone ? { left: 0, right: "42%" } : { left: "18%", right: "34%" };
    return {
      series: [{ type: "funnel", data, sort: "none", minSize: "6%", gap: 3, ...place, top: 8, bottom: 8, label, labelLine: { length: 10, lineStyle: { color: BEFORE } } }],
      tooltip: { trigger: "item" },
    };
  }

  function pie(spec, isPhone) {
    const [entry] = spec.series;
    const data = spec.labels.map((name, at) => ({ name, value: entry.values[at] }));
    const sum = entry.values.reduce((all, value) => all + (value || 0), 0);
    const share = (point) => `${sum ? number((point.value / sum) * 100, 1) : 0}%`;
    const label = { color: INK, overflow: "none", formatter: (point) => `${cut(point.name, 7)}${isPhone ? "\n" : " "}${share(point)}` };
    // In the middle the whole, as short as the axes say it.
    const whole = { type: "text", left: "center", top: "middle", silent: true, style: { text: short(entry.unit, sum), fill: INK, fontSize: isPhone ? 15 : 18, fontWeight: 600, fontFamily: FONT } };
    return {
      graphic: [whole],
      series: [{ type: "pie", data, radius: isPhone ? ["36%", "58%"] : ["44%", "70%"], minAngle: 2, label, labelLine: { length: 8, length2: 6 } }],
      tooltip: { trigger: "item" },
    };
  }

  function heat(spec, isPhone) {
    const places = spec.series.flatMap((entry, x) => entry.values.map((value, y) => [x, y, value ?? 0]));
    const most = Math.max(1, ...places.map((point) => point[2]));
    // Figures stand in the cells as long as there is room for them, light on dark cells.
    const roomy = spec.series.length <= (isPhone ? 7 : 16);
    const data = places.map((value) => ({ value, label: { color: value[2] > most * 0.5 ? "#fff" : INK } }));
    const label = { show: roomy, fontSize: 11, formatter: (point) => (point.value[2] ? short(spec.series[point.value[0]].unit, point.value[2]) : "") };
    const names = (values, more) => ({ type: "category", data: values, axisTick: { show: false }, axisLabel: { color: INK }, ...more });
    return {
      xAxis: names(spec.series.map((entry) => entry.name)),
      yAxis: names(spec.labels, { inverse: true }),
      grid: { left: 8, right: 12, top: 10, bottom: 44, containLabel: true },
      visualMap: {
        min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 12,
        inRange: { color: ["#eef6f5", "#7cc5bd", "#0d9488", "#0b4f49"] }, textStyle: { color: INK },
        formatter: (value) => short(spec.series[0].unit, value),
      },
      series: [{ type: "heatmap", data, label, itemStyle: { borderColor: "#fff", borderWidth: 1 } }],
      tooltip: { trigger: "item" },
    };
  }

  function words(spec) {
    return (points) => {
      const list = Array.isArray(points) ? points : [points];
      if (spec.kind === "heat") {
        const [x, y, value] = list[0].value;
        return `${spec.labels[y]} · ${spec.series[x].name}\n${text(spec.series[x].unit, value)}`;
      }
      if (spec.kind === "pie" || spec.kind === "funnel") return `${list[0].name}\n${text(spec.series[0].unit, list[0].value)}`;
      const lines = list.map((point) => `${point.seriesName}  ${text(spec.series[point.seriesIndex].unit, point.value)}`);
      return [list[0].name, ...lines].join("\n");
    };
  }

  function option(spec, isPhone) {
    const made = ({ pie, funnel, heat }[spec.kind] || cartesian)(spec, isPhone);
    const look = { backgroundColor: INK, borderWidth: 0, textStyle: { color: "#fff", fontSize: 13, lineHeight: 20 } };
    made.tooltip = { ...made.tooltip, ...look, renderMode: "richText", confine: true, formatter: words(spec) };
    return { color: COLOURS, textStyle: { fontFamily: FONT, fontSize: 12 }, animation: false, ...made };
  }

  function follow(spec, point) {
    const [series, row] = spec.kind === "heat" ? point.value : [point.seriesIndex, point.dataIndex];
    const address = spec.series[series]?.links?.[row];
    if (address) window.location.assign(address);
  }

  function draw(box) {
    if (drawn.has(box)) return;
    const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    if (spec.kind === "map" || !spec.labels.length) return;
    const isPhone = box.clientWidth < 560;
    // Thirty bars would push the table three screens down, and lie over each other on a card of fixed height: the largest
    // are drawn, the table has them all.
    const isFixed = "fixed" in box.dataset;
    const bars = isFixed ? CARD_BARS : PHONE_BARS;
    const lies = lying(spec, isPhone);
    const cutOff = (isFixed ? lies : isPhone && spec.kind === "bar") && spec.labels.length > bars;
    if (cutOff) for (const list of [spec.labels, ...spec.series.map((entry) => entry.values)]) list.length = bars;
    // A lying bar needs its line of text.
    if (lies) {
      const bar = spec.is_stacked || spec.series.length === 1 ? 28 : 40;
      const wanted = spec.labels.length * bar + 70;
      box.style.height = `${isFixed ? Math.min(250, wanted) : Math.max(150, wanted)}px`;
    }
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(option(spec, isPhone));
    if (cutOff) chart.setOption({ title: { text: box.dataset.first, right: 8, bottom: 24, textStyle: { color: "#556274", fontSize: 12, fontWeight: 400 } } });
    chart.on("click", (point) => follow(spec, point));
    drawn.set(box, chart);
    new ResizeObserver(() => (box.clientWidth !== chart.getWidth() || box.clientHeight !== chart.getHeight()) && chart.resize()).observe(box);
    box.dataset.drawn = "1";
  }

  function start() {
    if (!window.echarts) return;
    for (const [box, chart] of drawn) {
      if (box.isConnected) continue;
      chart.dispose();
      drawn.delete(box);
    }
    document.querySelectorAll("[data-chart]").forEach(draw);
  }
  function load() {
    const script = Object.assign(document.createElement("script"), { src: library });
    script.addEventListener("load", start);
    document.head.append(script);
  }

  document.addEventListener("DOMContentLoaded", load);
  document.addEventListener("htmx:afterSettle", start);
  document.addEventListener("rp:card", start);
  // Paper is narrower than the screen.
  window.addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize({ width: 640 })));
  window.addEventListener("afterprint", () => drawn.forEach((chart) => chart.resize({ width: "auto" })));
})();
