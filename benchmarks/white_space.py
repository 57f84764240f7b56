"""White space over 1,000,000 customers against a hand-written GROUP BY, on PostgreSQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.white_space [--customers N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end: customers in 40 towns over the country, a
tenth as many leads, half as many deliveries of the last 180 days, 50,000 places with residents. "by hand" is what one
would write for that view, with the same sums: four statements over the stored cells. Ours is `cells_in_view` and, in the
last two columns, the whole answer over HTTP with its bytes as they travel (gzip). Medians. See docs/benchmarks.md.
"""

import argparse
import datetime as dt
import json
import os
import random
import statistics
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import Department, Role, User
from common.geo.cells import cell_of
from crm.models import Customer, Lead
from territory.queries import white_space as queries
from territory.rules.white_space import drawn_resolution

TODAY = dt.date(2026, 11, 28)
VIEWS = {
    "the country": ((18.0, 73.0, 53.0, 135.0), 5),
    "a province": ((29.4, 114.9, 34.7, 119.7), 8),
    "a town": ((31.70, 117.05, 31.95, 117.45), 12),
    "a street": ((31.80, 117.20, 31.84, 117.27), 15),
}


def execute(sql, *args):
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall() if cursor.description else None


def copy_rows(model, columns, rows):
    """COPY; text columns that are not named are empty, JSON is {}."""
    fields = {field.column: field.get_internal_type() for field in model._meta.concrete_fields}
    blank = [
        name for name, kind in fields.items() if kind in ("CharField", "TextField") and name not in columns
    ]
    sql = f"COPY {model._meta.db_table} ({', '.join([*columns, *blank])}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row([*row, *([""] * len(blank))])


def make_company(count):
    pick = random.Random(3)
    head = Department.objects.create(name="总部")
    sales = [Department.objects.create(name=f"销售{n}部", parent=head) for n in range(20)]
    role = {code: Role.objects.get(code=code) for code in ("admin", "manager", "rep")}
    boss = User.objects.create(username="boss", name="管理员", role=role["admin"], department=head)
    manager = User.objects.create(
        username="manager", name="王经理", role=role["manager"], department=sales[0]
    )
    reps = [
        User.objects.create(username=f"rep{n}", name=f"业务员{n}", role=role["rep"], department=sales[n % 20])
        for n in range(400)
    ]
    towns = [(31.82, 117.25), *((22 + pick.random() * 20, 102 + pick.random() * 19) for _ in range(39))]

    def place():
        lat, lng = towns[0] if pick.random() < 0.1 else pick.choice(towns)
        return lat + pick.gauss(0, 0.08), lng + pick.gauss(0, 0.1)

    def day(days):
        return TODAY - dt.timedelta(days=pick.randrange(days))

    def customers():
        for n in range(count):
            lat, lng = place()
            yield (
                *(f"C{n:07}", f"小店{n}", pick.choice("ABC"), reps[n % 400].pk, "2026-01-01", day(700)),
                *(lat, lng, cell_of(lat, lng), "confirmed", "active", False, False, "{}", TODAY, TODAY, "{}"),
            )

    columns = (
        "code",
        "name",
        "level",
        "owner_id",
        "received_on",
        "created_on",
        "latitude",
        "longitude",
        "cell",
    )
    columns += (
        "location_status",
        "status",
        "alerts_exempt",
        "pool_locked",
        "extra",
        "created_at",
        "updated_at",
        "search_grams",
    )
    copy_rows(Customer, columns, customers())
    leads = count // 10
    where = [place() for _ in range(leads)]
    execute(
        "INSERT INTO crm_lead (uuid, name, stage, owner_id, received_on, latitude, longitude, cell, province, city, district, address,"
        " tax_id, notes, extra, lost_reason, external_id, name_key, search_text, search_grams, created_at, updated_at)"
        " SELECT gen_random_uuid(), '潜客' || n, 'new', %s + n %% 400, date '2026-01-01', lat, lng, cell, '', '', '', '', '', '', '{}', '', '',"
        " '', '', '{}', now(), now() FROM unnest(%s::float[], %s::float[], %s::bigint[]) WITH ORDINALITY AS p (lat, lng, cell, n)",
        reps[0].pk,
        [lat for lat, _ in where],
        [lng for _, lng in where],
        [cell_of(*at) for at in where],
    )
    execute(
        "INSERT INTO sales_delivery (number, customer_id, rep_id, status, issued_on, due_on, discount, note,"
        " reversal_reason, amount, is_history, created_at) SELECT 'D' || id, id, owner_id, 'posted',"
        " date '2026-11-28' - (id %% 180)::int, date '2026-12-28', 0, '', '', (id %% 997) + 1, false, now()"
        " FROM crm_customer WHERE id %% 2 = 0"
    )
    where = [place() for _ in range(50_000)]
    execute(
        "INSERT INTO territory_population (city, district, latitude, longitude, cell, residents)"
        " SELECT '', '', lat, lng, cell, 1000 + n FROM unnest(%s::float[], %s::float[], %s::bigint[])"
        " WITH ORDINALITY AS p (lat, lng, cell, n)",
        [lat for lat, _ in where],
        [lng for _, lng in where],
        [cell_of(*at) for at in where],
    )
    execute("VACUUM ANALYZE")
    return boss, manager


def by_hand(view):
    """The same sums, written out: what a person would type for this view."""
    mask = (1 << 63) - 1 - (0xF << 52)
    filled = (view.resolution << 52) | ((1 << 3 * (15 - view.resolution)) - 1)
    key = f"(c.cell & {mask}) | {filled}"
    box = (
        f"c.latitude BETWEEN {view.south - view.margin} AND {view.north + view.margin} "
        f"AND c.longitude BETWEEN {view.west - view.margin * 1.3} AND {view.east + view.margin * 1.3}"
    )
    first, last = view.period
    then, until = view.before
    now = f"BETWEEN '{first}' AND '{last}'"
    before = f"BETWEEN '{then}' AND '{until}'"
    return [
        (
            f"SELECT {key}, count(*), count(*) FILTER (WHERE c.created_on {now}), count(*) FILTER (WHERE c.created_on {before})"
            f" FROM crm_customer c WHERE c.status = 'active' AND c.cell IS NOT NULL AND {box} GROUP BY 1"
        ),
        (
            f"SELECT {key}, count(*) FROM crm_lead c WHERE c.deleted_at IS NULL AND c.stage NOT IN ('converted', 'lost')"
            f" AND c.cell IS NOT NULL AND {box} GROUP BY 1"
        ),
        (
            f"SELECT {key}, sum(amount) FILTER (WHERE issued_on {now}), sum(amount) FILTER (WHERE issued_on {before})"
            f" FROM sales_delivery d JOIN crm_customer c ON c.id = d.customer_id WHERE d.status = 'posted'"
            f" AND (d.issued_on {now} OR d.issued_on {before}) AND c.status = 'active' AND c.cell IS NOT NULL AND {box} GROUP BY 1"
        ),
        f"SELECT {key}, sum(residents) FROM territory_population c WHERE c.cell IS NOT NULL AND {box} GROUP BY 1",
    ]


def measure(people, rounds):
    clients = {}
    for name, user in people.items():
        clients[name] = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
        clients[name].force_login(user, backend="accounts.backends.RoleBackend")
    results = {}
    print(
        f"{'view':<14}{'cells':>6}{'by hand':>10}{'ours':>10}{'ratio':>7}{'manager':>10}{'HTTP':>10}{'KB':>7}"
    )
    for name, (bounds, zoom) in VIEWS.items():
        period = (dt.date(2026, 10, 1), dt.date(2026, 12, 31))
        before = (dt.date(2026, 7, 1), dt.date(2026, 9, 30))
        view = queries.View(*bounds, drawn_resolution(*bounds, zoom), period, before)
        query = {"bounds": ",".join(map(str, bounds)), "zoom": zoom, "period": "quarter"}
        times = {"hand": [], "ours": [], "manager": [], "http": []}
        sizes = {}
        for _ in range(rounds):
            began = time.perf_counter()
            for sql in by_hand(view):
                execute(sql)
            times["hand"].append(time.perf_counter() - began)
            for who, key in (("boss", "ours"), ("manager", "manager")):
                user = User.objects.get(pk=people[who].pk)
                rows = queries.sources(
                    user, Customer.objects.visible_to(user).active(), owner=None, filtered=False
                )
                began = time.perf_counter()
                found = queries.cells_in_view(rows, view)
                times[key].append(time.perf_counter() - began)
                sizes[who] = len(found)
            began = time.perf_counter()
            answer = clients["boss"].get("/map/white-space/cells/", query, secure=True)
            times["http"].append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.content[:200]
        ms = {key: round(statistics.median(values) * 1000, 1) for key, values in times.items()}
        ratio, size = ms["ours"] / ms["hand"], len(answer.content) / 1024
        print(
            f"{name:<14}{sizes['boss']:>6}{ms['hand']:>8.0f} ms{ms['ours']:>7.0f} ms{ratio:>7.2f}{ms['manager']:>7.0f} ms"
            f"{ms['http']:>7.0f} ms{size:>7.0f}"
        )
        results[name] = {**ms, "ratio": round(ratio, 2), "cells": sizes["boss"], "kb": round(size)}
    print(json.dumps(results))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_white_space_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        boss, manager = make_company(options.customers)
        leads = Lead.objects.count()
        seconds = time.perf_counter() - began
        print(f"{options.customers:,} customers, {leads:,} leads in {seconds:.0f} s", file=sys.stderr)
        measure({"boss": boss, "manager": manager}, options.rounds)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
