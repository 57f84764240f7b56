"""What the rep's day costs a slow phone: bytes over the line and the time until it answers a tap.

    python -m benchmarks.today_page [--rounds 7] [--slowdown 4] [--customers 300]

A server as in production (gunicorn, collected and compressed files, no DEBUG) over a SQLite database of its own with the
demo company, and Chromium as a phone of 390 × 844 with its processor slowed down. Cold is a browser that was never
here, warm one whose cache holds the files. Without map tiles.

Interactive is the moment at which all deferred scripts have run and the main thread has answered a tap: the unplanned
visit is opened at DOMContentLoaded, and the frame after its list has come up ends the measurement. Bytes are those on
the line (Network.loadingFinished) up to the page's load, without what the service worker fetches for later, which is
given apart ("later"). gunicorn does not compress pages and answers, the proxy of deploy/ does: "proxied" counts the page
as the proxy sends it. "busy" is the main thread's own processor time, which other jobs of the machine hardly change.
"""

import argparse
import gzip
import os
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.serving import PHONE, prepare, rounds, server, session_of

REP = {
    **PHONE,
    "geolocation": {"latitude": 31.8206, "longitude": 117.229, "accuracy": 10},
    "permissions": ["geolocation"],
}
# Runs before the page's own scripts: taps as soon as all deferred scripts have run, and notes the frame after the answer.
PROBE = """
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("ad-hoc");
  document.querySelector("[data-toggle-target]").click();
  if (box.hidden) return;
  requestAnimationFrame(() => setTimeout(() => { window.answeredAt = performance.now(); }));
});
"""


class Line:
    """What came over the line for one page: bytes by address, the service worker's fetches apart."""

    def __init__(self, page: Page, slowdown: float) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.addresses: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.cdp.on("Network.requestWillBeSent", self._asked)
        self.cdp.on("Network.loadingFinished", self._finished)
        self.cdp.send("Network.enable")
        self.cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})

    def work(self) -> dict[str, float]:
        """Milliseconds of the main thread's own processor time so far: all of it, and what styles and scripts took."""
        answer = self.cdp.send("Performance.getMetrics")["metrics"]
        found = {metric["name"]: metric["value"] * 1000 for metric in answer}
        return {
            "busy": found["TaskDuration"],
            "styles": found["RecalcStyleDuration"],
            "code": found["ScriptDuration"],
        }

    def _asked(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        address = self.addresses.get(event["requestId"], "?")
        self.sizes[address] = self.sizes.get(address, 0) + int(event["encodedDataLength"])


def measure(context: BrowserContext, address: str, slowdown: float) -> dict[str, Any]:
    page = context.new_page()
    line = Line(page, slowdown)
    page.add_init_script(PROBE)
    page.goto(f"{address}/today/")
    while not page.evaluate("window.answeredAt"):  # the page's policy refuses wait_for_function
        page.wait_for_timeout(20)
    at_load, work = dict(line.sizes), line.work()
    times = page.evaluate(
        """() => {
          const [page] = performance.getEntriesByType("navigation");
          const paint = performance.getEntriesByName("first-contentful-paint")[0];
          return {first_byte: page.responseStart, paint: paint?.startTime ?? 0, parsed: page.domInteractive,
                  scripts: page.domContentLoadedEventEnd, answered: window.answeredAt};
        }"""
    )
    page.wait_for_timeout(3000)  # what comes after: the unread count, the day and the kit for the field
    html = page.request.get(f"{address}/today/").body()
    page.close()
    body = at_load.get(f"{address}/today/", 0)
    total = sum(at_load.values())
    proxied = total - body + (body and len(gzip.compress(html, 6)))
    return {
        **times,
        **work,
        "bytes": total,
        "proxied": proxied,
        "later": sum(line.sizes.values()) - total,
        "sizes": at_load,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="keeps the demo company for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = options.folder or Path(temporary)
        prepare(folder, customers=options.customers, reps=4, days=21)
        cookie = session_of(folder, "rep1")
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        with server(folder) as address:
            ask = partial(measure, address=address, slowdown=options.slowdown)
            # The server's first answers are its slowest.
            rounds(browser, address, cookie, ask, device=REP, number=1)
            found = rounds(browser, address, cookie, ask, device=REP, number=options.rounds)
        browser.close()
    print(
        f"load {os.getloadavg()[0]:.1f}, processor slowed down {options.slowdown:g} ×, {options.rounds} rounds"
    )
    columns = (
        "first_byte",
        "paint",
        "parsed",
        "scripts",
        "answered",
        "busy",
        "styles",
        "code",
        "bytes",
        "proxied",
        "later",
    )
    print(f"{'':6}" + "".join(f"{name:>12}" for name in columns))
    for state, runs in found.items():
        middle = [statistics.median(run[name] for run in runs) for name in columns]
        worst = max(run["answered"] for run in runs)
        print(f"{state:6}" + "".join(f"{value:12,.0f}" for value in middle) + f"   slowest {worst:,.0f} ms")
    for name, size in sorted(found["cold"][-1]["sizes"].items(), key=lambda item: -item[1]):
        print(f"{size:10,}  {name.removeprefix(address)}")


if __name__ == "__main__":
    main()
