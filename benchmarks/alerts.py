"""The alert run over a company of any size against one hand-written SQL, on PostgreSQL, in the same process.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.alerts [--customers N] [--rounds N]

Beside the customers it makes four visits and two orders for each, and takes the customers' last events from them.

Makes a database of its own beside the one named and drops it at the end. Prints medians in milliseconds and ratios:
"first" opens every alert of a company (bound by inserting), "nightly" is the run of the next morning after a day's
visits, "idle" is the same run once more, when nothing is left to do: everybody is judged again. Each measured run is
rolled back, so that all start from the same state. "again" is what a second run of the same day really does, which judges
those who changed, and "minute" the job of every minute after 500 visits. See docs/benchmarks.md.
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

from alerts.models import Alert, AlertRule, RepAlertRule
from alerts.services import compute_alerts, judge_changes
from benchmarks.loading import bulk_load
from common.geo.cells import cell_of

TODAY = dt.date(2026, 11, 22)

# By hand, for this one rule set: the rules as CASE, closing and opening in one statement, the same columns written. What
# is overdue is found in two ways, and kept or found twice; PostgreSQL is not equally quick at them, and the quickest
# counts. (condition, days, how many rules stand before it in make_company)
LINES = {
    "unvisited": (
        ("c.level = 'A' AND u.department_id IN (2, 4)", 5, 4),
        ("c.level = 'A'", 7, 0),
        ("c.level = 'B'", 14, 1),
        ("c.level = 'C'", 30, 2),
        ("u.department_id = 3", 21, 5),
        ("true", 30, 3),
    ),
    "unordered": (("c.level = 'A'", 14, 6), ("true", 30, 7)),
    "unsold": (("true", 45, 8),),
}
PERIODS, RULES = (
    {
        kind: "CASE " + " ".join(f"WHEN {line[0]} THEN {line[place]}" for line in lines) + " END"
        for kind, lines in LINES.items()
    }
    for place in (1, 2)
)
COLUMNS = {"unvisited": "last_visit_on", "unordered": "last_order_on", "unsold": "last_sale_on"}
BASE = "COALESCE(c.{}, GREATEST(c.created_on, c.received_on))"
CUSTOMERS = "crm_customer c JOIN accounts_user u ON u.id = c.owner_id {} WHERE c.status = 'active' AND NOT c.alerts_exempt AND"
ONE_SCAN = (
    "SELECT k.* FROM "
    + CUSTOMERS.format(
        "CROSS JOIN LATERAL (VALUES "
        + ", ".join(
            f"(c.id, c.owner_id, '{kind}', {PERIODS[kind]}, {BASE.format(COLUMNS[kind])}, {RULES[kind]})"
            for kind in COLUMNS
        )
        + ") AS k (customer_id, owner_id, kind, period_days, base_on, rule)"
    )
    + " k.base_on + k.period_days < %(today)s::date"
)
SCAN_EACH = " UNION ALL ".join(
    f"SELECT c.id, c.owner_id, '{kind}', {PERIODS[kind]}, {BASE.format(COLUMNS[kind])}, {RULES[kind]} FROM "
    + CUSTOMERS.format("")
    + f" {BASE.format(COLUMNS[kind])} + {PERIODS[kind]} < %(today)s::date"
    for kind in COLUMNS
)
HAND_WRITTEN = """
WITH judged (customer_id, owner_id, kind, period_days, base_on, rule) AS {materialized} ({judged}), closed AS (
    UPDATE alerts_alert a SET closed_on = %(today)s::date
    WHERE a.closed_on IS NULL AND NOT EXISTS (
        SELECT 1 FROM judged j WHERE j.customer_id = a.customer_id AND j.kind = a.kind AND j.base_on = a.base_on
            AND j.period_days = a.period_days)
    RETURNING a.id
), opened AS (
    INSERT INTO alerts_alert (customer_id, owner_id, kind, rule_id, version_id, base_on, period_days, due_on,
        opened_on, facts)
    SELECT j.customer_id, j.owner_id, j.kind, %(rule)s + j.rule, %(rule)s + j.rule, j.base_on, j.period_days, j.base_on + j.period_days,
        %(today)s::date, '{{}}'
    FROM judged j WHERE NOT EXISTS (
        SELECT 1 FROM alerts_alert a WHERE a.customer_id = j.customer_id AND a.kind = j.kind AND a.closed_on IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM closed)
"""


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def make_company(customers):
    """Reps in four departments, customers of three levels whose last events lie up to 120 days back."""
    execute("DELETE FROM alerts_alertrule")
    execute("DELETE FROM alerts_repalertrule")
    execute(
        "INSERT INTO accounts_department (id, name, position, parent_id) VALUES"
        " (1, 'head', 0, NULL), (2, 'north', 0, 1), (3, 'south', 0, 1), (4, 'north 1', 0, 2)"
    )
    execute(
        "INSERT INTO accounts_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined,"
        " name, phone, title, data_scope, language, home_page, usual_region, usual_industry, department_id, role_id)"
        " SELECT n, '', false, 'rep' || n, '', false, true, now(), 'Rep ' || n, '', '', '', '', '', '', '', n %% 4 + 1,"
        " (SELECT id FROM accounts_role WHERE code = 'rep') FROM generate_series(1, 400) n",
        [],
    )
    execute(
        """
        INSERT INTO crm_customer (id, code, name, level, bank_name, bank_account, tax_id, invoice_title, province, city,
            district, address, latitude, longitude, location_status, notes, extra, status, alerts_exempt, owner_id,
            received_on, last_visit_on, last_order_on, last_sale_on, name_key, search_text, search_grams, created_at,
            created_on, updated_at, pool_locked, cell)
        SELECT n, 'C' || lpad(n::text, 7, '0'), '合肥便利店' || n, (ARRAY['A', 'B', 'C', ''])[1 + n %% 4], '', '', '', '',
            '安徽省', '合肥市', '蜀山区', '长江西路' || n || '号', 31.8, 117.2, 'confirmed', '', '{}',
            CASE WHEN n %% 50 = 0 THEN 'inactive' ELSE 'active' END, n %% 100 = 7,
            CASE WHEN n %% 25 = 3 THEN NULL ELSE 1 + n %% 400 END, %(today)s::date - 400,
            CASE WHEN n %% 10 = 1 THEN NULL ELSE %(today)s::date - (random() * random() * 60)::int END,
            CASE WHEN n %% 10 = 2 THEN NULL ELSE %(today)s::date - (random() * random() * 90)::int END,
            CASE WHEN n %% 10 = 4 THEN NULL ELSE %(today)s::date - (random() * random() * 120)::int END,
            '合肥便利店' || n, '合肥便利店' || n || ' hfbld', '{1,2,3,4}', now(), %(today)s::date - 500, now(),
            false, %(cell)s
        FROM generate_series(1, %(customers)s) n
        """,
        {"customers": customers, "today": TODAY, "cell": cell_of(31.8, 117.2)},
    )
    rules = [
        ("unvisited", 7, "A", None),
        ("unvisited", 14, "B", None),
        ("unvisited", 30, "C", None),
        ("unvisited", 30, "", None),
        ("unvisited", 5, "A", 2),
        ("unvisited", 21, "", 3),
        ("unordered", 14, "A", None),
        ("unordered", 30, "", None),
        ("unsold", 45, "", None),
    ]
    for kind, days, level, department in rules:
        AlertRule.objects.create(kind=kind, period_days=days, level=level, department_id=department)
    RepAlertRule.objects.create(measure="visits")
    RepAlertRule.objects.create(measure="orders")


def by_hand(judged, materialized):
    def action(today):
        # The same planner settings as ours: without them the plan made from an empty alerts table does not end.
        rule = AlertRule.objects.order_by("pk").values_list("pk", flat=True)[0]
        execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        return execute(
            HAND_WRITTEN.format(judged=judged, materialized=materialized), {"today": today, "rule": rule}
        )[0]

    return action


def by_us(today):
    run = compute_alerts(today=today, full=True)
    return run.opened, run.closed


WAYS = {
    "hand, one scan kept": by_hand(ONE_SCAN, "MATERIALIZED"),
    "hand, a scan each kept": by_hand(SCAN_EACH, "MATERIALIZED"),
    "hand, a scan each twice": by_hand(SCAN_EACH, "NOT MATERIALIZED"),
    "ours": by_us,
}


def open_set():
    return execute(
        "SELECT count(*), sum(hashtext(concat_ws('/', customer_id, kind, base_on, period_days, due_on)))"
        " FROM alerts_alert WHERE closed_on IS NULL"
    )


def measured(action, today):
    """Milliseconds, the alerts open afterwards and how many were closed; then everything is as it was."""
    with transaction.atomic():
        began = time.perf_counter()
        counts = action(today)
        spent = (time.perf_counter() - began) * 1000
        outcome = (open_set(), counts[1])
        transaction.set_rollback(True)
    return spent, outcome


def compare(name, today, rounds, *, empty=False):
    """All ways from the same state, turn about; the same alerts must be open afterwards, the same number closed.

    Our run also judges the reps and keeps its own record, which is in its time and not in the others'.
    """
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    outcomes = {}
    for number in range(rounds + 1):
        for way, action in WAYS.items():
            execute(
                "TRUNCATE alerts_alert RESTART IDENTITY CASCADE" if empty else "VACUUM ANALYZE alerts_alert"
            )
            spent, outcomes[way] = measured(action, today)
            if number:  # the first round warms the cache
                times[way].append(spent)
    assert len(set(map(repr, outcomes.values()))) == 1, outcomes
    result = {way: round(statistics.median(spent)) for way, spent in times.items()}
    result["ratio"] = round(result["ours"] / min(value for way, value in result.items() if way != "ours"), 2)
    print(f"{name:8}", result, flush=True)
    return result


def a_day_passes():
    """2 % are visited, 1 % order, 0.5 % buy."""
    tomorrow = TODAY + dt.timedelta(days=1)
    for column, share in (("last_visit_on", 50), ("last_order_on", 100), ("last_sale_on", 200)):
        execute(f"UPDATE crm_customer SET {column} = %s WHERE id %% {share} = 9", [TODAY])
    execute("VACUUM ANALYZE crm_customer")
    return tomorrow


def live(customers):
    """Four visits and two orders for each customer; the last of them go onto his row, as the product leaves them."""
    execute(
        """
        INSERT INTO visits_visit (uuid, rep_id, customer_id, day, sequence, status, check_in_at, check_in_received_at,
            radius_m, fence, outside_reason, flags, check_out_at, outcome, summary, grade, evidence)
        SELECT gen_random_uuid(), 1 + c.id %% 400, c.id, %(today)s::date - d, n, 'closed',
            %(today)s::timestamptz - make_interval(days => d), %(today)s::timestamptz - make_interval(days => d),
            100, 'inside', '', '[]', %(today)s::timestamptz - make_interval(days => d, mins => -9), 'visited', '', '', '[]'
        FROM crm_customer c, LATERAL (SELECT n, (1 + n * 7 + c.id %% 11)::int + (random() * 20)::int * n AS d
            FROM generate_series(1, 4) n) v
        """,
        {"today": TODAY},
    )
    execute(
        """
        INSERT INTO sales_salesorder (number, customer_id, status, ordered_on, discount, total, note, source, consignee,
            consignee_phone, delivery_address, shipping_method, payment_method, consignor, invoice_number,
            approval_reason, approval_reasons, revision, created_at)
        SELECT 'SO' || c.id || '-' || n, c.id, 'delivered', %(today)s::date - (n * 5 + (random() * 60)::int * n), 0,
            100, '', 'office', '', '', '', '', '', '', '', '', '[]', 1, now()
        FROM crm_customer c, generate_series(1, 2) n
        """,
        {"today": TODAY},
    )
    execute(
        """
        UPDATE crm_customer c SET last_visit_on = v.day, last_order_on = o.day FROM
            (SELECT customer_id, max(day) AS day FROM visits_visit GROUP BY 1) v,
            (SELECT customer_id, max(ordered_on) AS day FROM sales_salesorder GROUP BY 1) o
        WHERE v.customer_id = c.id AND o.customer_id = c.id AND c.id %% 10 <> 1
        """,
        [],
    )


def measure(customers, rounds):
    with bulk_load("crm_customer", "visits_visit", "sales_salesorder"):
        make_company(customers)
        live(customers)
    execute("VACUUM ANALYZE")
    results = {"customers": customers, "first": compare("first", TODAY, max(1, rounds // 2), empty=True)}
    by_us(TODAY)
    tomorrow = a_day_passes()
    results["nightly"] = compare("nightly", tomorrow, rounds)
    run = compute_alerts(today=tomorrow)
    results["nightly"] |= {"opened": run.opened, "closed": run.closed}
    results["idle"] = compare("idle", tomorrow, rounds)
    results["open"] = Alert.objects.filter(closed_on__isnull=True).count()
    results["again"] = again(tomorrow)
    results["minute"] = a_minute(tomorrow)
    results["lists"] = lists()
    results["memory"] = {"MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
    return results


def again(today):
    """Milliseconds of a second run of the same day, as the product asks for one."""
    began = time.perf_counter()
    run = compute_alerts(today=today)
    return {"ms": round((time.perf_counter() - began) * 1000), "mode": run.mode, "opened": run.opened}


def a_minute(today):
    """Milliseconds of the job of every minute after 500 visits."""
    execute("UPDATE crm_customer SET last_visit_on = %s WHERE id %% %s = 5", [today, 2000])
    began = time.perf_counter()
    run = judge_changes(today=today)
    return {"ms": round((time.perf_counter() - began) * 1000), "judged": run.judged, "closed": run.closed}


def lists():
    """Milliseconds of database time, best of five, and the index of the longest overdue of all and of one rep."""
    execute("VACUUM ANALYZE alerts_alert")
    rows = Alert.objects.filter(closed_on__isnull=True).order_by("due_on", "pk")
    return {
        name: explained(query)
        for name, query in (("top 50", rows[:50]), ("one rep", rows.filter(owner_id=7)[:50]))
    }


def explained(query):
    statement, params = query.query.sql_with_params()
    plans = [execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", params)[0][0][0] for _ in range(5)]
    text = json.dumps(plans[0])
    indexes = sorted({part.split('"')[0] for part in text.split('"Index Name": "')[1:]})
    return {"ms": round(min(plan["Execution Time"] for plan in plans), 2), "index": indexes}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--template", default="", help="a migrated database to begin with")
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_alerts_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}" + (f' TEMPLATE "{arguments.template}"' if arguments.template else ""))
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.customers, arguments.rounds)))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
