"""Reports over 2,000,000 order lines against hand-written SQL, boards from sums of days, and 100,000 rows in a workbook.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.reports [--lines N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end: 100,000 customers of 400 reps, 500 products, three
lines an order, over a year. "ours" is `Report.table` with all it does (scope, measures, totals, names); "by hand" one
statement with the same sums, groups and totals, on the same connection. Both must find the same total. At the end the company
grows to 1,000,000 customers and 2,000,000 orders for the reports that go customer by customer (report_customers.py). See
docs/benchmarks.md.
"""

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import sys
import tempfile
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, models

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.models import Department, Role, User
from benchmarks import report_customers
from benchmarks.loading import bulk_load
from common.exports import Counted
from common.periods import Period
from common.sheets import write_workbook
from crm.models import Customer, Dictionary
from reports.models import DayMark
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from reports.queries.summed import summed_facts
from reports.rules.sheets import sheet_heads, sheet_rows
from reports.rules.tables import Look
from reports.services.day_figures import refresh_day_figures
from sales.models import OrderLine, Product, ProductCategory, SalesOrder

TODAY = dt.date(2026, 11, 28)
FIRST = TODAY - dt.timedelta(days=364)
YEAR = Period("custom", FIRST, TODAY)
COUNTED = "o.status NOT IN ('draft', 'cancelled') AND o.ordered_on BETWEEN %(first)s AND %(last)s"
NET = "SUM(l.amount * (1 - o.discount)), SUM(l.quantity), COUNT(DISTINCT l.order_id), COUNT(DISTINCT o.customer_id)"
LINES = f"FROM sales_orderline l JOIN sales_salesorder o ON o.id = l.order_id {{}} WHERE {COUNTED} GROUP BY GROUPING SETS ((1), ())"
BY_HAND = {
    "product": f"SELECT l.product_id, {NET} " + LINES.format(""),
    "category": f"SELECT p.category_id, {NET} " + LINES.format("JOIN sales_product p ON p.id = l.product_id"),
    "channel": f"SELECT c.channel_id, {NET} " + LINES.format("JOIN crm_customer c ON c.id = o.customer_id"),
    "rep": f"SELECT o.rep_id, {NET} " + LINES.format(""),
    "month": f"SELECT date_trunc('month', o.ordered_on)::date, {NET} " + LINES.format(""),
}


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def insert(model, rows, **columns):
    """INSERT … SELECT from `rows` with an expression for each named column; what is not named and not null is empty."""
    empty = {
        "CharField": "''",
        "TextField": "''",
        "FileField": "''",
        "JSONField": "'[]'",
        "BooleanField": "false",
    }
    for field in model._meta.concrete_fields:
        if field.column in columns or field.null or field.primary_key:
            continue
        kind = field.get_internal_type()
        moment = "now()" if isinstance(field, models.DateField) else "0"
        columns[field.column] = "'{}'" if kind == "GramsField" else empty.get(kind, moment)
    names, values = ", ".join(columns), ", ".join(columns.values())
    execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM {rows}")


def make_company(lines):
    department = Department.objects.create(name="销售部")
    role = Role.objects.get(code="rep")
    boss = User.objects.create(
        username="boss", name="老板", role=Role.objects.get(code="admin"), department=department
    )
    reps = [
        User.objects.create(username=f"rep{n}", name=f"业务员{n}", role=role, department=department)
        for n in range(400)
    ]
    channels = list(Dictionary.objects.filter(kind="channel").values_list("pk", flat=True)) or [
        Dictionary.objects.create(kind="channel", name=f"渠道{n}").pk for n in range(6)
    ]
    categories = [ProductCategory.objects.create(name=f"品类{n}").pk for n in range(20)]
    insert(
        Product,
        "generate_series(1, 500) n",
        code="'P' || n",
        name="'商品' || n",
        unit="'瓶'",
        is_active="true",
        category_id=f"(ARRAY{categories})[1 + n % 20]",
    )
    first_product = Product.objects.order_by("pk").values_list("pk", flat=True)[0]
    first_rep = reps[0].pk
    tables = ("crm_customer", "sales_salesorder", "sales_orderline")
    with bulk_load(*tables):
        insert(
            Customer,
            "generate_series(1, 100000) n",
            id="n",
            code="'C' || n",
            name="'客户' || n",
            status="'active'",
            extra="'{}'",
            level="substr('ABC', 1 + n % 3, 1)",
            channel_id=f"(ARRAY{channels})[1 + n % {len(channels)}]",
            owner_id=f"{first_rep} + n % 400",
            received_on="DATE '2025-01-01'",
        )
        insert(
            SalesOrder,
            f"generate_series(1, {lines // 3}) n",
            id="n",
            number="'SO' || n",
            status="CASE WHEN n % 50 = 0 THEN 'cancelled' ELSE 'delivered' END",
            source="'office'",
            customer_id="1 + (n::bigint * 7919) % 100000",
            rep_id=f"{first_rep} + (1 + (n::bigint * 7919) % 100000) % 400",
            ordered_on=f"DATE '{FIRST}' + (n % 365)::int",
            discount="CASE WHEN n % 10 = 0 THEN 0.05 ELSE 0 END",
            total="100 + n % 900",
        )
        insert(
            OrderLine,
            f"generate_series(1, {lines // 3 * 3}) n",
            order_id="1 + (n - 1) / 3",
            product_id=f"{first_product} + (n::bigint * 104729) % 500",
            quantity="1 + n % 24",
            price="10",
            amount="(1 + n % 24) * 10",
        )
    execute("VACUUM ANALYZE")
    return boss


def median_ms(rounds, work):
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        found = work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), found


def against_hand(boss, rounds):
    report, result = REPORTS["product_sales"], {}
    for by, sql in BY_HAND.items():
        if by not in report.dimensions:
            continue
        hand, rows = median_ms(rounds, lambda sql=sql: execute(sql, {"first": FIRST, "last": TODAY}))
        ours, table = median_ms(rounds, lambda by=by: report.table(Asked(boss, YEAR, TODAY), by, most=0))
        total = round(sum(row[1] for row in rows) / 2, 2)  # the groups, and once more all of them
        assert abs(total - table.totals[table.column("line_amount")]) <= 1, (by, total, table.totals)
        result[by] = {"by hand": round(hand), "ours": round(ours), "ratio": round(ours / hand, 2)}
        print(by, result[by], flush=True)
    return result


def boards(boss, rounds):
    """Amount and number of orders by rep over the year, from the slips and from sums of days."""
    from reports.queries import engine

    def ask():
        return engine.table(Asked(boss, YEAR, TODAY), ["order_amount", "order_count"], "rep")

    DayMark.objects.all().delete()
    DayMark.objects.create(fact="orders", day=None)
    slips, table = median_ms(rounds, ask)
    began = time.perf_counter()
    days = refresh_day_figures()
    built = time.perf_counter() - began
    sums, again = median_ms(rounds, ask)
    assert table.totals == again.totals
    SalesOrder.objects.filter(pk=1).update(note="x")
    began = time.perf_counter()
    refresh_day_figures()
    one = (time.perf_counter() - began) * 1000
    found = {
        "slips": round(slips),
        "sums": round(sums),
        "built_s": round(built, 1),
        "days": days,
        "a day": round(one),
    }
    print(found, flush=True)
    return found


def workbook(boss):
    """Every customer that ordered in the year, as the page exports them; peak memory of the process, MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began, used = time.perf_counter(), time.process_time()
    table, rows = REPORTS["top_customers"].flow(Asked(boss, YEAR, TODAY), "customer", Look())
    counted = Counted(rows)
    with tempfile.TemporaryFile() as file:
        write_workbook(file, sheet_heads(table), sheet_rows(table, counted))
        size = file.tell()
    found = {
        "rows": counted.number,
        "seconds": round(time.perf_counter() - began, 1),
        "processor": round(time.process_time() - used, 1),
        "mb": size >> 20,
        "memory": [before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024],
    }
    print(found, flush=True)
    return found


def customers(boss, rounds):
    with bulk_load("crm_customer", "sales_salesorder", "sales_delivery", "sales_receipt"):
        report_customers.grow(insert, execute, FIRST, 1_000_000, 2_000_000)
    DayMark.objects.bulk_create(DayMark(fact=fact.code, day=None) for fact in summed_facts())
    refresh_day_figures()
    execute("VACUUM ANALYZE")
    return report_customers.against_hand(boss, TODAY, rounds, execute)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, name = connection.settings_dict["NAME"], f"benchmark_reports_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f'CREATE DATABASE "{name}"')
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        boss = make_company(options.lines)
        result = {
            "lines": options.lines,
            "by": against_hand(boss, options.rounds),
            "board": boards(boss, options.rounds),
            "workbook": workbook(boss),
            "customers": customers(boss, options.rounds),
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(result, ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
