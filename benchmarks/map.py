"""The customer map of 1,000,000 customers on PostgreSQL: time in the database, bytes, and the browser's first paint.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.map [--customers N] [--rounds N] [--browser]

Makes a database of its own beside the one named and drops it at the end. A thousand reps of twenty departments have
their customers around their homes in 300 cities; a tenth has an open alert. Views of 1440 × 900 pixels from the whole
country down to a quarter are asked for through the product's pages: without a filter by whoever sees all and by the
manager of fifty reps (kept sums), with a filter (GROUP BY), and without kept sums; the points of the heat layer for the
same people, and by what was ordered. "by hand" is the statement one would
write for that view, on the same connection. Also: what the job costs that keeps the sums. `--browser` opens the map in
Chromium and reads the time from the data's arrival to the frame that shows them. See docs/benchmarks.md.
"""

import argparse
import gzip
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Department, Role, User
from benchmarks.loading import bulk_load
from common.business_calendar import today
from common.geo.cells import cell_of, resolution_for
from crm.models import Customer
from sales.models import SalesOrder
from territory.models import MapCell, MapTally
from territory.rules.map_view import box_around
from territory.services.map_cells import refresh_map_cells

SIZE = (1440, 900)
HEFEI = (31.82, 117.23)
VIEWS = {
    "country": (33.0, 110.0, 5),
    "province": (*HEFEI, 8),
    "city": (*HEFEI, 10),
    "district": (*HEFEI, 12),
    "quarter": (*HEFEI, 15),
}
FILTER = {"level": "A", "visit_gap": "14"}


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def make_company(count):
    """A boss, a manager of fifty reps, and everybody's customers."""
    pick = random.Random(1)
    role = {code: Role.objects.get(code=code) for code in ("admin", "manager", "rep")}
    boss = User.objects.create(username="boss", name="老板", role=role["admin"])
    departments = [Department.objects.create(name=f"{n} 部") for n in range(20)]
    manager = User.objects.create(
        username="manager", name="经理", role=role["manager"], department=departments[0]
    )
    reps = User.objects.bulk_create(
        User(username=f"rep{n}", name=f"业务员{n}", role=role["rep"], department=departments[n // 50])
        for n in range(1000)
    )
    cities = [HEFEI, *((pick.uniform(22, 42), pick.uniform(100, 122)) for _ in range(299))]
    weights = [1 / (n + 3) for n in range(300)]
    homes = [
        (lat + pick.gauss(0, 0.08), lng + pick.gauss(0, 0.1))
        for lat, lng in pick.choices(cities, weights, k=1000)
    ]
    fixed = {
        field.column: "" if field.get_internal_type() in ("CharField", "TextField") else field.get_default()
        for field in Customer._meta.concrete_fields
        if not field.null and not field.primary_key
    }
    fixed |= {"extra": "{}", "status": "active", "location_status": "confirmed", "created_on": "2026-01-01"}
    fixed |= {
        "created_at": "2026-01-01",
        "updated_at": "2026-01-01",
        "received_on": "2026-01-01",
        "search_grams": "{}",
    }
    made = ("id", "code", "name", "owner_id", "level", "last_visit_on", "latitude", "longitude", "cell")
    rest = [name for name in fixed if name not in made]
    tail = [fixed[name] for name in rest]
    days = [f"{today().fromordinal(today().toordinal() - n)}" for n in range(90)] + [None] * 20
    end = "\t" + "\t".join(str(value) for value in tail).replace("False", "f").replace("True", "t") + "\n"
    with (
        bulk_load("crm_customer"),
        connection.cursor() as cursor,
        cursor.copy(f"COPY crm_customer ({', '.join([*made, *rest])}) FROM STDIN") as copy,
    ):
        for first in range(1, count + 1, 5000):
            lines = []
            for n in range(first, min(first + 5000, count + 1)):
                rep = n % 1000
                lat, lng = homes[rep][0] + pick.gauss(0, 0.04), homes[rep][1] + pick.gauss(0, 0.05)
                owner = "\\N" if n % 200 == 7 else reps[rep].pk
                seen = pick.choice(days) or "\\N"
                lines.append(
                    f"{n}\tC{n:07}\t客户{n}\t{owner}\t{pick.choice('ABCC')}\t{seen}\t{lat}\t{lng}\t{cell_of(lat, lng)}{end}"
                )
            copy.write("".join(lines))
    execute(
        "INSERT INTO alerts_alert (customer_id, kind, owner_id, facts, base_on, period_days, due_on, opened_on)"
        " SELECT id, 'unvisited', owner_id, '{}', %s, 7, %s, %s FROM crm_customer WHERE id %% 10 = 3",
        [today()] * 3,
    )
    execute("VACUUM ANALYZE")
    return boss, manager


def make_orders():
    """An order of the last 180 days for every other customer; the heat layer asks for those of 90."""
    fixed = {
        field.column: "" if field.get_internal_type() in ("CharField", "TextField") else field.get_default()
        for field in SalesOrder._meta.concrete_fields
        if not field.null and not field.primary_key
    }
    for name in ("number", "customer_id", "status", "ordered_on", "total"):
        del fixed[name]
    fixed |= {"approval_reasons": "[]", "source": "office", "created_at": today()}
    with bulk_load("sales_salesorder"):
        execute(
            f"INSERT INTO sales_salesorder (number, customer_id, rep_id, status, ordered_on, total, {', '.join(fixed)})"
            " SELECT 'B' || id, id, owner_id, 'approved', %s::date - (id %% 360 / 2)::int, 100 + id %% 900,"
            f" {', '.join(['%s'] * len(fixed))} FROM crm_customer WHERE id %% 2 = 0",
            [today(), *fixed.values()],
        )
    execute("VACUUM ANALYZE sales_salesorder")


@contextmanager
def database_time():
    """{"ms": in statements about the map, "all": in all of them, "n": how many}."""
    spent = {"ms": 0.0, "all": 0.0, "n": 0}

    def wrapper(run, sql, params, many, context):
        began = time.perf_counter()
        try:
            return run(sql, params, many, context)
        finally:
            took = (time.perf_counter() - began) * 1000
            spent["all"] += took
            spent["n"] += 1
            if "territory_map" in sql or "crm_customer" in sql:
                spent["ms"] += took

    with connection.execute_wrapper(wrapper):
        yield spent


def box_of(view):
    lat, lng, zoom = VIEWS[view]
    return box_around(lat, lng, zoom, *SIZE), zoom


def by_hand(view, filtered):
    """Milliseconds of the statement one would write."""
    (south, west, north, east), zoom = box_of(view)
    resolution = resolution_for(zoom)
    filled = (resolution << 52) | ((1 << 3 * (15 - resolution)) - 1)
    where = "level = 'A' AND (last_visit_on IS NULL OR last_visit_on < %s) AND" if filtered else ""
    week, month = (today().fromordinal(today().toordinal() - n) for n in (7, 30))
    silent = [today().fromordinal(today().toordinal() - 14)] if filtered else []
    sql = (
        "SELECT (cell & 9218868437227405311 & ~(15::bigint << 52)) | %s, count(*), sum(latitude), sum(longitude),"
        " count(*) FILTER (WHERE last_visit_on >= %s),"
        " count(*) FILTER (WHERE last_visit_on >= %s AND last_visit_on < %s), count(*) FILTER (WHERE last_visit_on < %s)"
        f" FROM crm_customer WHERE status = 'active' AND {where} latitude BETWEEN %s AND %s"
        " AND longitude BETWEEN %s AND %s GROUP BY 1"
    )
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, [filled, week, month, week, month, *silent, south, north, west, east])
        cursor.fetchall()
    return (time.perf_counter() - began) * 1000


def ask(client, view, **more):
    box, zoom = box_of(view)
    query = {"by": "visit", "box": ",".join(f"{part:.4f}" for part in box), "zoom": zoom, **more}
    began = time.perf_counter()
    with database_time() as spent:
        address = "/map/heat/" if "heat" in query else "/map/cells/"
        answer = client.get(address, query, headers={"Accept-Encoding": "gzip"}, secure=True)
    assert answer.status_code == 200, answer.content[:300]
    packed = answer.headers.get("Content-Encoding") == "gzip"  # what is short is not
    body = json.loads(gzip.decompress(answer.content) if packed else answer.content)
    return {
        "map_ms": spent["ms"], "database_ms": spent["all"], "ms": (time.perf_counter() - began) * 1000,
        "bytes": len(answer.content), "marks": len(body["lat"]), "kind": body.get("kind", "heat"), "kept": bool(body.get("asOf")),
        "queries": spent["n"],
    }  # fmt: skip


def median(rows):
    return {
        key: value
        if isinstance(value, (str, bool))
        else round(statistics.median(row[key] for row in rows), 1)
        for key, value in rows[-1].items()
    }


def measure(boss, manager, rounds):
    clients = {}
    for user in (boss, manager):
        clients[user.username] = Client(headers={"host": "localhost"})
        clients[user.username].force_login(user, backend="accounts.backends.RoleBackend")
    found = {}
    for view in VIEWS:
        cases = {
            "heat, all": ("boss", {"heat": "customers"}),
            "heat, department": ("manager", {"heat": "customers"}),
            "heat, filter": ("boss", {"heat": "customers", **FILTER}),
            "heat, orders": ("boss", {"heat": "orders"}),
            "all": ("boss", {}),
            "all by level": ("boss", {"by": "level"}),
            "all by alert": ("boss", {"by": "alert"}),
            "all by owner": ("boss", {"by": "owner"}),
            "department": ("manager", {}),
            "filter": ("boss", FILTER),
        }
        times = {name: [] for name in cases}
        hand = []
        for turn in range(rounds + 1):
            MapTally.objects.update(checked_at=timezone.now())  # as the job would
            for name, (who, more) in cases.items():
                times[name].append(ask(clients[who], view, **more))
            hand.append(by_hand(view, filtered=True))
            if turn == 0:
                times, hand = {name: [] for name in cases}, []
        for name, rows in times.items():
            found[view, name] = median(rows)
        found[view, "by hand"] = {"map_ms": round(statistics.median(hand), 1)}
        ratio = found[view, "filter"]["map_ms"] / found[view, "by hand"]["map_ms"]
        found[view, "filter"]["ratio"] = round(ratio, 2)
    return found


def keep_sums(rounds):
    """Seconds of the job: the first time, when nothing changed, when 100 customers were visited."""

    def run():
        began = time.perf_counter()
        refresh_map_cells(now=timezone.now(), today=today())
        return round(time.perf_counter() - began, 2)

    found = {"first": run(), "nothing changed": [], "100 visited": []}
    execute("VACUUM ANALYZE territory_mapcell")
    for turn in range(rounds):
        found["nothing changed"].append(run())
        execute("UPDATE crm_customer SET last_visit_on = NULL WHERE id %% 10000 = %s", [turn + 11])
        found["100 visited"].append(run())
    cells = dict.fromkeys(("nothing changed", "100 visited"))
    return {
        **found,
        **{name: statistics.median(found[name]) for name in cells},
        "cells": MapCell.objects.count(),
    }


PAINT = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.name === "map-data") window.dataAt = entry.startTime;
    if (entry.name === "map-drawn") requestAnimationFrame(() => setTimeout(() => {
      (window.paints ??= []).push(performance.now() - window.dataAt);
    }));
  }
}).observe({ type: "mark", buffered: true });
"""


def browser(boss, rounds, port=8769):
    """Milliseconds from the data's arrival to the frame with the clusters, by view."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs beside ours
    config = connection.settings_dict
    url = (
        f"postgres://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(boss, backend="accounts.backends.RoleBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"],
        env=os.environ | {"DATABASE_URL": url, "DEBUG": "1", "MAP_TILES": "none"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with sync_playwright() as play:
            chromium = play.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            context = chromium.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"http://127.0.0.1:{port}"}]
            )
            context.add_init_script(PAINT)
            found = {}
            for view, (lat, lng, zoom) in VIEWS.items():
                paints = []
                for turn in range(rounds + 1):
                    MapTally.objects.update(checked_at=timezone.now())
                    paint = _paint(context, f"http://127.0.0.1:{port}/map/?turn={turn}#{zoom}/{lat}/{lng}")
                    if turn:
                        paints.append(paint)
                found[view] = round(statistics.median(paints))
            return found
    finally:
        server.terminate()
        server.wait()


def _paint(context, address):
    for _attempt in range(60):
        page = context.new_page()
        try:
            page.goto(address, wait_until="commit")
            # Not wait_for_function, which evaluates a string in the page: its policy forbids that.
            page.evaluate(
                "async () => { while (!window.paints?.length) await new Promise((done) => setTimeout(done, 10)); }"
            )
            return page.evaluate("window.paints[0]")
        except Exception as error:  # the server is not there yet
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            time.sleep(0.5)
        finally:
            page.close()
    raise RuntimeError("no server")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--browser", action="store_true")
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_map_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        boss, manager = make_company(options.customers)
        make_orders()
        print(
            f"{own}: {options.customers:,} customers in {time.perf_counter() - began:.0f} s", file=sys.stderr
        )
        job = keep_sums(3)
        print(f"job: {job}, load {os.getloadavg()[0]:.1f}")
        with override_settings(
            STORAGES={
                **settings.STORAGES,
                "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            }
        ):
            found = measure(boss, manager, options.rounds)
        for (view, name), row in found.items():
            print(f"{view:9} {name:13} " + "  ".join(f"{key} {value}" for key, value in row.items()))
        print(f"load {math.floor(os.getloadavg()[0] * 10) / 10}")
        if options.browser:
            print(f"first paint after data, ms: {browser(boss, 5)}, load {os.getloadavg()[0]:.1f}")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own} WITH (FORCE)")


if __name__ == "__main__":
    main()
