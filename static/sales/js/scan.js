/* Barcodes by camera, where the browser can read them; elsewhere the button stays away. A hand scanner just types. */
"use strict";

(() => {
  const button = document.querySelector("[data-scan]");
  const dialog = document.getElementById("scanner");
  if (!button || !dialog || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  const video = dialog.querySelector("video");
  const state = dialog.querySelector("[data-scan-state]");
  const AGAIN = 1500; // ms before the same code counts once more
  let stream;
  let last = { code: "", at: 0 };

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.srcObject = null;
  }
  async function watch(detector) {
    if (!stream) return;
    let codes = [];
    try {
      if (video.readyState >= 2) codes = await detector.detect(video);
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error; // no frame yet
    }
    const code = codes[0]?.rawValue;
    if (code && (code !== last.code || Date.now() - last.at > AGAIN)) {
      last = { code, at: Date.now() };
      navigator.vibrate?.(60);
      state.textContent = code;
      document.dispatchEvent(new CustomEvent("entry:scanned", { detail: { code, say: (text) => { state.textContent = text; } } }));
    }
    setTimeout(() => watch(detector), 120);
  }
  button.addEventListener("click", async () => {
    state.textContent = "";
    dialog.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    } catch {
      state.textContent = dialog.dataset.denied;
      return;
    }
    if (!dialog.open) { stop(); return; } // closed while the question was open
    video.srcObject = stream;
    await video.play();
    watch(new window.BarcodeDetector());
  });
  dialog.querySelector("[data-scan-end]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
})();
