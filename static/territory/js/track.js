/* A day on the map: tracks, dashed gaps, numbered stays, check-ins; and its playback. */
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("track-data")?.textContent ?? "null");
  const map = PaodianMap.create(document.getElementById("map"), { zoom: 11 });
  document.querySelector("[data-day] [name=date]")?.addEventListener("change", (event) => { if (event.target.value) event.target.form.submit(); });
  document.querySelectorAll("[data-colour]").forEach((mark) => { mark.style.borderTopColor = mark.dataset.colour; });
  if (!data) return;
  const several = data.tracks.length > 1;
  let jump = null; // of the playback, once there is one
  const all = [];
  const text = (value) => { const span = document.createElement("span"); span.textContent = value; return span; };

  /* --- what stands still */
  const tracks = data.tracks.map((track) => {
    const pieces = track.segments.map((piece) => PaodianTrack.unpack(piece));
    if (!several && track.way.length > 1) PaodianMap.line(track.way, { color: "#7c3aed", weight: 2, opacity: 0.8, dashArray: "1 6" }).addTo(map).bringToBack();
    if (!several) for (const place of track.missed) PaodianMap.dot(place.lat, place.lng, { tone: "done", radius: 7 }).bindTooltip(text(place.text)).addTo(map);
    for (const gap of track.gaps) PaodianMap.line(gap, { color: several ? track.colour : PaodianMap.COLOURS.done, dashed: true, weight: 3 }).addTo(map);
    for (const piece of pieces) {
      const places = piece.map(([lat, lng]) => [lat, lng]);
      PaodianMap.line(places, { color: track.colour }).bindTooltip(track.name, { sticky: true }).addTo(map);
      all.push(...places);
    }
    for (const visit of track.visits) {
      PaodianMap.pin(visit.lat, visit.lng, { title: visit.text, tone: visit.unseen ? "overdue" : "visit" }).addTo(map).bindPopup(text(visit.text));
      all.push([visit.lat, visit.lng]);
    }
    const stops = track.stops.map((stop, index) => PaodianMap.pin(stop.lat, stop.lng, { label: index + 1, title: stop.text, tone: stop.visited ? "normal" : "near", zIndexOffset: 1000 }).bindPopup(text(several ? `${track.name} ${stop.text}` : stop.text)).addTo(map));
    return { ...track, points: pieces.flat(), stopMarks: stops };
  });
  document.querySelectorAll("tr[data-stop]").forEach((row) => row.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const mark = tracks[0].stopMarks[row.dataset.stop];
    map.setView(mark.getLatLng(), Math.max(map.getZoom(), 16));
    mark.openPopup();
    map.getContainer().scrollIntoView({ block: "nearest" }); // on a phone the table stands a screen below
    jump?.(data.tracks[0].stops[row.dataset.stop].from);
  }));
  PaodianMap.fit(map, all);

  /* --- playback: a dot a person, at the time of the slider */
  const box = document.querySelector("[data-play]");
  const moving = tracks.filter((track) => track.points.length > 1);
  if (!box || !moving.length) return;
  box.hidden = false;
  const [slider, clock, speed, button] = ["[data-at]", "[data-clock]", "[data-speed]", "[data-toggle-play]"].map((name) => box.querySelector(name));
  const first = Math.min(...moving.map((track) => track.points[0][2]));
  const last = Math.max(...moving.map((track) => track.points.at(-1)[2]));
  const written = new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.timeZone ?? "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
  slider.min = first;
  slider.max = last;
  slider.value = first;
  const dots = moving.map((track) => L.circleMarker(track.points[0].slice(0, 2), { radius: 9, color: "#fff", weight: 3, fillColor: track.colour, fillOpacity: 1 }).bindTooltip(track.name).addTo(map));

  const share = (seconds) => `${(100 * (seconds - first)) / Math.max(1, last - first)}%`;
  const marks = box.querySelector("[data-marks]");
  function mark(name, from, to) {
    const tick = document.createElement("i");
    tick.className = name;
    tick.style.left = share(from);
    if (to) tick.style.width = `calc(${share(to)} - ${share(from)})`;
    marks.append(tick);
  }
  if (!several) {
    moving[0].stops.forEach((stop) => mark(stop.visited ? "visited" : "", stop.from, stop.to));
    moving[0].visits.filter((visit) => visit.at >= first && visit.at <= last).forEach((visit) => mark("visit", visit.at));
  }

  function placeAt(points, seconds) {
    let [low, high] = [0, points.length - 1];
    if (seconds <= points[0][2]) return points[0];
    if (seconds >= points[high][2]) return points[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][2] <= seconds) low = middle; else high = middle;
    }
    const [a, b] = [points[low], points[high]];
    const part = (seconds - a[2]) / Math.max(1, b[2] - a[2]);
    return [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])];
  }
  function show() {
    const seconds = Number(slider.value);
    clock.textContent = written.format(new Date(seconds * 1000));
    slider.setAttribute("aria-valuetext", clock.textContent);
    moving.forEach((track, n) => dots[n].setLatLng(placeAt(track.points, seconds).slice(0, 2)));
  }
  let before = null;
  function step(now) {
    if (before === null) return;
    slider.value = Number(slider.value) + Math.max(1, ((now - before) / 1000) * Number(speed.value));
    before = now;
    show();
    if (Number(slider.value) >= last) { play(false); return; }
    requestAnimationFrame(step);
  }
  function play(on) {
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("active", on);
    if (on && Number(slider.value) >= last) slider.value = first;
    before = on ? performance.now() : null;
    if (on) requestAnimationFrame(step);
  }
  button.addEventListener("click", () => play(before === null));
  slider.addEventListener("input", () => { play(false); show(); });
  jump = (seconds) => { play(false); slider.value = seconds; show(); };
  show();
})();
