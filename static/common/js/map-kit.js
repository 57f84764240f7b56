/* Our map: PaodianMap.create(element, {center: [lat, lng], zoom, bounds}) → Leaflet map.
   All coordinates are WGS-84, whatever lies under them: see map-layers.js. Texts come from <template id="map-texts">
   of common/map_assets.html. */
"use strict";

window.PaodianMap = (() => {
  const HOME = [31.8206, 117.229]; // where a map without any point opens
  const COLOURS = { normal: "#0f766e", done: "#64748b", near: "#b45309", overdue: "#c92a2a" };
  const texts = () => document.getElementById("map-texts")?.dataset ?? {};

  /* --- the map */
  function create(element, { center, zoom = 13, bounds, ...options } = {}) {
    const base = window.PaodianLayers.first();
    const map = L.map(element, { crs: window.PaodianLayers.crsOf(base), zoomControl: false, maxZoom: 19, minZoom: 3, ...options });
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: texts().zoomIn ?? "+", zoomOutTitle: texts().zoomOut ?? "−" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    if (bounds) map.fitBounds(bounds, { padding: [30, 30], maxZoom: 17 });
    else map.setView(center ?? HOME, zoom);
    window.PaodianLayers.show(map, base);
    window.PaodianLayers.addSwitch(map);
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
