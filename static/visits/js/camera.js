/* The camera in the page: the back camera only, so that nobody's face is asked for; a watermark from the fix; JPEG of
   1,600 px at most. Where there is none (no permission, a desktop, an old browser), the file input stays. */
"use strict";

(() => {
  const { once } = window.PaodianField;
  const { lines, drawn } = window.PaodianPhotos;
  const about = (root) => ({ customer: root.dataset.customer, rep: root.dataset.rep, noFix: root.dataset.noFix });

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
      const shot = createImageBitmap(video);
      const number = taken.push(Promise.all([shot, fix]).then(([frame, coords]) => drawn(frame, lines(about(root), coords, at))));
      await shot;
      navigator.vibrate?.(30);
      counter.textContent = String(number);
    });
    view.querySelector("[data-camera-close]").addEventListener("click", () => view.close());
    view.addEventListener("close", () => {
      stop();
      const shots = taken.splice(0);
      form.photoBox.later(async () => {
        for (const blob of await Promise.all(shots)) if (blob) form.photoBox.add(blob, "photo.jpg");
        form.photoBox.changed();
      });
    });
    window.addEventListener("pagehide", stop);
  }
  for (const root of document.querySelectorAll("[data-photos]")) start(root);

  /* For pictures that come through the file input: what stands on them, and where they are taken. */
  window.PaodianCamera = { about, position: (root) => position(root.closest("form")) };
})();
