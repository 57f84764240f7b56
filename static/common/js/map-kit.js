/* Our map: PaodianMap.create(element, {center: [lat, lng], zoom, bounds}) → Leaflet map.
   Base layer by <body data-map-tiles="osm | amap | tianditu | none">. All coordinates are WGS-84. Texts come from
   <template id="map-texts"> of common/map_assets.html. */
"use strict";

window.PaodianMap = (() => {
  const HOME = [31.8206, 117.229]; // where a map without any point opens
  const COLOURS = { normal: "#0f766e", done: "#64748b", near: "#b45309", overdue: "#c92a2a" };
  const texts = () => document.getElementById("map-texts")?.dataset ?? {};

  /* --- base layers */
  const OSM = '© <a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">OpenStreetMap</a>';
  function tianditu(layer, key) {
    const query = `SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles`;
    return L.tileLayer(
      `https://t{s}.tianditu.gov.cn/${layer}_w/wmts?${query}&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${encodeURIComponent(key)}`,
      { subdomains: "01234567", maxZoom: 18, attribution: layer === "vec" ? "© 天地图" : "" },
    );
  }
  /* Without tiles: a plain grid with coordinates, drawn here, so that distances can still be judged. */
  const Graticule = window.L?.GridLayer.extend({
    createTile(coords) {
      const size = this.getTileSize();
      const tile = document.createElement("canvas");
      const scale = window.devicePixelRatio || 1;
      tile.width = size.x * scale;
      tile.height = size.y * scale;
      const pen = tile.getContext("2d");
      pen.scale(scale, scale);
      pen.fillStyle = "#f1f5f7";
      pen.fillRect(0, 0, size.x, size.y);
      pen.strokeStyle = "#e6ecf0";
      for (const at of [64.5, 128.5, 192.5]) {
        pen.strokeRect(at, -1, 0, size.y + 2);
        pen.strokeRect(-1, at, size.x + 2, 0);
      }
      pen.strokeStyle = "#d3dde4";
      pen.strokeRect(0.5, 0.5, size.x, size.y);
      const corner = this._map.unproject(coords.scaleBy(size), coords.z);
      pen.fillStyle = "#94a3b8";
      pen.font = "10px sans-serif";
      pen.fillText(`${corner.lat.toFixed(3)}, ${corner.lng.toFixed(3)}`, 5, 13);
      return tile;
    },
  });
  function baseLayers(tiles) {
    if (tiles === "osm") {
      return [L.tileLayer("https://tile.openstreetmap.org/{z}/{x}/{y}.png", { maxZoom: 19, attribution: OSM })];
    }
    if (tiles === "amap") {
      const url = "https://wprd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scl=1&style=7&x={x}&y={y}&z={z}";
      return [L.tileLayer(url, { subdomains: "1234", maxZoom: 18, attribution: "© 高德地图" })];
    }
    if (tiles === "tianditu") {
      const key = document.body.dataset.tiandituKey ?? "";
      return [tianditu("vec", key), tianditu("cva", key)];
    }
    return [new Graticule({ maxZoom: 20 })];
  }

  /* --- the map */
  function create(element, { center, zoom = 13, bounds, ...options } = {}) {
    const tiles = document.body.dataset.mapTiles ?? "none";
    const crs = tiles === "amap" && window.PaodianGcj02 && window.PAODIAN_OUTLINE
      ? window.PaodianGcj02.leafletCrs(L, window.PAODIAN_OUTLINE.rings)
      : L.CRS.EPSG3857;
    const map = L.map(element, { crs, zoomControl: false, maxZoom: 19, minZoom: 3, ...options });
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: texts().zoomIn ?? "+", zoomOutTitle: texts().zoomOut ?? "−" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    if (bounds) map.fitBounds(bounds, { padding: [30, 30], maxZoom: 17 });
    else map.setView(center ?? HOME, zoom);
    for (const layer of baseLayers(tiles)) layer.addTo(map);
    element.paodianMap = map; // for pages that add to a map another script made, and for tests
    return map;
  }
  /* Show all of these points; a single one at street level. */
  function fit(map, points, options = {}) {
    if (points.length) map.fitBounds(L.latLngBounds(points), { padding: [36, 36], maxZoom: 16, animate: false, ...options });
  }

  /* --- marks */
  function pin(lat, lng, { label = "", tone = "normal", title = "", ...options } = {}) {
    const body = document.createElement("div");
    body.className = `pd-pin pd-pin-${tone}`;
    body.textContent = label;
    const icon = L.divIcon({ className: "pd-pin-box", html: body, iconSize: [26, 26], iconAnchor: [13, 13], popupAnchor: [0, -14] });
    return L.marker([lat, lng], { icon, title, alt: title || String(label), ...options });
  }
  /* A light dot for maps of thousands: drawn on canvas. */
  function dot(lat, lng, { tone = "normal", radius = 6, ...options } = {}) {
    return L.circleMarker([lat, lng], { radius, color: "#fff", weight: 1.5, fillColor: COLOURS[tone], fillOpacity: 1, ...options });
  }
  function accuracyCircle(lat, lng, metres, { tone = "near" } = {}) {
    return L.circle([lat, lng], { radius: metres, color: COLOURS[tone], weight: 1, fillOpacity: 0.08, interactive: false });
  }
  function line(points, { tone = "normal", dashed = false, ...options } = {}) {
    return L.polyline(points, { color: COLOURS[tone], weight: 4, opacity: 0.85, dashArray: dashed ? "4 8" : null, ...options });
  }
  function cluster(options = {}) {
    return L.markerClusterGroup({
      maxClusterRadius: 56,
      showCoverageOnHover: false,
      chunkedLoading: true,
      iconCreateFunction(group) {
        const count = group.getChildCount();
        const body = document.createElement("div");
        const worst = group.getAllChildMarkers().reduce((tone, marker) => {
          const own = marker.options.tone;
          return own === "overdue" || tone === "overdue" ? "overdue" : own === "near" ? "near" : tone;
        }, "normal");
        body.className = `pd-cluster pd-cluster-${worst}`;
        body.textContent = count;
        const size = count < 10 ? 32 : count < 100 ? 38 : 46;
        return L.divIcon({ html: body, className: "pd-pin-box", iconSize: [size, size] });
      },
      ...options,
    });
  }

  /* --- where am I: one fix, shown with its accuracy; rejects with a text for people */
  function locate(map, { show = true } = {}) {
    return new Promise((resolve, reject) => {
      if (!navigator.geolocation) { reject(new Error(texts().noLocation ?? "No location")); return; }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const fix = { lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy };
          if (map && show) {
            map.paodianMe?.remove();
            map.paodianMe = L.layerGroup([
              accuracyCircle(fix.lat, fix.lng, fix.accuracy, { tone: "normal" }),
              L.circleMarker([fix.lat, fix.lng], { radius: 7, color: "#fff", weight: 3, fillColor: "#2563eb", fillOpacity: 1 }),
            ]).addTo(map);
          }
          resolve(fix);
        },
        (error) => reject(new Error((error.code === 1 ? texts().refused : texts().noLocation) ?? error.message)),
        { enableHighAccuracy: true, timeout: 10000, maximumAge: 15000 },
      );
    });
  }

  return { create, fit, pin, dot, accuracyCircle, line, cluster, locate, COLOURS };
})();
