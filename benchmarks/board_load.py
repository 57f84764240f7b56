"""How long a board of charts takes to stand there, for each role on its own device.

    python -m benchmarks.board_load [--rounds 7] [--slowdown 4]

A server as in production over SQLite with the whole demo company (1,500 shops, 12 reps, 60 days), and Chromium: the rep on
a phone of 390 × 844, the others at 1440 × 900. Cold is a browser that was never here, warm one whose cache holds the
files; each at the machine's own speed and with the page's processor slowed down.

"shown" is the moment from the start of the navigation at which every card in the first screen, and each of those that load
with the page, stands there with its figures and its chart. "html" is the page itself, "cards" the slowest answer for a card.
"""

import argparse
import os
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.serving import PHONE, prepare, rounds, server, session_of

DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
WHO: dict[str, dict[str, Any]] = {"rep1": PHONE, "manager1": DESKTOP, "finance": DESKTOP, "boss": DESKTOP}
# Looks whenever a card or a canvas came, not at every frame: that would keep the machine busy that is measured. A card stands
# when the answer is there, and the chart that it asks for has its canvas; the time is that of the next frame.
PROBE = """
window.standing = new Promise((resolve) => {
  const stands = (body) => !body.querySelector(".rp-skeleton") && [...body.querySelectorAll("[data-chart]")].every((one) => one.querySelector("canvas"));
  const look = () => {
    const cards = [...document.querySelectorAll(".rp-deck-body")];
    const early = cards.filter((card) => "early" in card.dataset);
    if (!cards.length || !early.every(stands)) return;
    const seen = cards.filter((card) => card.getBoundingClientRect().top < innerHeight);
    if (!seen.every(stands)) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now()));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
});
"""
TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const cards = performance.getEntriesByType("resource").filter((one) => one.name.includes("/dashboard/cards/"));
  return {html: page.responseEnd, cards: Math.max(0, ...cards.map((one) => one.duration))};
}"""
COLUMNS = ("html", "cards", "shown")


def measure(context: Any, address: str, slowdown: float) -> dict[str, float]:
    """Milliseconds by COLUMNS of one load."""
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.add_init_script(PROBE)
    page.goto(f"{address}/dashboard/", wait_until="commit")
    shown = page.evaluate("window.standing")
    times: dict[str, float] = page.evaluate(TIMES) | {"shown": shown}
    page.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--folder", type=Path, help="keeps the demo company for another run")
    options = parser.parse_args()
    print(f"{'':24}" + "".join(f"{name:>8}" for name in COLUMNS) + "   slowest shown")
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = options.folder or Path(temporary)
        prepare(folder, customers=1500, reps=12, days=60)
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        with server(folder) as address:
            for who, device in WHO.items():
                cookie = session_of(folder, who)
                # The server's first answers are its slowest.
                rounds(
                    browser,
                    address,
                    cookie,
                    partial(measure, address=address, slowdown=1),
                    device=device,
                    number=1,
                )
                for slowdown in (1, options.slowdown):
                    ask = partial(measure, address=address, slowdown=slowdown)
                    found = rounds(browser, address, cookie, ask, device=device, number=options.rounds)
                    for state, runs in found.items():
                        middle = [statistics.median(run[name] for run in runs) for name in COLUMNS]
                        worst = max(run["shown"] for run in runs)
                        name = f"{who} {state}, {slowdown:g} ×"
                        print(
                            f"{name:24}" + "".join(f"{value:8,.0f}" for value in middle) + f"{worst:10,.0f}"
                        )
        browser.close()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
