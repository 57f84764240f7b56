/* Photos before they travel: small, and with a watermark of the moment they were taken. For the pages and the field app. */
"use strict";

self.PaodianPhotos = (() => {
  const SIDE = 1600;
  const QUALITY = 0.82;
  const FRESH_MS = 5 * 60 * 1000; // an older picture of the camera app was taken elsewhere, perhaps: no watermark of here

  /* --- the watermark: customer, time and rep, position, as they were when the picture was taken.
     about = {customer, rep, noFix} */
  function lines(about, coords, at) {
    const two = (n) => String(n).padStart(2, "0");
    const time = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    const place = coords
      ? `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)} ±${Math.round(coords.accuracy)} m`
      : about.noFix;
    return [about.customer, [time, about.rep].filter(Boolean).join(" · "), place].filter(Boolean);
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
  /* A JPEG of 1,600 px at most; `words` stand on it when there are any. */
  function drawn(source, words = []) {
    const scale = Math.min(1, SIDE / Math.max(source.width, source.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(source.width * scale));
    canvas.height = Math.max(1, Math.round(source.height * scale));
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    if (words.length) stamp(canvas, words);
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  }

  /* One picture of the camera app, with its watermark when it was taken a moment ago. `position` → a promise of coords or
     null; it is not asked for an old picture. What this browser cannot decode travels as it is: the server decodes it. */
  async function ready(file, about = null, position = null) {
    const isFresh = about && Date.now() - file.lastModified <= FRESH_MS;
    let picture;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      return file;
    }
    const words = isFresh ? lines(about, await position?.(), new Date(file.lastModified)) : [];
    const blob = await drawn(picture, words);
    picture.close();
    return blob && (words.length || blob.size < file.size) ? blob : file;
  }

  return { lines, drawn, ready };
})();
