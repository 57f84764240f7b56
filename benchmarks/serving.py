"""A server as in production with the demo company, for benchmarks of pages: gunicorn, compressed files, no DEBUG, SQLite."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

ROOT = Path(__file__).resolve().parent.parent
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
}


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": "only-for-the-measurement",
        "DEBUG": "0",
        "HTTPS": "0",
        "MAP_TILES": "none",
        "LOG_LEVEL": "ERROR",
    }


def prepare(folder: Path, *, customers: int, reps: int, days: int) -> None:
    """A database with the demo company and the collected files in `folder`; both are kept for the next run there."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = (
        ["migrate", "--noinput", "--verbosity", "0"],
        ["demo", "--customers", str(customers), "--reps", str(reps), "--days", str(days)],
        ["collectstatic", "--noinput", "--verbosity", "0"],
    )
    for step in steps:
        if step[0] == "demo" and (folder / "demo.done").exists():
            continue
        command = [sys.executable, "manage.py", *step]
        subprocess.run(command, cwd=ROOT, env=environment(folder), check=True, stdout=subprocess.DEVNULL)
        if step[0] == "demo":
            (folder / "demo.done").touch()


def session_of(folder: Path, username: str) -> str:
    """A session key of this person, made by the server's own code."""
    code = (
        "from importlib import import_module; from django.conf import settings; from django.test import Client;"
        f"from accounts.models import User; c = Client(); c.force_login(User.objects.get(username={username!r}),"
        "backend='accounts.backends.RoleBackend'); print(c.cookies[settings.SESSION_COOKIE_NAME].value)"
    )
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment(folder), check=True, capture_output=True, text=True
    )
    return answer.stdout.strip().splitlines()[-1]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of the running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
    ]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environment(folder))
    address = f"http://localhost:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def rounds(
    browser: Browser,
    address: str,
    cookie: str,
    measure: Callable[[BrowserContext], dict[str, Any]],
    *,
    device: dict[str, Any],
    number: int,
) -> dict[str, list[dict[str, Any]]]:
    """What `measure` says of a browser that was never here ("cold") and then of the same one ("warm"), `number` times."""
    found: dict[str, list[dict[str, Any]]] = {"cold": [], "warm": []}
    for _ in range(number):
        # The service worker would answer from its own cache what a first visit has to fetch.
        context = browser.new_context(**device, service_workers="block")
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
        for runs in found.values():
            runs.append(measure(context))
        context.close()
    return found
