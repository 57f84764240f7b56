"""Reorder rhythm, value and trend of 1,000,000 customers with 2,000,000 orders, against plain SQL, on PostgreSQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.rhythm [--customers N] [--orders N]

Makes a database of its own beside the one named and drops it at the end. "by hand" is one statement that writes each
customer's median gap, his 0.9 quantile and last order into a table: no peers, weekdays, holidays, outlier, value or
trend. "everybody" is the first run of ours over all customers, "nothing" the same run again, "a day" the one after
a day's orders; "one order" is what submitting an order adds, the median of 200. MB is what the process grew to in all,
Django and the calendar included. See docs/benchmarks.md.
"""

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from alerts.models import CustomerRhythm
from alerts.services.backtest import request_backtest, run_backtest
from alerts.services.rhythm import refresh_customers, refresh_rhythms

TODAY = dt.date(2026, 11, 20)
BY_HAND = """
CREATE TEMPORARY TABLE by_hand AS
SELECT customer_id, percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY gap) AS gaps, max(ordered_on) AS last_on
FROM (
    SELECT customer_id, ordered_on,
           ordered_on - lag(ordered_on) OVER (PARTITION BY customer_id ORDER BY ordered_on) AS gap
    FROM (SELECT DISTINCT customer_id, ordered_on FROM sales_salesorder WHERE status NOT IN ('draft', 'cancelled')) d
) g
GROUP BY customer_id
"""


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def drop_slow_indexes():
    """Of customers: nothing here reads them, and building the company would take most of the time."""
    for (name,) in execute(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'crm_customer' AND indexname NOT IN"
        " ('crm_customer_pkey', 'customer_owner_status_id')"
    ):
        execute(f"ALTER TABLE crm_customer DROP CONSTRAINT IF EXISTS {name} CASCADE")
        execute(f"DROP INDEX IF EXISTS {name}")


def make_company(customers, orders):
    """A tenth order every 5 to 30 days for a year, the others once or never; 2 % are cancelled."""
    drop_slow_indexes()
    execute("SET session_replication_role = replica")  # no triggers, no foreign keys: only to build
    names = [
        row[0]
        for row in execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'crm_customer' AND is_nullable = 'NO'"
            " AND column_name NOT IN ('id', 'code', 'name', 'level', 'status', 'created_on', 'extra', 'search_grams')"
            " AND data_type IN ('character varying', 'text')"
        )
    ]
    execute(
        f"INSERT INTO crm_customer (id, code, name, level, status, created_on, extra, search_grams, {', '.join(names)},"
        " alerts_exempt, pool_locked, created_at, updated_at)"
        " SELECT n, 'C' || n, '客户' || n, (ARRAY['A', 'B', 'C', ''])[1 + n %% 4], 'active', %(today)s::date - 500, '{}',"
        f" '{{1,2,3}}', {', '.join(['%(none)s'] * len(names))}, false, false, now(), now()"
        " FROM generate_series(1, %(customers)s) n",
        {"today": TODAY, "customers": customers, "none": ""},
    )
    rhythmic, each = customers // 10, 14
    single = orders - rhythmic * each
    execute(
        """
        INSERT INTO sales_salesorder (number, customer_id, status, ordered_on, discount, total, note, source, consignee,
            consignee_phone, delivery_address, shipping_method, payment_method, consignor, invoice_number,
            approval_reason, approval_reasons, revision, created_at)
        SELECT 'B' || n, customer, CASE WHEN n %% 50 = 0 THEN 'cancelled' ELSE 'delivered' END, day, 0,
               (random() * 90000)::int / 100.0, '', 'history', '', '', '', '', '', '', '', '', '[]', 1, now()
        FROM (
            SELECT n, 10 * (1 + (n - 1) / %(each)s) AS customer,
                   %(today)s::date - ((n - 1) %% %(each)s) * (5 + ((n - 1) / %(each)s) %% 26)::int - (random() * 5)::int AS day
            FROM generate_series(1, %(rhythmic)s * %(each)s) n
            UNION ALL
            SELECT %(rhythmic)s * %(each)s + n, 1 + (n::bigint * 7919) %% %(customers)s, %(today)s::date - (random() * 500)::int
            FROM generate_series(1, %(single)s) n
        ) o
        """,
        {"today": TODAY, "each": each, "rhythmic": rhythmic, "single": single, "customers": customers},
    )
    execute("SET session_replication_role = DEFAULT")
    execute(
        "SELECT setval(pg_get_serial_sequence('sales_salesorder', 'id'), (SELECT max(id) FROM sales_salesorder))"
    )
    execute("VACUUM ANALYZE")


def a_day_passes(count):
    execute(
        "UPDATE sales_salesorder SET ordered_on = %s WHERE id IN (SELECT id FROM sales_salesorder WHERE status = 'delivered'"
        " ORDER BY id DESC LIMIT %s)",
        [TODAY + dt.timedelta(days=1), count],
    )


def timed(action):
    began = time.perf_counter()
    result = action()
    return round(time.perf_counter() - began, 2), result


def megabytes():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def one_order():
    """Each of 200 customers alone, as the transaction of an order does."""
    keys = list(
        CustomerRhythm.objects.filter(limit_on__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)[:200]
    )
    spent = []
    for key in keys:
        with transaction.atomic():
            spent.append(timed_ms(lambda key=key: refresh_customers(customer_ids=[key], today=TODAY)))
    return round(statistics.median(spent), 2)


def timed_ms(action):
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def measure(customers, orders):
    make_company(customers, orders)
    base = megabytes()
    hand = min(timed(by_hand)[0] for _ in range(3))
    first, result = timed(lambda: refresh_rhythms(today=TODAY))
    assert result.everybody
    again, nothing = timed(lambda: refresh_rhythms(today=TODAY))
    assert (nothing.computed, nothing.rescored) == (0, 0), nothing
    a_day_passes(orders // 500)
    day, changed = timed(lambda: refresh_rhythms(today=TODAY + dt.timedelta(days=1)))
    peak = megabytes()
    run, _new = request_backtest(actor=None, first=TODAY - dt.timedelta(days=89), last=TODAY)
    back, done = timed(lambda: run_backtest(run.pk))
    return {
        "customers": customers,
        "orders": orders,
        "with_rhythm": CustomerRhythm.objects.filter(limit_on__isnull=False).count(),
        "by_hand_s": hand,
        "everybody_s": first,
        "ratio": round(first / hand, 2),
        "rows_per_s": round(result.computed / first),
        "nothing_s": again,
        "nothing_of_first": round(again / first, 3),
        "day_s": day,
        "day_computed": changed.computed,
        "one_order_ms": one_order(),
        "base_mb": base,
        "peak_mb": peak,
        "backtest_s": back,
        "backtest_customers": done.total,
        "backtest_mb": megabytes(),
    }


def by_hand():
    execute("DROP TABLE IF EXISTS by_hand")
    execute(BY_HAND)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=2_000_000)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_rhythm_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.customers, arguments.orders)))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
