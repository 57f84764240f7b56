"""The alert analysis and its fragments over 1,000,000 customers, on PostgreSQL, through the test client.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.alert_lists [--customers N] [--rounds N] [--template DB]

Makes a database of its own (of `--template`, a migrated one, where given) and drops it at the end. Prints for each page
and person the median milliseconds of the whole answer and of its statements. See docs/benchmarks.md.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from alerts.models import Alert, AlertRule
from alerts.services import compute_alerts
from benchmarks import alerts as company
from common.business_calendar import today

PAGES = {
    "list, longest overdue": "/alerts/?view=table",
    "list, one kind": "/alerts/?kind=unsold",
    "list, by money": "/alerts/?view=table&sort=-receivable",
    "facets": "/alerts/facets/",
    "points": "/alerts/points/",
    "trend, 90 days": "/alerts/trend/?days=90",
    "groups by rep": "/alerts/?group=rep",
    "my alerts": "/alerts/mine/",
    "my alerts, by money": "/alerts/mine/?sort=money",
}
PEOPLE = {"whole company": "boss", "a manager, 200 reps": "manager", "a rep": "rep7"}


def make(customers):
    company.make_company(customers)
    AlertRule.objects.exclude(kind__in=("unvisited", "unordered", "unsold")).delete()
    people = {
        "boss": ("admin", "all", 1),
        "manager": ("manager", "department_tree", 2),
    }
    for name, (role, scope, department) in people.items():
        company.execute(
            "INSERT INTO accounts_user (password, is_superuser, username, email, is_staff, is_active, date_joined, name,"
            " phone, title, data_scope, language, home_page, usual_region, usual_industry, department_id, role_id)"
            " VALUES ('', false, %s, '', false, true, now(), %s, '', '', %s, '', '', '', '', %s,"
            " (SELECT id FROM accounts_role WHERE code = %s))",
            [name, name, scope, department, role],
        )
    company.execute(
        "INSERT INTO sales_bill (kind, position, status, customer_id, rep_id, amount, settled, billed_on, due_on, note,"
        " reversal_reason, created_at)"
        " SELECT 'opening', 1, 'posted', 1 + (n * 7) %% %s, 1 + n %% 400, 100 + n %% 900, 0, %s::date - 40,"
        " %s::date - 40 + n %% 60, '', '', now() FROM generate_series(1, %s) n",
        [customers, company.TODAY, company.TODAY, customers // 5],
    )
    company.execute("VACUUM ANALYZE")
    compute_alerts(today=today())
    company.execute("VACUUM ANALYZE")


def measure(rounds):
    results = {}
    for person, username in PEOPLE.items():
        client = Client()
        client.force_login(User.objects.get(username=username), backend="accounts.backends.RoleBackend")
        for page, url in PAGES.items():
            spent, asked, statements = [], [], 0
            for number in range(rounds + 1):
                with CaptureQueriesContext(connection) as queries:
                    began = time.perf_counter()
                    response = client.get(url)
                    response.content  # noqa: B018 - drawn when it is read
                    whole = (time.perf_counter() - began) * 1000
                assert response.status_code == 200, (person, url, response.status_code)
                statements = len(queries)
                if number:  # the first round warms the cache
                    spent.append(whole)
                    asked.append(sum(float(query["time"]) for query in queries) * 1000)
            line = [round(statistics.median(spent)), round(statistics.median(asked)), statements]
            results[f"{person}: {page}"] = line
            print(
                f"{person}: {page:24} {line[0]:6} ms, of it statements {line[1]:6} ms, {line[2]} of them",
                flush=True,
            )
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--template", default="")
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    home, own = connection.settings_dict["NAME"], f"benchmark_alert_lists_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    company.execute(
        f"CREATE DATABASE {own}" + (f' TEMPLATE "{arguments.template}"' if arguments.template else "")
    )
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        make(arguments.customers)
        print(Alert.objects.filter(closed_on__isnull=True).count(), "open alerts")
        print(json.dumps(measure(arguments.rounds), ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        company.execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
