/* The follow-up form: quick times, position, voice note, people of the chosen customer. Sending, photos, draft and
   counter are the field pages' (visits/js/field.js). */
"use strict";

(() => {
  const form = document.getElementById("follow-up");
  if (!form) return;
  const part = (selector, root = form) => root.querySelector(selector);

  /* --- text: what is over the limit is shown, never cut off */
  const text = part("textarea[name=text]");
  const count = part("[data-over]");
  const measure = () => count.classList.toggle("text-overdue", text.value.length > Number(text.dataset.limit));
  text.addEventListener("input", measure);
  measure();

  /* --- next contact */
  const next = form.elements.next_at;
  const quick = [...form.querySelectorAll("[data-next]")];
  const mark = () => quick.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.next === next.value)));
  for (const button of quick) {
    button.addEventListener("click", () => {
      next.value = next.value === button.dataset.next ? "" : button.dataset.next;
      next.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  next.addEventListener("input", mark);
  mark();

  /* --- photos: no more than the server takes */
  form.addEventListener("photos:changed", () => {
    const most = Number(form.dataset.maxPhotos);
    form.dispatchEvent(new Event("input", { bubbles: true })); // unsaved from here on
    const previews = form.querySelectorAll("[data-previews] button");
    if (previews.length <= most) return;
    for (const extra of [...previews].slice(most).reverse()) extra.click();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: form.dataset.tooMany, level: "warning" } }));
  });

  /* --- position, only when asked for */
  const place = part("[data-place]");
  const say = (message) => { part("[data-place-text]", place).textContent = message; };
  function setPlace(coords) {
    form.elements.latitude.value = coords ? coords.latitude : "";
    form.elements.longitude.value = coords ? coords.longitude : "";
    form.elements.accuracy_m.value = coords ? coords.accuracy : "";
    part("[data-position]", place).hidden = Boolean(coords);
    part("[data-unposition]", place).hidden = !coords;
    say(coords ? place.dataset.text.replace("{accuracy}", window.PaodianField.metres(coords.accuracy)) : "");
  }
  part("[data-position]", place).addEventListener("click", () => {
    say(place.dataset.searching);
    const stop = window.PaodianField.watch(
      (coords) => { stop(); setPlace(coords); },
      (reason) => { setTimeout(() => stop()); say(reason); },
    );
  });
  part("[data-unposition]", place).addEventListener("click", () => setPlace(null));
  if (form.elements.latitude.value) {
    setPlace({
      latitude: form.elements.latitude.value,
      longitude: form.elements.longitude.value,
      accuracy: Number(form.elements.accuracy_m.value),
    });
  }

  /* --- people of the customer that was chosen */
  form.addEventListener("picker:chosen", async (event) => {
    const select = form.elements.contact;
    const first = select.options[0];
    select.replaceChildren(first);
    const response = await fetch(`${form.dataset.contacts}?target=${encodeURIComponent(event.detail.id)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    for (const person of await response.json()) select.add(new Option(person.name, person.id));
  });

  /* --- voice note: recorded into the file field, so that the form sends it like any file */
  const voice = part("[data-voice]");
  const field = form.elements.voice;
  const most = Number(voice.dataset.most);
  const record = part("[data-record]", voice);
  const drop = part("[data-drop]", voice);
  const listen = part("[data-listen]", voice);
  const hint = part("[data-voice-hint]", voice);
  const types = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
  let recorder = null;

  function showVoice(blob) {
    if (listen.src) URL.revokeObjectURL(listen.src);
    if (blob) listen.src = URL.createObjectURL(blob); else listen.removeAttribute("src");
    listen.hidden = drop.hidden = !blob;
  }
  function running(on) {
    record.setAttribute("aria-pressed", String(on));
    part("[data-idle]", record).hidden = on;
    part("[data-running]", record).hidden = !on;
  }
  function keep(chunks, type, seconds) {
    const blob = new Blob(chunks, { type });
    const name = `note.${type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm"}`;
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], name, { type }));
    field.files = transfer.files;
    form.elements.voice_seconds.value = Math.min(most, Math.round(seconds));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    showVoice(blob);
  }
  async function start() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      hint.textContent = voice.dataset.refused;
      field.hidden = false;
      return;
    }
    const type = types.find((wish) => MediaRecorder.isTypeSupported(wish)) ?? "";
    recorder = new MediaRecorder(stream, { ...(type && { mimeType: type }), audioBitsPerSecond: 32000 });
    const chunks = [];
    const began = Date.now();
    const clock = setInterval(() => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      part("[data-clock]", record).textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds >= most) recorder?.stop();
    }, 250);
    recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(clock);
      stream.getTracks().forEach((track) => track.stop());
      running(false);
      keep(chunks, recorder.mimeType || "audio/webm", (Date.now() - began) / 1000);
      recorder = null;
    });
    recorder.start();
    running(true);
  }
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    record.hidden = true;
    field.hidden = false;
    hint.textContent = voice.dataset.unsupported;
  }
  record.addEventListener("click", () => { if (recorder) recorder.stop(); else start(); });
  drop.addEventListener("click", () => {
    field.value = "";
    form.elements.voice_seconds.value = "";
    showVoice(null);
  });
  field.addEventListener("change", () => {
    form.elements.voice_seconds.value = ""; // nobody measured a file that was chosen
    showVoice(field.files[0] ?? null);
  });
  // A recording that still runs belongs to the note: it ends first, then the form goes.
  form.addEventListener("submit", (event) => {
    if (!recorder) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    recorder.addEventListener("stop", () => setTimeout(() => form.requestSubmit()));
    recorder.stop();
  }, true);
})();

/* What must be there is asked for at its field, before anything is sent. */
(() => {
  const form = document.getElementById("follow-up");
  if (!form) return;
  const wanted = () => [[form.elements.target, document.getElementById("target-search")], [form.elements.text, form.elements.text]];
  form.addEventListener("submit", (event) => {
    const missing = wanted().filter(([value, shown]) => shown && !value.value.trim());
    for (const [, shown] of missing) shown.classList.add("is-invalid");
    if (!missing.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    missing[0][1].focus();
    missing[0][1].scrollIntoView({ block: "center" });
  }, true);
  for (const name of ["input", "picker:chosen"]) {
    form.addEventListener(name, () => {
      for (const [value, shown] of wanted()) if (shown && value.value.trim()) shown.classList.remove("is-invalid");
    });
  }
})();
