/* What lies under our maps: the providers of tiles, our own light ground, and the datum each is drawn in (F8).
   This is the one place that knows a layer's datum: every coordinate a page hands to a map or gets from it is WGS-84.
   <body data-map-tiles="osm,amap"> says which may be shown, the first unless the person chose another; our own ground
   is always among them, and comes by itself where tiles cannot be loaded. Texts: <template id="map-texts">. */
"use strict";

window.PaodianLayers = (() => {
  const REMEMBERED = "paodian-map-layer";
  const texts = () => document.getElementById("map-texts")?.dataset ?? {};
  const link = (href, name) => `© <a href="${href}" target="_blank" rel="noopener">${name}</a>`;
  const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="; // a missing tile shows what is under it
  const tiles = (url, options) => L.tileLayer(url, { errorTileUrl: EMPTY, zIndex: 2, ...options });

  function tianditu(layer, attribution) {
    const query = `SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles`;
    const key = encodeURIComponent(document.body.dataset.tiandituKey ?? "");
    return tiles(`https://t{s}.tianditu.gov.cn/${layer}_w/wmts?${query}&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${key}`,
      { subdomains: "01234567", maxNativeZoom: 18, maxZoom: 19, attribution });
  }
  /* Tianditu is in CGCS2000, which differs from WGS-84 by centimetres. */
  const LAYERS = {
    osm: { datum: "wgs84", make: () => [tiles("https://tile.openstreetmap.org/{z}/{x}/{y}.png", { maxZoom: 19, attribution: link("https://www.openstreetmap.org/copyright", "OpenStreetMap") })] },
    amap: { datum: "gcj02", make: () => [tiles("https://wprd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scl=1&style=7&x={x}&y={y}&z={z}", { subdomains: "1234", maxNativeZoom: 18, maxZoom: 19, attribution: link("https://www.amap.com/", texts().amap ?? "AMap") })] },
    tianditu: { datum: "wgs84", make: () => [tianditu("vec", link("https://www.tianditu.gov.cn/", texts().tianditu ?? "Tianditu")), tianditu("cva", "")] },
    none: { datum: "wgs84", make: () => [window.PaodianGround.layer()] },
  };
  const CRS = {
    wgs84: () => L.CRS.EPSG3857,
    gcj02: () => window.PaodianGcj02.leafletCrs(L, window.PAODIAN_OUTLINE.rings),
  };
  const made = new Map();
  function crsOf(name) {
    const { datum } = LAYERS[name];
    if (!made.has(datum)) made.set(datum, CRS[datum]());
    return made.get(datum);
  }

  /* Names of the layers on offer; one whose datum cannot be drawn here is not. */
  function offered() {
    const allowed = (document.body.dataset.mapTiles ?? "").split(",").map((name) => name.trim());
    const drawable = (name) => name in LAYERS && (LAYERS[name].datum === "wgs84" || Boolean(window.PaodianGcj02 && window.PAODIAN_OUTLINE));
    return [...new Set([...allowed, "none"])].filter(drawable);
  }
  function remembered() {
    try { return localStorage.getItem(REMEMBERED); } catch { return null; } // storage may be forbidden
  }
  function remember(name) {
    try { localStorage.setItem(REMEMBERED, name); } catch { /* then the next page asks again */ }
  }
  function first() {
    const names = offered();
    return names.includes(remembered()) ? remembered() : names[0];
  }

  /* --- on a map */
  function show(map, name) {
    for (const layer of map.paodianBase ?? []) layer.remove();
    const crs = crsOf(name);
    if (map.options.crs !== crs && map.paodianBase) {
      const [centre, zoom] = [map.getCenter(), map.getZoom()]; // in WGS-84, so read before the datum changes
      map.options.crs = crs;
      map.setView(centre, zoom, { reset: true, animate: false });
    }
    map.options.crs = crs;
    map.paodianBase = LAYERS[name].make();
    map.paodianBase.forEach((layer) => layer.addTo(map));
    map.paodianLayer = name;
    if (name !== "none") standIn(map, map.paodianBase);
    map.fire("paodian:layer", { name });
  }
  /* Where tiles fail, our own ground comes under them, in the datum of the map. */
  function standIn(map, layers) {
    let ground = null;
    const note = texts().noTiles ?? "";
    layers[0].on("tileerror", () => {
      if (ground) return;
      ground = window.PaodianGround.layer();
      ground.addTo(map);
      layers.push(ground);
      map.attributionControl.addAttribution(note);
    });
    layers[0].on("tileload", ({ tile }) => { if (tile.src !== EMPTY) map.attributionControl.removeAttribution(note); });
    layers[0].on("remove", () => map.attributionControl?.removeAttribution(note));
  }

  /* A button that opens the choices; nothing where there is no choice. */
  function addSwitch(map) {
    const names = offered();
    if (names.length < 2) return;
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const box = L.DomUtil.create("div", "leaflet-bar pd-layers");
      const button = Object.assign(document.createElement("button"), { type: "button", title: texts().layers ?? "Map layers" });
      button.setAttribute("aria-label", button.title);
      button.setAttribute("aria-expanded", "false");
      const list = Object.assign(document.createElement("fieldset"), { hidden: true });
      list.append(Object.assign(document.createElement("legend"), { textContent: button.title }));
      const group = `pd-layer-${L.Util.stamp(map)}`;
      for (const name of names) {
        const label = document.createElement("label");
        const radio = Object.assign(document.createElement("input"), { type: "radio", name: group, value: name, className: "form-check-input", checked: name === map.paodianLayer });
        label.append(radio, texts()[`layer${name[0].toUpperCase()}${name.slice(1)}`] ?? name);
        list.append(label);
      }
      const open = (on) => { list.hidden = !on; button.setAttribute("aria-expanded", String(on)); };
      button.addEventListener("click", () => open(list.hidden));
      list.addEventListener("change", (event) => { remember(event.target.value); show(map, event.target.value); });
      list.addEventListener("click", (event) => { if (event.target.closest("input")) { open(false); button.focus(); } }); // also when it was chosen already
      box.addEventListener("keydown", (event) => { if (event.key === "Escape" && !list.hidden) { open(false); button.focus(); event.stopPropagation(); } });
      map.on("click", () => open(false));
      box.append(button, list);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  return { first, crsOf, show, addSwitch, offered, LAYERS };
})();
