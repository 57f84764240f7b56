"""Reports that go customer by customer, at 1,000,000 customers and 2,000,000 orders, against hand-written SQL.

Part of benchmarks.reports, whose company it lets grow. A month that has run for 28 days and as much of the one before; the
hand's statements read both in one go, filter by the indexed day and gather by customer before they join customers.
"""

import datetime as dt
import statistics
import time

from django.db import connection

from accounts.models import User
from common.periods import Period
from crm.models import Customer, Dictionary
from reports.enums import Comparison
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from sales.models import Delivery, Receipt, SalesOrder

DAY = dt.timedelta(days=1)
BOTH = "ordered_on BETWEEN %(first)s AND %(last)s OR ordered_on BETWEEN %(before)s AND %(until)s"
COUNTED = "status NOT IN ('draft', 'cancelled')"
OF_MONTH = f"""
    SELECT customer_id, ordered_on >= %(first)s AS is_now, COUNT(*) AS orders, SUM(total) AS amount
    FROM sales_salesorder WHERE {COUNTED} AND ({BOTH}) GROUP BY 1, 2"""
REPEAT = f"""
    WITH gathered AS ({OF_MONTH}), known AS (
        SELECT g.*, EXISTS (
            SELECT FROM sales_salesorder e WHERE e.customer_id = g.customer_id AND e.{COUNTED}
            AND e.ordered_on < CASE WHEN is_now THEN DATE %(first)s ELSE DATE %(before)s END) AS is_old FROM gathered g)
    SELECT c.level, is_now, COUNT(*) FILTER (WHERE c.status = 'active'),
        COUNT(*) FILTER (WHERE c.status = 'active' AND (is_old OR orders > 1)), COUNT(*) FILTER (WHERE NOT is_old)
    FROM known JOIN crm_customer c ON c.id = customer_id GROUP BY GROUPING SETS ((c.level, is_now), (is_now))"""
REPEAT_BY_MONTH = f"""
    WITH firsts AS (SELECT customer_id, MIN(ordered_on) AS day FROM sales_salesorder WHERE {COUNTED} GROUP BY 1),
    gathered AS (
        SELECT customer_id, date_trunc('month', ordered_on) AS month, COUNT(*) AS orders, MIN(ordered_on) AS day
        FROM sales_salesorder WHERE {COUNTED} AND ordered_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2)
    SELECT month, COUNT(DISTINCT c.id) FILTER (WHERE c.status = 'active'),
        COUNT(DISTINCT c.id) FILTER (WHERE c.status = 'active' AND (orders > 1 OR g.day > f.day)),
        COUNT(*) FILTER (WHERE g.day = f.day)
    FROM gathered g JOIN firsts f USING (customer_id) JOIN crm_customer c ON c.id = customer_id
    GROUP BY GROUPING SETS ((month), ())"""
LARGEST = f"""
    WITH gathered AS ({OF_MONTH}), sides AS (
        SELECT customer_id, MAX(amount) FILTER (WHERE is_now) AS amount, MAX(amount) FILTER (WHERE NOT is_now) AS earlier
        FROM gathered GROUP BY 1), placed AS (
        SELECT *, RANK() OVER (ORDER BY earlier DESC NULLS LAST), SUM(amount) OVER () AS whole,
            SUM(earlier) OVER () AS whole_earlier FROM sides)
    SELECT c.name, p.*, (SELECT SUM(amount) FROM sales_delivery d WHERE d.customer_id = c.id AND d.status = 'posted'
        AND issued_on BETWEEN %(first)s AND %(last)s), (SELECT SUM(amount) FROM sales_receipt r WHERE r.customer_id = c.id
        AND r.status = 'posted' AND received_on BETWEEN %(first)s AND %(last)s)
    FROM (SELECT * FROM placed WHERE amount IS NOT NULL ORDER BY amount DESC LIMIT 10) p
    JOIN crm_customer c ON c.id = p.customer_id"""
TOTALS = [
    f"SELECT {day} >= %(first)s, SUM(amount) FROM {table} WHERE status = 'posted' AND ({BOTH.replace('ordered_on', day)}) GROUP BY 1"
    for table, day in (("sales_delivery", "issued_on"), ("sales_receipt", "received_on"))
]
ACTIVITY = f"""
    SELECT level, COUNT(o.customer_id), COUNT(*), COUNT(*) FILTER (WHERE last_order_on < DATE %(last)s - 90),
        COUNT(*) FILTER (WHERE last_order_on IS NULL)
    FROM crm_customer c LEFT JOIN (SELECT DISTINCT customer_id FROM sales_salesorder WHERE {COUNTED}
        AND ordered_on BETWEEN %(first)s AND %(last)s) o ON o.customer_id = c.id
    WHERE c.status = 'active' GROUP BY GROUPING SETS ((level), ())"""
CONCENTRATION = f"""
    WITH gathered AS ({OF_MONTH}), placed AS (
        SELECT is_now, amount, SUM(amount) OVER largest - amount AS before, SUM(amount) OVER (PARTITION BY is_now) AS whole
        FROM gathered WHERE amount > 0
        WINDOW largest AS (PARTITION BY is_now ORDER BY amount DESC ROWS UNBOUNDED PRECEDING))
    SELECT is_now, CASE WHEN before < whole * 0.8 THEN 'A' WHEN before < whole * 0.95 THEN 'B' ELSE 'C' END,
        SUM(amount), COUNT(*) FROM placed GROUP BY 1, 2"""
# report, divided by, the year instead of 28 days, compared, by hand
ASKED = (
    ("customer_repeat", "level", False, Comparison.BEFORE, [REPEAT]),
    ("customer_repeat", "month", True, Comparison.NONE, [REPEAT_BY_MONTH]),
    ("top_customers", "customer", False, Comparison.BEFORE, [LARGEST, *TOTALS]),
    ("customer_activity", "level", False, Comparison.NONE, [ACTIVITY]),
    ("customer_concentration", "abc", False, Comparison.BEFORE, [CONCENTRATION]),
)


def grow(insert, execute, first, customers, orders):
    """More customers and orders beside those that are there, a delivery for each order and a receipt for every second."""
    rep = User.objects.get(username="rep0").pk
    channels = list(Dictionary.objects.filter(kind="channel").values_list("pk", flat=True))
    had, had_orders = execute(
        "SELECT (SELECT MAX(id) FROM crm_customer), (SELECT MAX(id) FROM sales_salesorder)"
    )[0]
    insert(
        Customer,
        f"generate_series({had + 1}, {customers}) n",
        id="n",
        code="'C' || n",
        name="'客户' || n",
        status="CASE WHEN n % 20 = 0 THEN 'inactive' ELSE 'active' END",
        extra="'{}'",
        level="substr('ABC', 1 + n % 3, 1)",
        channel_id=f"(ARRAY{channels})[1 + n % {len(channels)}]",
        owner_id=f"{rep} + n % 400",
        received_on="DATE '2025-01-01'",
    )
    customer = f"1 + (n::bigint * 7919) % {customers}"
    insert(
        SalesOrder,
        f"generate_series({had_orders + 1}, {orders}) n",
        id="n",
        number="'SO' || n",
        status="CASE WHEN n % 50 = 0 THEN 'cancelled' ELSE 'delivered' END",
        source="'office'",
        customer_id=customer,
        rep_id=f"{rep} + ({customer}) % 400",
        ordered_on=f"DATE '{first}' + (n % 365)::int",
        total="100 + (n::bigint * 31) % 90000 / 100.0",
    )
    slip = {
        "order_id": "id",
        "customer_id": "customer_id",
        "rep_id": "rep_id",
        "status": "'posted'",
        "amount": "total",
    }
    made = "sales_salesorder WHERE status = 'delivered'"
    insert(Delivery, made, number="'D' || id", issued_on="ordered_on + 1", due_on="ordered_on + 31", **slip)
    insert(
        Receipt,
        f"{made} AND id % 2 = 0",
        number="'R' || id",
        received_on="ordered_on + 20",
        method="'wechat'",
        **slip,
    )
    execute(
        "UPDATE crm_customer c SET last_order_on = o.day FROM (SELECT customer_id, MAX(ordered_on) AS day"
        " FROM sales_salesorder WHERE status <> 'cancelled' GROUP BY 1) o WHERE o.customer_id = c.id"
    )


def against_hand(boss, today, rounds, execute):
    """Ours and the hand's by turns, so that what else runs on the machine falls on both; medians in ms."""
    result = {}
    for code, by, is_year, compare, statements in ASKED:
        first = today.replace(year=today.year - 1) + DAY if is_year else today.replace(day=1)
        period = Period("custom", first, today)
        before = period.before()
        days = {"first": period.first, "last": today, "before": before.first, "until": before.last}
        times = {"by hand": [], "ours": []}
        for _round in range(rounds):
            began = time.perf_counter()
            for sql in statements:
                execute(sql, days)
            times["by hand"].append(time.perf_counter() - began)
            began = time.perf_counter()
            REPORTS[code].table(Asked(boss, period, today), by, compare=compare)
            times["ours"].append(time.perf_counter() - began)
        hand, ours = (statistics.median(found) * 1000 for found in (times["by hand"], times["ours"]))
        result[f"{code} by {by}"] = {
            "by hand": round(hand),
            "ours": round(ours),
            "ratio": round(ours / hand, 2),
        }
        print(code, by, result[f"{code} by {by}"], flush=True)
    assert connection.vendor == "postgresql"
    return result
