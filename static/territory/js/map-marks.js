/* Marks of the customer map: a cluster with its ring of classes, a pin with its class's sign, the legend.
   PaodianMapMarks.cluster(lat, lng, count, counts, legend), .pin(lat, lng, entry), .legend(box, legend).
   An entry of a legend is [sign, label, tone, count]; the sign tells a class without its colour. */
"use strict";

window.PaodianMapMarks = (() => {
  // White text on each has a contrast of 4.5 at least.
  const TONES = {
    0: "#64748b", 1: "#0f766e", 2: "#1d4ed8", 3: "#b45309", 4: "#c92a2a", 5: "#7e22ce",
    p0: "#0f766e", p1: "#1d4ed8", p2: "#b45309", p3: "#9d174d", p4: "#3f6212", p5: "#7e22ce", p6: "#0e7490", p7: "#854d0e",
  };
  const between = document.getElementById("map-texts").dataset; // marks between words, as the language writes them
  const short = new Intl.NumberFormat(document.documentElement.lang || "zh-Hans", { notation: "compact", maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(document.documentElement.lang || "zh-Hans");

  function ring(counts, legend) {
    const total = counts.reduce((sum, n) => sum + n, 0);
    let at = 0;
    const parts = [];
    counts.forEach((n, place) => {
      if (!n) return;
      const until = at + (n / total) * 360;
      parts.push(`${TONES[legend[place][2]]} ${at.toFixed(1)}deg ${until.toFixed(1)}deg`);
      at = until;
    });
    return parts.length > 1 ? `conic-gradient(${parts.join(",")})` : TONES[legend[counts.findIndex((n) => n)][2]];
  }
  function words(count, counts, legend, text) {
    const total = text.replace("N", whole.format(count));
    const parts = counts.map((n, place) => (n ? `${legend[place][1]} ${whole.format(n)}` : "")).filter(Boolean);
    return legend.length > 1 ? total + between.colon + parts.join(between.comma) : total;
  }
  function icon(count, counts, legend) {
    const size = Math.round(30 + 7 * Math.min(4.5, Math.log10(count)));
    const body = document.createElement("div");
    body.className = "pt-cluster";
    body.style.background = ring(counts, legend);
    const inner = document.createElement("span");
    inner.textContent = short.format(count);
    const most = counts.indexOf(Math.max(...counts));
    if (legend.length > 1 && legend[most][0]) {
      const sign = document.createElement("small");
      sign.textContent = legend[most][0];
      inner.append(sign);
    }
    body.append(inner);
    return L.divIcon({ html: body, className: "pd-pin-box", iconSize: [size, size] });
  }
  function cluster(lat, lng, count, counts, legend, text) {
    const title = words(count, counts, legend, text);
    return L.marker([lat, lng], { icon: icon(count, counts, legend), title, alt: title });
  }
  function pin(lat, lng, entry) {
    const mark = PaodianMap.pin(lat, lng, { label: entry[0], title: entry[1] });
    mark.options.icon.options.html.style.background = TONES[entry[2]];
    return mark;
  }
  /* Few points near each other, gathered in the browser: the same mark as the server's clusters. */
  function gather(legend, text) {
    return {
      maxClusterRadius: (zoom) => (zoom >= 16 ? 22 : 40),
      iconCreateFunction(group) {
        const counts = legend.map(() => 0);
        for (const mark of group.getAllChildMarkers()) counts[mark.options.place] += 1;
        const made = icon(group.getChildCount(), counts, legend);
        made.options.html.title = words(group.getChildCount(), counts, legend, text);
        return made;
      },
    };
  }
  function legend(box, rows) {
    box.replaceChildren(...rows.map(([sign, label, tone, count]) => {
      const row = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = TONES[tone];
      swatch.textContent = sign;
      const name = document.createElement("span");
      name.textContent = label;
      const number = document.createElement("b");
      number.textContent = whole.format(count);
      row.append(swatch, name, number);
      return row;
    }));
  }
  return { cluster, pin, gather, legend, number: whole };
})();
