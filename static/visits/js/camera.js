/* The camera in the page: the back camera only, so that nobody's face is asked for; a watermark from the fix; JPEG of
   1,600 px at most. Where there is none (no permission, a desktop, an old browser), the file input stays. */
"use strict";

(() => {
  const { once } = window.PaodianField;
  const SIDE = 1600;
  const QUALITY = 0.82;

  /* --- the watermark: time, position, rep and customer, as they were when the picture was taken */
  function lines(root, coords, at) {
    const two = (n) => String(n).padStart(2, "0");
    const time = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    const place = coords
      ? `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)} ±${Math.round(coords.accuracy)} m`
      : root.dataset.noFix;
    return [root.dataset.customer, `${time} · ${root.dataset.rep}`, place].filter(Boolean);
  }
  function stamp(canvas, words) {
    const context = canvas.getContext("2d");
    const size = Math.max(14, Math.round(Math.max(canvas.width, canvas.height) / 44));
    const step = Math.round(size * 1.35);
    context.font = `600 ${size}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
    context.textBaseline = "bottom";
    const height = step * words.length + size * 0.6;
    context.fillStyle = "rgba(0, 0, 0, 0.45)";
    context.fillRect(0, canvas.height - height, canvas.width, height);
    context.fillStyle = "#fff";
    words.forEach((text, index) => {
      context.fillText(text, size * 0.6, canvas.height - size * 0.3 - step * (words.length - 1 - index), canvas.width - size * 1.2);
    });
  }
  function draw(source, width, height, words) {
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    stamp(canvas, words);
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  }

  /* --- where the picture is taken: the check-in page watches the position, other pages ask when the camera opens */
  function position(form) {
    const { lat, lng, accuracy } = form.elements;
    if (lat?.value && lng?.value) {
      return Promise.resolve({ latitude: Number(lat.value), longitude: Number(lng.value), accuracy: Number(accuracy.value) });
    }
    return once(8000);
  }

  function start(root) {
    const form = root.closest("form");
    const open = root.querySelector("[data-camera]");
    const view = root.querySelector("[data-camera-view]");
    const video = view.querySelector("video");
    const counter = view.querySelector("[data-camera-count]");
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return;
    open.hidden = false;
    const other = root.querySelector("[data-label-file]");
    other.textContent = other.dataset.other;
    let stream = null;
    let fix = Promise.resolve(null);
    const taken = [];

    function stop() {
      stream?.getTracks().forEach((track) => track.stop());
      stream = null;
      video.srcObject = null;
    }
    open.addEventListener("click", async () => {
      fix = position(form);
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          audio: false,
          video: { facingMode: { exact: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } },
        });
      } catch {
        open.hidden = true;
        root.querySelector("[data-camera-note]").hidden = false;
        root.querySelector("[data-file] input").focus();
        return;
      }
      taken.length = 0;
      counter.textContent = "";
      video.srcObject = stream;
      await video.play();
      view.showModal();
    });
    view.querySelector("[data-shutter]").addEventListener("click", async () => {
      if (!stream || !video.videoWidth) return;
      const at = new Date();
      // The picture is of now; a fix that is still on its way must not make the rep wait with the camera up.
      const frame = await createImageBitmap(video);
      navigator.vibrate?.(30);
      counter.textContent = String(taken.push(
        fix.then((coords) => draw(frame, frame.width, frame.height, lines(root, coords, at))),
      ));
    });
    view.querySelector("[data-camera-close]").addEventListener("click", () => view.close());
    view.addEventListener("close", async () => {
      stop();
      for (const blob of await Promise.all(taken.splice(0))) if (blob) form.photoBox.add(blob, "photo.jpg");
      form.photoBox.changed();
    });
    window.addEventListener("pagehide", stop);
  }
  for (const root of document.querySelectorAll("[data-photos]")) start(root);

  /* A picture from the camera app gets its watermark when it was taken a moment ago; an old one tells its own time. */
  window.PaodianCamera = {
    FRESH_MS: 5 * 60 * 1000,
    async stamped(file, root) {
      if (Date.now() - file.lastModified > this.FRESH_MS) return null;
      const coords = await position(root.closest("form"));
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      return draw(picture, picture.width, picture.height, lines(root, coords, new Date(file.lastModified)));
    },
  };
})();
