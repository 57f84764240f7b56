/* A heat layer of our maps: PaodianHeat.layer() → Leaflet layer with show(points, radius) and `limit`, the value of the
   deepest colour. Points are [lat, lng, weight]. The value of a place is the sum of the weights within the radius (pixels),
   each less the further away it stands: whole on the spot, nothing at the rim. So the scale has the unit of the weights.
   PaodianHeat.gradient() is the scale as a CSS colour. */
"use strict";

window.PaodianHeat = (() => {
  const RAMP = [[254, 240, 138], [251, 191, 36], [249, 115, 22], [190, 24, 93], [88, 28, 135]];
  const GRAIN = 4; // pixels of the map a side for one value: the picture is drawn small and enlarged smoothly
  const EDGE = 0.15; // of the map's size, drawn beyond it at each side for dragging
  const FULL = 0.2; // the share of the limit from which colours hide as much of the map as they may
  const COVER = 190; // of 255

  function colour(share) {
    const at = Math.min(share, 1) * (RAMP.length - 1);
    const low = Math.min(Math.floor(at), RAMP.length - 2);
    return RAMP[low].map((part, i) => Math.round(part + (RAMP[low + 1][i] - part) * (at - low)));
  }
  /* 1, 2 or 5 and noughts: a limit that can be read. */
  function round(value) {
    const unit = 10 ** Math.floor(Math.log10(value));
    return unit * [1, 2, 5, 10].find((step) => unit * step >= value);
  }

  const Layer = L.Layer.extend({
    points: [],
    radius: 0,
    limit: 0,

    onAdd(map) {
      this.canvas = L.DomUtil.create("canvas", "pt-heat leaflet-zoom-hide");
      this.canvas.setAttribute("aria-hidden", "true");
      this.getPane().prepend(this.canvas); // under the lines that are drawn there
      map.on("moveend viewreset resize", this.draw, this);
      this.draw();
    },
    onRemove(map) {
      map.off("moveend viewreset resize", this.draw, this);
      this.canvas.remove();
    },
    show(points, radius) {
      this.points = points;
      this.radius = radius;
      if (this._map) this.draw();
    },
    draw() {
      const size = this._map.getSize();
      const edge = size.multiplyBy(EDGE).round();
      const corner = edge.multiplyBy(-1);
      this.canvas.width = size.x + 2 * edge.x;
      this.canvas.height = size.y + 2 * edge.y;
      L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint(corner));
      const wide = Math.ceil(this.canvas.width / GRAIN), high = Math.ceil(this.canvas.height / GRAIN);
      const places = this.points.map(([lat, lng, weight]) => {
        const pixel = this._map.latLngToContainerPoint([lat, lng]).subtract(corner);
        return [pixel.x / GRAIN, pixel.y / GRAIN, weight];
      });
      const values = this.sum(places, wide, high);
      this.limit = this.measure(places, values, wide, high);
      if (this.limit) this.paint(values, wide, high);
    },
    sum(places, wide, high) {
      const values = new Float32Array(wide * high);
      const reach = this.radius / GRAIN, square = reach * reach;
      for (const [x, y, weight] of places) {
        const top = Math.max(0, Math.ceil(y - reach)), bottom = Math.min(high - 1, Math.floor(y + reach));
        const left = Math.max(0, Math.ceil(x - reach)), right = Math.min(wide - 1, Math.floor(x + reach));
        for (let row = top; row <= bottom; row++) {
          for (let column = left; column <= right; column++) {
            const near = 1 - ((column - x) ** 2 + (row - y) ** 2) / square;
            if (near > 0) values[row * wide + column] += weight * near * near;
          }
        }
      }
      return values;
    },
    /* What nineteen of twenty points in view do not exceed, so that one giant does not pale the others. */
    measure(places, values, wide, high) {
      const found = [];
      for (const [x, y] of places) {
        const column = Math.round(x), row = Math.round(y);
        if (column >= 0 && row >= 0 && column < wide && row < high) found.push(values[row * wide + column]);
      }
      if (!found.length) return 0;
      found.sort((a, b) => a - b);
      return round(found[Math.floor((found.length - 1) * 0.95)]);
    },
    paint(values, wide, high) {
      const small = document.createElement("canvas");
      small.width = wide;
      small.height = high;
      const context = small.getContext("2d");
      const picture = context.createImageData(wide, high);
      for (let i = 0; i < values.length; i++) {
        if (!values[i]) continue;
        const share = values[i] / this.limit;
        picture.data.set([...colour(share), Math.round(COVER * Math.min(1, share / FULL))], i * 4);
      }
      context.putImageData(picture, 0, 0);
      const large = this.canvas.getContext("2d");
      large.imageSmoothingQuality = "high";
      large.drawImage(small, 0, 0, wide * GRAIN, high * GRAIN);
    },
  });

  return {
    layer: () => new Layer(),
    gradient: () => `linear-gradient(to right, ${RAMP.map((parts) => `rgb(${parts})`).join(", ")})`,
  };
})();
