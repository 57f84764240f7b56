"""What a hundred open pages that ask for their unread numbers cost the others: p95 of pages with and without them.

    DATABASE_URL=postgres://… python -m benchmarks.polling

Makes a database of its own with the demo company, starts gunicorn on 127.0.0.1 as script/server does, and asks for
the same pages in turns without and with 100 people polling, each every 30 s (static/comms/js/live.js) with his ETag.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from comms.enums import NoticeKind
from comms.services import Notice, notify

ROOT = Path(__file__).resolve().parent.parent
READERS = ("boss", "manager1", "rep1", "rep2")
PAGES = ("/", "/customers/", "/orders/", "/today/", "/messages/")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pollers", type=int, default=100)
    parser.add_argument("--every", type=float, default=30, help="seconds between two questions of one page")
    parser.add_argument("--turns", type=int, default=4, help="without and with, so often")
    parser.add_argument("--seconds", type=float, default=20, help="of each turn")
    parser.add_argument("--readers", type=int, default=2, help="people who open pages at the same time")
    parser.add_argument("--customers", type=int, default=1500, help="of the demo company")
    parser.add_argument("--port", type=int, default=8719)
    return parser.parse_args()


def make_people(count: int) -> list[str]:
    """Session cookies of `count` people; each third has unread notices."""
    role = Role.objects.get(code="rep")
    people = [User.objects.create(username=f"poller{n}", name=f"在线{n}", role=role) for n in range(count)]
    notify(Notice(person.pk, NoticeKind.REMINDER, f"提醒{n}") for person in people[::3] for n in range(20))
    return [cookie_of(person) for person in people]


def cookie_of(person: User) -> str:
    client = Client()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return str(client.cookies["sessionid"].value)


class Asker(threading.Thread):
    """Asks until told to stop; notes how long each answer took, in milliseconds."""

    def __init__(self, port: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.stop = port, stop
        self.took: list[float] = []
        self.statuses: dict[int, int] = {}

    def ask(self, path: str, cookie: str, etag: str = "") -> str:
        headers = {"Cookie": f"sessionid={cookie}", "Host": "localhost"}
        if etag:
            headers["If-None-Match"] = etag
        start = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self.statuses[0] = self.statuses.get(0, 0) + 1
            return etag
        finally:
            connection.close()
        self.took.append((time.perf_counter() - start) * 1000)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        return answer.headers.get("ETag") or etag


class Reader(Asker):
    """Opens the pages one after another, with half a second to look at each."""

    def __init__(self, port: int, stop: threading.Event, cookie: str) -> None:
        super().__init__(port, stop)
        self.cookie = cookie

    def run(self) -> None:
        while not self.stop.is_set():
            for page in PAGES:
                self.ask(page, self.cookie)
                if self.stop.wait(0.2):
                    return


class Pollers(Asker):
    """One thread for a share of the open pages: each is asked for once in `every` seconds, spread like live.js does."""

    def __init__(self, port: int, stop: threading.Event, cookies: list[str], every: float) -> None:
        super().__init__(port, stop)
        now = time.monotonic()
        self.every = every
        self.pages = [[now + random.random() * every, cookie, ""] for cookie in cookies]

    def run(self) -> None:
        while not self.stop.is_set():
            page = min(self.pages)
            if self.stop.wait(max(0.0, page[0] - time.monotonic())):
                return
            page[2] = self.ask("/messages/unread/", page[1], page[2])
            page[0] = time.monotonic() + self.every * random.uniform(0.8, 1.2)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else float("nan")


def turn(
    options: argparse.Namespace, readers: list[str], pollers: list[str]
) -> tuple[list[float], Asker | None]:
    stop = threading.Event()
    asking: list[Asker] = [Reader(options.port, stop, cookie) for cookie in readers]
    shares = [pollers[n::4] for n in range(4)] if pollers else []
    polling = [Pollers(options.port, stop, share, options.every) for share in shares]
    for thread in (*asking, *polling):
        thread.start()
    time.sleep(options.seconds)
    stop.set()
    for thread in (*asking, *polling):
        thread.join(timeout=40)
    total = Asker(options.port, stop)
    for thread in polling:
        total.took += thread.took
        for status, count in thread.statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + count
    wrong = {status for thread in asking for status in thread.statuses} - {200}
    assert not wrong, f"pages answered {wrong}"
    return [value for thread in asking for value in thread.took], total if polling else None


def start_server(port: int, url: str) -> subprocess.Popen:
    sys.path.insert(0, str(ROOT / "script/lib"))
    from processes import commands

    environment = {**os.environ, "DATABASE_URL": url, "HTTPS": "0", "DEBUG": "0", "LOG_LEVEL": "WARNING"}
    environment["STATIC_ROOT"] = tempfile.mkdtemp(prefix="static-of-polling-")
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    web = [str(part) for part in commands(port, host="127.0.0.1")["web"]]
    server = subprocess.Popen(web, cwd=ROOT, env=environment)
    for _try in range(120):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/login/", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return server
        except OSError:
            time.sleep(0.5)
    server.terminate()
    raise SystemExit("the server did not start")


def main() -> None:
    options = parse()
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_polling_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        call_command("demo", customers=options.customers, reps=3, days=5, verbosity=0)
        cookies = make_people(options.pollers)
        readers = [cookie_of(User.objects.get(username=name)) for name in READERS[: options.readers]]
        connection.close()
        parts = urlsplit(os.environ["DATABASE_URL"])
        measure(options, readers, cookies, urlunsplit(parts._replace(path=f"/{own}")))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {own} WITH (FORCE)")


def measure(options: argparse.Namespace, readers: list[str], pollers: list[str], url: str) -> None:
    server = start_server(options.port, url)
    try:
        turn(options, readers, [])  # warm
        alone: list[float] = []
        beside: list[float] = []
        polls: list[float] = []
        statuses: dict[int, int] = {}
        for _n in range(options.turns):
            alone += turn(options, readers, [])[0]
            with_pollers, asked = turn(options, readers, pollers)
            beside += with_pollers
            assert asked is not None
            polls += asked.took
            for status, count in asked.statuses.items():
                statuses[status] = statuses.get(status, 0) + count
    finally:
        server.terminate()
        server.wait(timeout=30)
    print(f"{options.pollers} people, each every {options.every:g} s; {options.readers} open pages")
    for name, values in (
        ("pages alone", alone),
        ("pages beside polling", beside),
        ("an answer to a poll", polls),
    ):
        print(
            f"{name:24} n={len(values):5}  median {statistics.median(values):7.1f} ms  p95 {p95(values):7.1f} ms"
        )
    print(f"p95 with / without: {p95(beside) / p95(alone):.2f}   answers to polls: {statuses}")


if __name__ == "__main__":
    main()
