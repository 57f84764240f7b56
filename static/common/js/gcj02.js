/* Maps drawn in GCJ-02 (AMap): a Leaflet CRS that shifts while projecting, so that every coordinate a page
   hands over or gets back stays WGS-84 (domain-rules §9). Same formulas and outline as common/geo. */
"use strict";

(function (root) {
  const AXIS_M = 6378245;
  const ECCENTRICITY_SQUARED = 0.00669342162296594323;
  const BANDS_PER_DEGREE = 4;

  function waves(v, by1, by3, by12, by30) {
    const turn = v * Math.PI;
    return by1 * Math.sin(turn) + by3 * Math.sin(turn / 3) + by12 * Math.sin(turn / 12) + by30 * Math.sin(turn / 30);
  }
  function shift(lat, lng) {
    const x = lng - 105, y = lat - 35;
    const ripple = 20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
      + 2 / 3 * (ripple + waves(y, 20, 40, 160, 320));
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
      + 2 / 3 * (ripple + waves(x, 20, 40, 150, 300));
    const phi = lat * Math.PI / 180;
    const w = 1 - ECCENTRICITY_SQUARED * Math.sin(phi) ** 2;
    const radian = Math.PI / 180;
    return [
      lat + north / (radian * AXIS_M * (1 - ECCENTRICITY_SQUARED) / (w * Math.sqrt(w))),
      lng + east / (radian * AXIS_M / Math.sqrt(w) * Math.cos(phi)),
    ];
  }

  /* Even-odd rule over the outline's edges, sorted into bands of a quarter degree. */
  function outlineTest(rings) {
    const bands = new Map();
    for (const flat of rings) {
      const count = flat.length / 2;
      for (let i = 0; i < count; i += 1) {
        const next = (i + 1) % count;
        const x1 = flat[2 * i] / 1000, y1 = flat[2 * i + 1] / 1000;
        const x2 = flat[2 * next] / 1000, y2 = flat[2 * next + 1] / 1000;
        if (y1 === y2) continue;
        const edge = [Math.min(y1, y2), Math.max(y1, y2), y1 < y2 ? x1 : x2, (x2 - x1) / (y2 - y1)];
        for (let band = Math.floor(edge[0] * BANDS_PER_DEGREE); band <= Math.floor(edge[1] * BANDS_PER_DEGREE); band += 1) {
          if (!bands.has(band)) bands.set(band, []);
          bands.get(band).push(edge);
        }
      }
    }
    return (lat, lng) => {
      let inside = false;
      for (const [low, high, xLow, slope] of bands.get(Math.floor(lat * BANDS_PER_DEGREE)) ?? []) {
        if (low <= lat && lat < high && lng < xLow + (lat - low) * slope) inside = !inside;
      }
      return inside;
    };
  }

  function converter(rings) {
    const inside = outlineTest(rings);
    const toGcj = (lat, lng) => (inside(lat, lng) ? shift(lat, lng) : [lat, lng]);
    const toWgs = (lat, lng) => {
      let guessLat = lat, guessLng = lng;
      for (let step = 0; step < 30; step += 1) {
        const [imageLat, imageLng] = shift(guessLat, guessLng);
        guessLat -= imageLat - lat;
        guessLng -= imageLng - lng;
        if (Math.abs(imageLat - lat) < 1e-10 && Math.abs(imageLng - lng) < 1e-10) break;
      }
      return inside(guessLat, guessLng) ? [guessLat, guessLng] : [lat, lng];
    };
    return { toGcj, toWgs };
  }

  function leafletCrs(L, rings) {
    const { toGcj, toWgs } = converter(rings);
    const mercator = L.Projection.SphericalMercator;
    const projection = L.extend({}, mercator, {
      project: (point) => mercator.project(L.latLng(toGcj(point.lat, point.lng))),
      unproject: (point) => {
        const place = mercator.unproject(point);
        return L.latLng(toWgs(place.lat, place.lng));
      },
    });
    return L.extend({}, L.CRS.EPSG3857, { projection });
  }

  root.PaodianGcj02 = { converter, leafletCrs };
})(typeof window === "undefined" ? globalThis : window);
