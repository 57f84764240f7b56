"""Positions on their way in, over HTTP and from files, against bare COPY in the same run, on PostgreSQL; and a month out.

    DATABASE_URL=postgres://… python -m benchmarks.tracks [--points N] [--clients N]

Makes a database of its own beside the one named and drops it. "HTTP" is gunicorn with as many workers as processors and
clients in processes of their own that post batches of 100 new points of 20 reps to /tracks/points/, each with a session.
"bare COPY" writes the same rows into a table like ours without key, checks or months; "into the table" is COPY into
the table itself. "import" is services.import_fixes, what `import_track` calls once the file is read.
"""

import argparse
import datetime as dt
import http.client
import json
import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

HOME = os.environ.get("DATABASE_URL", "")
OWN = f"benchmark_tracks_{os.getpid()}"
REPS, BATCH, DAYS = 20, 100, 30


def own_url() -> str:
    parts = urlsplit(HOME)
    if "postgres" not in parts.scheme:
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    return urlunsplit(parts._replace(path=f"/{OWN}"))


def execute_at_home(sql: str) -> None:
    import psycopg

    with psycopg.connect(HOME, autocommit=True) as connection:
        connection.execute(sql)


# --- over HTTP
def send(port, session, token, start, batches, result):
    """One client: posts its batches one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "X-CSRFToken": token,
        "Origin": f"http://127.0.0.1:{port}",
    }
    counts = {"accepted": 0, "duplicate": 0, "refused": 0}
    for batch in range(batches):
        points = [
            {
                "t": (start + batch * BATCH + n) * 1000,
                "lat": 31.8 + n * 1e-5,
                "lng": 117.2,
                "acc": 8,
                "spd": 1.2,
                "brg": 90,
            }
            for n in range(BATCH)
        ]
        connection.request("POST", "/tracks/points/", json.dumps(points), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} {body[:200]!r}")
        for name, number in json.loads(body).items():
            counts[name] += number
    result.put(counts)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not start")


def over_http(reps, start, clients, points):
    """Points a second of new batches, and of the same once more."""
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    sessions = []
    for rep in reps[:clients]:
        client = Client()
        client.force_login(rep, backend="accounts.backends.RoleBackend")
        sessions.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    port, workers = free_port(), os.cpu_count() or 2
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", str(workers),
         "--worker-class", "gthread", "--threads", "4", "--log-level", "error"],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DATABASE_URL": own_url(), "DEBUG": "1", "ALLOWED_HOSTS": "127.0.0.1"},
    )  # fmt: skip
    try:
        wait_for(port)
        rounds = {}
        for name in ("new", "again"):
            result: multiprocessing.Queue = multiprocessing.Queue()
            batches = points // BATCH // clients
            token = _get_new_csrf_string()
            work = [
                multiprocessing.Process(target=send, args=(port, session, token, start, batches, result))
                for session in sessions
            ]
            begin = time.perf_counter()
            for process in work:
                process.start()
            counts = [result.get(timeout=600) for _ in work]
            for process in work:
                process.join()
            seconds = time.perf_counter() - begin
            total = {key: sum(count[key] for count in counts) for key in counts[0]}
            rounds[name] = {
                "a_second": round(sum(total.values()) / seconds),
                "seconds": round(seconds, 1),
                **total,
            }
        return rounds
    finally:
        server.terminate()
        server.wait()


# --- from files
def copies(fixes, rep):
    """Seconds of COPY of the same rows into a bare table and into ours."""
    from django.db import connection, transaction
    from django.utils import timezone

    now, found = timezone.now(), {}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_points (LIKE territory_trackpoint)")
    for name, table in (("bare", "bare_points"), ("table", "territory_trackpoint")):
        begin = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            columns = "rep_id, time, latitude, longitude, accuracy_m, speed_ms, bearing, battery, source, received_at"
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for fix in fixes:
                    copy.write_row(
                        (rep.pk, fix.time, fix.lat, fix.lng, fix.accuracy_m, None, None, None, "import", now)
                    )
        found[name] = time.perf_counter() - begin
    return found


def from_files(reps, start, points, rounds):
    from territory.models import TrackPoint
    from territory.rules import Fix
    from territory.services import import_fixes

    first = dt.datetime.fromtimestamp(start, tz=dt.UTC)
    fixes = [Fix(first + dt.timedelta(seconds=5 * n), 31.8 + n * 1e-6, 117.2, 10.0) for n in range(points)]
    found = []
    from django.db import connection

    for _round in range(rounds):
        TrackPoint.objects.filter(rep__in=reps[-2:]).delete()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bare_points")
        seconds = copies(fixes, reps[-1])
        begin = time.perf_counter()
        stored = import_fixes(rep=reps[-2], fixes=fixes)
        seconds["import"] = time.perf_counter() - begin
        assert stored.accepted == points, stored
        begin = time.perf_counter()
        assert import_fixes(rep=reps[-2], fixes=fixes).duplicate == points
        seconds["again"] = time.perf_counter() - begin
        found.append(seconds)
    middle = {name: statistics.median(one[name] for one in found) for name in found[0]}
    return {
        name: {"a_second": round(points / value), "of_bare": round(middle["bare"] / value, 2)}
        for name, value in middle.items()
    }


# --- a month out
def month(rep, viewer, start):
    """Seconds until the first page of a month of 40,000 points is answered, summed up by the job and not."""
    from django.test import Client

    from territory.rules import Fix
    from territory.services import import_fixes, sum_stale_days

    first = dt.datetime.fromtimestamp(start, tz=dt.UTC)
    fixes = []
    for day in range(DAYS):
        morning = first + dt.timedelta(days=day)
        fixes += [
            Fix(morning + dt.timedelta(seconds=24 * n), 31.8 + n * 2e-5, 117.2 + (n % 40) * 1e-5, 10.0)
            for n in range(1334)
        ]
    import_fixes(rep=rep, fixes=fixes)
    client = Client()
    client.force_login(viewer, backend="accounts.backends.RoleBackend")
    local = first.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    address = f"/tracks/month/?rep={rep.pk}&month={local:%Y-%m}"
    found = {"points": len(fixes)}
    for name in ("points read", "summed up"):
        times = []
        for _ in range(4):
            begin = time.perf_counter()
            answer = client.get(address)
            times.append(time.perf_counter() - begin)
            assert answer.status_code == 200, answer.status_code
        found[name] = {"first": round(times[0], 2), "median": round(statistics.median(times[1:]), 2)}
        sum_stale_days()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    execute_at_home(f"CREATE DATABASE {OWN}")
    os.environ.update(DATABASE_URL=own_url(), DJANGO_SETTINGS_MODULE="config.settings", DEBUG="1")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    try:
        call_command("migrate", verbosity=0)
        from accounts.models import SystemOptions
        from tests.factories import UserFactory

        row = SystemOptions.load()
        row.work_start, row.work_end = dt.time(0), dt.time(23, 59, 59)
        row.save()
        reps = [UserFactory(tracking_notice_at=timezone.now()) for _ in range(REPS)]
        boss = UserFactory(role="admin")
        start = int((timezone.now() - dt.timedelta(days=3)).timestamp())
        result = {"http": over_http(reps, start, options.clients, options.points)}
        result["files"] = from_files(reps, start - 40 * 86400, options.points, options.rounds)
        begin = dt.datetime(2026, 10, 1, 0, 0, tzinfo=dt.UTC)
        result["month"] = month(reps[5], boss, int(begin.timestamp()))
        result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        result["load"] = round(os.getloadavg()[0], 1)
        print(json.dumps(result))
    finally:
        connection.close()
        pool = getattr(connection, "pool", None)
        if pool is not None:
            connection.close_pool()
        execute_at_home(f"DROP DATABASE {OWN} WITH (FORCE)")


if __name__ == "__main__":
    main()
