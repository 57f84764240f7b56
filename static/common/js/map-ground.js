/* Our own ground for maps without tiles: land and sea, lakes, large rivers, names of cities, and degrees. It is drawn
   here from 56 kB of Natural Earth (common/data/ground.json, asked for once), in the datum of the map it lies under.
   Coasts are good to about a kilometre. It has no borders: see docs/dependencies.md. */
"use strict";

window.PaodianGround = (() => {
  const COLOURS = { sea: "#dfe9ef", land: "#f5f6f3", coast: "#b9c7cf", river: "#c6d8e2", grid: "#d5dee4", degree: "#7b8a99", city: "#5b6b7b" };
  const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
  const CITY_ZOOM = [0, 3, 4, 4, 5, 6, 6, 7, 8]; // from which zoom a city of this rank is named
  const CITY_SIZE = 12; // px of its letters
  const texts = () => document.getElementById("map-texts")?.dataset ?? {};
  let asked = null;

  /* Lines are pairs of zigzag numbers in base 32, thousandths of a degree, each the step from the one before. */
  function unpack(text) {
    const flat = [];
    let at = 0;
    const sum = [0, 0];
    for (let axis = 0; at < text.length; axis = 1 - axis) {
      let value = 0;
      for (let shift = 0, more = true; more; shift += 5) {
        const part = text.charCodeAt(at) - 63;
        at += 1;
        value |= (part & 31) << shift;
        more = part >= 32;
      }
      sum[axis] += value & 1 ? ~(value >> 1) : value >> 1;
      if (axis) flat.push([sum[0] / 1000, sum[1] / 1000]);
    }
    return flat;
  }
  function load() {
    asked ??= (async () => {
      const response = await fetch(texts().ground);
      if (!response.ok) throw new Error(`ground ${response.status}`);
      const { land, lakes, rivers, cities } = await response.json();
      return { land: land.map(unpack), lakes: lakes.map(unpack), rivers: rivers.map(unpack), cities };
    })();
    return asked;
  }

  /* Places as shares of the square world, with their bounds; once for each datum. */
  const placed = new Map();
  function place(data, crs) {
    if (placed.has(crs)) return placed.get(crs);
    const share = (lat, lng) => { const { x, y } = crs.latLngToPoint(L.latLng(lat, lng), 0); return L.point(x / 256, y / 256); };
    const shapes = (lines) => lines.map((line) => { const points = line.map(([lat, lng]) => share(lat, lng)); return { points, bounds: L.bounds(points) }; });
    const chinese = document.documentElement.lang.startsWith("zh");
    const result = {
      land: shapes(data.land), lakes: shapes(data.lakes), rivers: shapes(data.rivers),
      cities: data.cities.map(([rank, zh, en, lat, lng]) => ({ rank, name: chinese ? zh : en, at: share(lat, lng) })),
      named: new Map(),
    };
    placed.set(crs, result);
    return result;
  }

  /* The cities named at a zoom: the larger ones first, and none over the name of another. */
  function namedAt(ground, zoom, world) {
    if (ground.named.has(zoom)) return ground.named.get(zoom);
    const taken = [];
    const chosen = ground.cities.filter(({ rank, name, at }) => {
      if (zoom < CITY_ZOOM[rank]) return false;
      const point = at.multiplyBy(world);
      const width = [...name].reduce((sum, letter) => sum + (letter > "\u2e80" ? CITY_SIZE : CITY_SIZE * 0.6), 10);
      const box = L.bounds(point.subtract([4, CITY_SIZE / 2 + 1]), point.add([width, CITY_SIZE / 2 + 1]));
      if (taken.some((other) => other.intersects(box))) return false;
      taken.push(box);
      return true;
    });
    ground.named.set(zoom, chosen);
    return chosen;
  }

  const Ground = window.L?.GridLayer.extend({
    options: { attribution: "Natural Earth", zIndex: 1, maxZoom: 22 },
    onAdd(map) {
      L.GridLayer.prototype.onAdd.call(this, map);
      load().then((data) => { this.data = data; if (this._map) this.redraw(); }, () => { asked = null; }); // degrees alone until the next map asks again
    },
    createTile(coords) {
      const size = this.getTileSize();
      const tile = document.createElement("canvas");
      const ratio = window.devicePixelRatio || 1;
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      const pen = tile.getContext("2d");
      pen.scale(ratio, ratio);
      pen.fillStyle = this.data ? COLOURS.sea : COLOURS.land;
      pen.fillRect(0, 0, size.x, size.y);
      const crs = this._map.options.crs;
      const world = crs.scale(coords.z);
      const origin = coords.scaleBy(size);
      const ground = this.data && place(this.data, crs);
      const view = L.bounds(origin.divideBy(world), origin.add(size).divideBy(world));
      const local = (point) => point.multiplyBy(world).subtract(origin);
      if (ground) this.drawShapes(pen, ground, view, local, size);
      this.drawDegrees(pen, crs, coords, origin, size);
      if (ground) this.drawCities(pen, namedAt(ground, coords.z, world), local, size);
      return tile;
    },
    drawShapes(pen, ground, view, local, size) {
      const margin = L.bounds(L.point(-20, -20), size.add([20, 20]));
      const path = (points, closed) => {
        pen.beginPath();
        points.forEach((point, index) => { if (index) pen.lineTo(point.x, point.y); else pen.moveTo(point.x, point.y); });
        if (closed) pen.closePath();
      };
      pen.strokeStyle = COLOURS.coast;
      for (const [shapes, fill] of [[ground.land, COLOURS.land], [ground.lakes, COLOURS.sea]]) {
        pen.fillStyle = fill;
        for (const { points, bounds } of shapes) {
          if (!bounds.intersects(view)) continue;
          // Clipped with a margin, so that the edge of the clipping stays out of sight.
          path(L.PolyUtil.clipPolygon(points.map(local), margin), true);
          pen.fill();
          pen.stroke();
        }
      }
      pen.strokeStyle = COLOURS.river;
      pen.lineWidth = 1.5;
      for (const { points, bounds } of ground.rivers) {
        if (!bounds.intersects(view)) continue;
        path(points.map(local), false);
        pen.stroke();
      }
      pen.lineWidth = 1;
    },
    drawDegrees(pen, crs, coords, origin, size) {
      const { lat: north, lng: west } = crs.pointToLatLng(origin, coords.z);
      const { lat: south, lng: east } = crs.pointToLatLng(origin.add(size), coords.z);
      const step = STEPS.findLast((candidate) => candidate > (east - west) * 0.7) ?? STEPS[0];
      const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      const middle = { lat: (north + south) / 2, lng: (west + east) / 2 };
      pen.strokeStyle = COLOURS.grid;
      pen.fillStyle = COLOURS.degree;
      pen.font = "10px sans-serif";
      for (let lng = Math.ceil(west / step) * step; lng < east; lng += step) {
        const x = Math.round(crs.latLngToPoint(L.latLng(middle.lat, lng), coords.z).x - origin.x) + 0.5;
        pen.strokeRect(x, -1, 0, size.y + 2);
        if (coords.y % 2 === 0 && x < size.x - 48) pen.fillText(`${Math.abs(lng).toFixed(places)}°${lng < 0 ? "W" : "E"}`, x + 3, 11);
      }
      for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
        const y = Math.round(crs.latLngToPoint(L.latLng(lat, middle.lng), coords.z).y - origin.y) + 0.5;
        pen.strokeRect(-1, y, size.x + 2, 0);
        if (coords.x % 2 === 0 && y > 12) pen.fillText(`${Math.abs(lat).toFixed(places)}°${lat < 0 ? "S" : "N"}`, 4, y - 3);
      }
    },
    drawCities(pen, cities, local, size) {
      pen.lineJoin = "round";
      pen.textBaseline = "middle";
      for (const { rank, name, at } of cities) {
        const { x, y } = local(at);
        if (x < -120 || x > size.x + 12 || y < -12 || y > size.y + 12) continue; // a name may begin in the tile before
        pen.font = `${rank < 3 ? 600 : 400} ${CITY_SIZE}px sans-serif`;
        pen.fillStyle = COLOURS.city;
        pen.beginPath();
        pen.arc(x, y, 2.5, 0, 2 * Math.PI);
        pen.fill();
        pen.strokeStyle = "rgba(255, 255, 255, 0.85)";
        pen.lineWidth = 3;
        pen.strokeText(name, x + 6, y);
        pen.fillText(name, x + 6, y);
        pen.lineWidth = 1;
      }
    },
  });

  return { layer: (options) => new Ground(options), unpack };
})();
