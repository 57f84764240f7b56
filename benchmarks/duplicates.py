"""The duplicate check against 1,000,000 customers on PostgreSQL: `find_duplicates` as the form calls it, in milliseconds.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.duplicates [--customers N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end; a million customers take some eight minutes
to write and 3 GB of disk. The customers are those of benchmarks.search; one in five lies in one large city, densest at
its centre. Whoever asks is a rep who sees 150 of them. Each kind is asked with the fields that make it: what was
typed is taken from customers there are, and every answer is checked to name them. See docs/benchmarks.md.
"""

import argparse
import json
import os
import random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from benchmarks.search import KIND, execute, figures, make_company, timed
from crm.enums import DuplicateReason
from crm.models import Customer
from crm.queries.duplicates import SHOWN, find_duplicates

LARGE = ("安徽省", "合肥市", 31.82, 117.23)
OTHERS = 60  # cities
GOAL_MS = 50


def places():
    """(province, city, latitude, longitude) for ever, the same every time; a shop lies some 6 km from its centre."""
    pick = random.Random(17)
    others = [("某省", f"第{n}市", pick.uniform(22, 42), pick.uniform(102, 121)) for n in range(OTHERS)]
    while True:
        province, city, latitude, longitude = LARGE if pick.random() < 0.2 else pick.choice(others)
        yield province, city, latitude + pick.gauss(0, 0.06), longitude + pick.gauss(0, 0.06)


def sample(count, size, seed, least=1):
    """Customers of the large city with a tax id, their names at least `least` signs long."""
    pick = random.Random(seed)
    found = []
    while len(found) < size:
        keys = pick.sample(range(10, count + 1, 10), min(size * 10, count // 10))
        rows = Customer.objects.filter(pk__in=keys, city=LARGE[1]).order_by("pk")
        columns = ("pk", "name", "name_key", "tax_id", "latitude", "longitude", "phones__raw")
        found += [row for row in rows.values(*columns) if len(row["name_key"]) >= least]
    return found[:size]


def other_sign(name):
    """The name with one sign in the middle that is another one."""
    middle = len(name) // 2
    return f"{name[:middle]}鑫{name[middle + 1 :]}"


def questions(count, rounds):
    """{kind: [(what is typed, the customer that must be found or None)]}."""
    rows = sample(count, rounds, 11)
    long = sample(count, rounds, 12, least=9)
    city = {"province": LARGE[0], "city": LARGE[1]}

    def near(row):
        return {"latitude": row["latitude"] + 0.0005, "longitude": row["longitude"]}

    everyday = [f"{first}{kind}" for first in ("好又多", "中心", "新城", "人民路") for kind in KIND]
    whole = ("name", "tax_id")
    return {
        "phone": [({"phones": row["phones__raw"]}, row["pk"]) for row in rows],
        "tax id": [({"tax_id": row["tax_id"]}, row["pk"]) for row in rows],
        "name": [({"name": row["name"]}, None) for row in rows],
        "name of one sign changed, large city": [
            ({"name": other_sign(row["name_key"]), **city}, None) for row in long
        ],
        "name of everyday words, large city": [({"name": name, **city}, None) for name in everyday],
        "name of one sign changed, 200 m": [
            ({"name": other_sign(row["name_key"]), **near(row)}, row["pk"]) for row in long
        ],
        "everything at once": [
            (
                {**{name: row[name] for name in whole}, "phones": row["phones__raw"], **city, **near(row)},
                row["pk"],
            )
            for row in rows
        ],
        "nothing to find": [
            ({"name": f"鑫{number}犇羴{number * 7}", "phones": f"199{number:08}", **city, **near(row)}, None)
            for number, row in enumerate(rows)
        ],
    }


def measure(count, rounds):
    boss, rep = make_company(count, places())
    execute(
        "SELECT count(search_text) FROM crm_customer"
    )  # from disk into memory, as after a server's first minutes
    report = {}
    for kind, asked in questions(count, rounds).items():
        find_duplicates(user=rep, **asked[0][0])
        spent, found = [], 0
        for typed, wanted in asked:
            took, hits = timed(lambda typed=typed: find_duplicates(user=rep, **typed))
            spent.append(took)
            found += bool(hits)
            if wanted is not None:
                check(boss, typed, wanted)
        within = sum(took <= GOAL_MS for took in spent) / len(spent)
        report[kind] = {**figures(spent), "worst": round(max(spent), 1), "found": found, "of": len(asked)}
        report[kind]["within_goal"] = round(within, 2)
        print(kind, report[kind], flush=True)
    return report


def check(boss, typed, wanted):
    """The customer must be among those named, unless five others are for as sure a reason."""
    hits = find_duplicates(user=boss, **typed)
    named = {hit.customer.pk for hit in hits if hit.customer is not None}
    sure = {DuplicateReason.PHONE, DuplicateReason.TAX_ID}
    assert wanted in named or (len(hits) == SHOWN and not sure & {hit.reason for hit in hits}), (
        typed,
        wanted,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_duplicates_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.customers, arguments.rounds), ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
