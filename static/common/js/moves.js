/* What is moved on a page that the server draws (board, calendar, schedule): the server is told, then draws its part of the
   page anew, and a toast takes the move back. */
"use strict";

/* `move(url, values)`. `part` is the selector of what is drawn anew, `texts()` the data with undo, failed and stale,
   `draw(fresh)` puts the fresh part into the page. */
window.PaodianMoves = (part, texts, draw) => {
  let sending = 0;
  let turn = 0; // of the last move or redraw: a page that was asked for before it shows what is over
  const say = (text, undo) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: undo ? "success" : "error", undo } }));

  /* Resolves to the server's answer, or to null after saying why not. */
  async function tell(url, values) {
    turn += 1;
    sending += 1;
    try {
      const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
      const response = await fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token }, body: new URLSearchParams(values) });
      const answer = await response.json();
      if (response.ok) return answer;
      say(answer.error ?? texts().failed);
    } catch {
      say(texts().failed);
    } finally {
      sending -= 1;
    }
    return null;
  }

  /* Counts, colours and order are the server's to know. */
  async function redraw() {
    if (sending) return; // whoever is being sent asks when it has come to its end
    const mine = turn += 1;
    let page = null;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      page = response.ok ? await response.text() : null;
    } catch { page = null; }
    if (mine !== turn) return;
    const fresh = page && new DOMParser().parseFromString(page, "text/html").querySelector(part);
    if (fresh) draw(fresh);
    else say(texts().stale);
  }

  return async (url, values) => {
    const answer = await tell(url, values);
    await redraw();
    if (!answer) return;
    say(answer.text, { label: texts().undo, run: async () => { await tell(url, answer.undo); await redraw(); } });
  };
};
