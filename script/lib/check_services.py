"""Run the processes of docker-compose.yml natively against PostgreSQL and Redis and see whether each does its work."""

import argparse
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from processes import PYTHON, ROOT, Group, Stopped, answers, wait_for
from psycopg import sql

DATABASE = "paodian_check"
PROBE = "celery.accumulate"
PROCESSES = ("migrate", "web", "worker", "beat")


class Failed(Exception):
    """A check that did not hold; the text says which."""


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/check-services", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long a process may take to come up")
    parser.add_argument(
        "--template", help="a migrated database of that server to begin with, not an empty one"
    )
    return parser.parse_args()


def compose_commands() -> dict[str, list[str]]:
    """Return the command of each of our services as docker-compose.yml has it."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    commands = {}
    for name in PROCESSES:
        service = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", text, re.MULTILINE)
        command = service and re.search(r"^    command: (\[.*\])$", service[1], re.MULTILINE)
        if not command:
            raise Failed(f"docker-compose.yml has no command for {name}")
        commands[name] = json.loads(command[1])
    return commands


def server_url() -> str:
    """Return the URL of the database server, with the name of our own database."""
    parts = urlsplit(os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres")
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Failed("DATABASE_URL must name a PostgreSQL server")
    return urlunsplit(parts._replace(scheme="postgres", path=f"/{DATABASE}"))


def redis_url() -> str:
    """Return a Redis database of our own (number 9), which is emptied before and after."""
    parts = urlsplit(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0")
    return urlunsplit(parts._replace(path="/9"))


def recreate(url: str, *, create: bool, template: str | None = None) -> None:
    """Drop our database and, when asked, create it anew, empty or as a copy of a template."""
    admin = urlunsplit(urlsplit(url)._replace(scheme="postgresql", path="/postgres"))
    name = sql.Identifier(DATABASE)
    with psycopg.connect(admin, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        if create:
            source = sql.Identifier(template or "template1")
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, source))


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(url: str, broker: str, folder: Path, port: int) -> dict[str, str]:
    """Return the environment of a production installation behind a proxy."""
    outer = ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "CI")
    return {
        **{name: value for name, value in os.environ.items() if name not in outer},
        "PATH": f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": url,
        "REDIS_URL": broker,
        "ALLOWED_HOSTS": "crm.example.com,localhost",
        "TRUST_PROXY": "1",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "2",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def check(what: str, holds: bool, detail: str = "") -> None:
    """Print one result; stop at the first that fails."""
    print(f"  {'ok  ' if holds else 'FAIL'}  {what}", flush=True)
    if not holds:
        raise Failed(f"{what}: {detail[:500]}")


def check_web(address: str, static_root: Path) -> None:
    """Look at the pages everybody sees before logging in."""
    host = "crm.example.com"
    status, body = answers(f"{address}/login/", host)
    check("login page over the proxy", status == 200 and "csrfmiddlewaretoken" in body, f"{status} {body}")
    manifest = json.loads((static_root / "staticfiles.json").read_text())["paths"]
    style = next(
        name for name in sorted(manifest.values()) if name.startswith("vendor/") and name.endswith(".css")
    )
    status, body = answers(f"{address}/static/{style}", host)
    check(f"static file {style}", status == 200 and "{" in body, str(status))
    status, body = answers(f"{address}/healthz", "stranger.example.com")
    check("a strange host name is refused", status == 400, str(status))
    status, body = answers(f"{address}/", host)
    check("home asks for a login", status == 302, str(status))


def wait_until(seconds: float, holds: Callable[[], bool]) -> bool:
    """Ask again and again until it holds or time is up."""
    deadline = time.monotonic() + seconds
    while not (done := holds()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return done


def check_worker(env: dict[str, str], seconds: float) -> None:
    """Wait until the worker answers a ping over the broker."""
    command = [PYTHON, "-m", "celery", "--app", "config", "inspect", "ping", "--timeout", "3"]

    def pong() -> bool:
        return "pong" in subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True).stdout

    check("worker answers a ping", wait_until(seconds, pong))


def add_probe(env: dict[str, str]) -> None:
    """Put a job of every second into the schedule: a task that Celery itself brings and that does nothing."""
    code = (
        "from django_celery_beat.models import IntervalSchedule as I, PeriodicTask as P; "
        "each, _ = I.objects.get_or_create(every=1, period='seconds'); "
        f"P.objects.create(name='{PROBE}', task='{PROBE}', interval=each)"
    )
    done = subprocess.run(
        [PYTHON, "manage.py", "shell", "--verbosity", "0", "--command", code],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    check("schedule takes a job", done.returncode == 0, done.stderr)


def check_all(group: Group, env: dict[str, str], folder: Path, seconds: float) -> None:
    """Start everything in the compose file's order and look at each process."""
    address = f"http://{env['BIND']}"
    commands = compose_commands()
    logs = {name: folder / f"{name}.log" for name in ("collectstatic", *PROCESSES)}
    collect = (PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    check("collectstatic", group.run("collectstatic", *collect, env=env, log=logs["collectstatic"]) == 0)
    check("migrate", group.run("migrate", *commands["migrate"], env=env, log=logs["migrate"]) == 0)
    add_probe(env)
    for name in ("web", "worker", "beat"):
        group.start(name, *commands[name], env=env, log=logs[name])
    why = wait_for(group, f"{address}/healthz", "localhost", seconds)
    check("web answers /healthz", not why, why)
    check_web(address, folder / "static")
    check_worker(env, seconds)
    sent = wait_until(seconds, lambda: f"Sending due task {PROBE}" in logs["beat"].read_text())
    check("beat sends a due job", sent)
    check("worker runs it", wait_until(seconds, lambda: f"Task {PROBE}" in logs["worker"].read_text()))
    check("all still run", group.first_dead() is None, str(group.first_dead()))


def show_logs(folder: Path) -> None:
    """Print the end of what each process said."""
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text("utf-8", "replace").splitlines()[-30:]
        print(f"--- {log.stem}", *lines, sep="\n", file=sys.stderr)


def main() -> int:
    """Check, then stop everything and leave nothing behind."""
    options = parse_arguments()
    group, folder = Group(), Path(tempfile.mkdtemp(prefix="paodian-check-"))
    began = time.monotonic()
    try:
        url, broker = server_url(), redis_url()
        env = environment(url, broker, folder, free_port())
        redis.Redis.from_url(broker, socket_connect_timeout=5).flushdb()
        recreate(url, create=True, template=options.template)
        try:
            check_all(group, env, folder, options.seconds)
        finally:
            group.stop()
            recreate(url, create=False)
            redis.Redis.from_url(broker).flushdb()
    except (Failed, psycopg.Error, redis.RedisError) as error:
        show_logs(folder)
        print(f"script/check-services: {error}", file=sys.stderr)
        return 1
    except Stopped:
        return 130
    finally:
        group.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"All services work ({time.monotonic() - began:.0f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
