"""Aging of 500,000 open bills against hand-written SQL, on PostgreSQL, in the same process.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.sales [--bills N] [--customers N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end. "today" is what the aging page reads for
somebody who sees the whole company, from the open columns of the bills: 50 rows with their names, the sums over all and
their number; "export" is all rows with their names; "past" is the page as of a day gone by, from bills and allocations.
"hand" is one statement for each question, whose rows are fetched with a bare cursor; "hand_page" is the same statement
where it, too, sorts and sums in the database and fetches 50 rows. All figures of all rows must be equal, the page's
order and sums, too. See docs/benchmarks.md.
"""

import argparse
import datetime as dt
import json
import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from sales.models import Bill
from sales.queries.aging import aging, aging_page, with_names

TODAY = dt.date(2026, 11, 22)
PAST = dt.date(2026, 9, 30)
BUCKETS = (
    "b.due_on >= %(day)s",
    "b.due_on BETWEEN %(day)s - 30 AND %(day)s - 1",
    "b.due_on BETWEEN %(day)s - 60 AND %(day)s - 31",
    "b.due_on BETWEEN %(day)s - 90 AND %(day)s - 61",
    "b.due_on BETWEEN %(day)s - 120 AND %(day)s - 91",
    "b.due_on < %(day)s - 120",
)


def columns(amount):
    return ", ".join(f"COALESCE(SUM({amount}) FILTER (WHERE {bucket}), 0)" for bucket in BUCKETS)


HAND_TODAY = f"""
SELECT b.customer_id, c.name, {columns("b.amount - b.settled")}
FROM sales_bill b JOIN crm_customer c ON c.id = b.customer_id
WHERE b.status = 'posted' AND b.amount > b.settled
GROUP BY b.customer_id, c.name
""".replace("%(day)s", "%(day)s::date")
HAND_PAGE = f"""
WITH owed (id, name, b0, b1, b2, b3, b4, b5) AS ({HAND_TODAY})
SELECT id, name, b0, b1, b2, b3, b4, b5, COUNT(*) OVER (), SUM(b0) OVER (), SUM(b1) OVER (), SUM(b2) OVER (),
    SUM(b3) OVER (), SUM(b4) OVER (), SUM(b5) OVER ()
FROM owed ORDER BY b1 + b2 + b3 + b4 + b5 DESC, b0 + b1 + b2 + b3 + b4 + b5 DESC, id DESC LIMIT 50
"""
HAND_PAST = f"""
SELECT b.customer_id, c.name, {columns("b.amount - COALESCE(a.paid, 0)")}
FROM sales_bill b JOIN crm_customer c ON c.id = b.customer_id
LEFT JOIN (
    SELECT bill_id, SUM(amount) AS paid FROM sales_allocation
    WHERE made_on <= %(day)s AND (released_on IS NULL OR released_on > %(day)s) GROUP BY bill_id
) a ON a.bill_id = b.id
WHERE b.billed_on <= %(day)s AND (b.status = 'posted' OR b.reversed_on > %(day)s)
GROUP BY b.customer_id, c.name
HAVING SUM(b.amount - COALESCE(a.paid, 0)) <> 0
""".replace("%(day)s", "%(day)s::date")


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def fill(customers, bills):
    """Customers, open bills over ten months of which half are paid in part, and as many that are settled."""
    execute("SET synchronous_commit = off")
    _copy("crm_customer", customers, "n, 'B' || n, '客户' || n", ("id", "code", "name"))
    days = "DATE '2026-02-01' + (n::bigint * 7919 %% 300)::int"
    execute(
        "INSERT INTO sales_receipt (id, number, customer_id, status, received_on, amount, method, used, refunded, note,"
        " reversal_reason, created_at) SELECT n, 'R' || n, n, 'posted', DATE '2026-02-01', 100000000, 'cash',"
        " 0, 0, '', '', now() FROM generate_series(1, %s) n",
        [customers],
    )
    execute(
        "INSERT INTO sales_bill (id, kind, customer_id, position, status, billed_on, due_on, amount, settled, note,"
        f" reversal_reason, created_at) SELECT n, 'opening', 1 + n * 31 %% %s, 1, 'posted', {days}, {days} + 30,"
        " 100 + n %% 5000 + (n %% 100) / 100.0, 0, '', '', now() FROM generate_series(1, %s) n",
        [customers, 2 * bills],
    )
    execute(
        "INSERT INTO sales_allocation (bill_id, receipt_id, amount, made_on, created_at)"
        " SELECT id, customer_id, CASE WHEN id > %s THEN amount ELSE round(amount / 2, 2) END,"
        " billed_on + (id %% 40)::int, now() FROM sales_bill WHERE id > %s OR id %% 2 = 0",
        [bills, bills],
    )
    execute("UPDATE sales_bill b SET settled = a.amount FROM sales_allocation a WHERE a.bill_id = b.id")
    execute("UPDATE sales_receipt r SET used = s.sum FROM (SELECT receipt_id, sum(amount) FROM sales_allocation"
            " GROUP BY 1) s WHERE s.receipt_id = r.id")  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, FREEZE)")


def _copy(table, count, values, names):
    """INSERT … SELECT with a neutral value for every column that may not be empty and has no default in the database."""
    rows = execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_identity = 'NO' AND column_name <> ALL(%s)",
        [table, list(names)],
    )
    neutral = {
        "boolean": "false",
        "date": "'2026-01-01'",
        "timestamp with time zone": "now()",
        "jsonb": "'{}'",
        "ARRAY": "'{}'",
    }
    more = [
        (name, neutral.get(kind, "''" if "char" in kind or kind == "text" else "0")) for name, kind in rows
    ]
    columns_sql = ", ".join([*names, *(name for name, _value in more)])
    values_sql = ", ".join([values, *(value for _name, value in more)])
    execute(f"INSERT INTO {table} ({columns_sql}) SELECT {values_sql} FROM generate_series(1, %s) n", [count])


def measure(work, rounds):
    """Median milliseconds; the first round warms the cache and does not count."""
    found, times = None, []
    for _round in range(rounds + 1):
        start = time.perf_counter()
        found = work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:]), found


def page_of(day):
    """What the page reads: its rows with their names, the sums over all."""
    page = aging_page(Bill.objects.all(), day=day, today=TODAY)
    with_names(page.rows, "customer")
    return page


def all_of(day):
    """What the export reads."""
    return with_names(aging(Bill.objects.all(), day=day, today=TODAY), "customer")


def compare(name, sql, day, rounds, ours=page_of):
    hand, rows = measure(lambda: execute(sql, {"day": day}), rounds)
    took, found = measure(lambda: ours(day), rounds)
    check(name, rows, day, found)
    return {
        "hand_ms": round(hand, 1),
        "ours_ms": round(took, 1),
        "ratio": round(took / hand, 2),
        "rows": len(rows),
    }


def check(name, rows, day, found):
    """All figures of the statement by hand against ours: every row, the order, and the page's rows, sums and number."""
    rows = sorted(rows, key=lambda row: (sum(row[3:]), sum(row[2:]), row[0]), reverse=True)
    wanted = [(row[0], row[1], list(row[2:])) for row in rows]
    pages = aging_page(Bill.objects.all(), day=day, today=TODAY, size=len(rows) + 1)
    for lines in (all_of(day), with_names(pages.rows, "customer")):
        assert [(line.key, line.name, line.amounts) for line in lines] == wanted, name
    if isinstance(found, list):
        assert [(line.key, line.name, line.amounts) for line in found] == wanted, name
        return
    assert [(line.key, line.name, line.amounts) for line in found.rows] == wanted[:50], name
    assert (found.count, found.total.amounts) == (
        len(rows),
        [sum(each) for each in zip(*(amounts for _pk, _name, amounts in wanted), strict=True)],
    ), name


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bills", type=int, default=500_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    home, own = connection.settings_dict["NAME"], f"benchmark_sales_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        fill(options.customers, options.bills)
        result = {"bills": options.bills, "customers": options.customers}
        result["today"] = compare("today", HAND_TODAY, TODAY, options.rounds)
        result["export"] = compare("export", HAND_TODAY, TODAY, options.rounds, all_of)
        hand_page, _rows = measure(lambda: execute(HAND_PAGE, {"day": TODAY}), options.rounds)
        result["today"]["hand_page_ms"] = round(hand_page, 1)
        result["past"] = compare("past", HAND_PAST, PAST, options.rounds)
        print(json.dumps(result))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own} WITH (FORCE)")


if __name__ == "__main__":
    main()
