"""How long the server takes for a phone's queue of 500 actions in one request.

    DATABASE_URL=postgres://… python -m benchmarks.sync

Makes a database of its own beside the one named and drops it at the end. Fifty stops of ten actions (check-in, order,
receipt, count, sell-out, display, competitor, summary, follow-up, check-out) through the address itself, each action
committed by itself as for a phone; then the same again, as when the answer was lost; then the statements of each kind
in a request of its own. `--profile` prints where the time goes, `--statements` those of each kind.
"""

import argparse
import cProfile
import datetime as dt
import json
import os
import pstats
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from visits.models import ClientAction

STOPS = 50


def stop(shop: int, product: int, start: dt.datetime) -> list[dict[str, object]]:
    fix = {"lat": 31.8206, "lng": 117.2290, "acc": 10}
    visit = str(uuid.uuid4())
    lines = [{"product": product, "quantity": "3"}]
    kinds: list[tuple[str, dict[str, object]]] = [
        ("check_in", {"customer": shop, "fix": fix}),
        ("order", {"visit": visit, "customer": shop, "lines": lines}),
        ("receipt", {"visit": visit, "customer": shop, "amount": "20", "method": "cash"}),
        ("stock_count", {"visit": visit, "lines": lines}),
        ("sell_out", {"visit": visit, "lines": lines}),
        ("display", {"visit": visit, "lines": [{"product": product, "facings": 4}]}),
        ("competitor", {"visit": visit, "competitor": "甲水", "product": "甲水 550ml"}),
        ("summary", {"visit": visit, "text": "陈列良好"}),
        ("follow_up", {"customer": shop, "text": "下周补货"}),
        ("check_out", {"visit": visit, "fix": fix}),
    ]
    return [
        {
            "uuid": visit if kind == "check_in" else str(uuid.uuid4()),
            "kind": kind,
            "occurred_at": (start + dt.timedelta(seconds=20 * number)).isoformat(),
            "payload": payload,
        }
        for number, (kind, payload) in enumerate(kinds)
    ]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def measure(options: argparse.Namespace) -> None:
    from tests.factories import CustomerFactory, ProductFactory, UserFactory

    rep, product = UserFactory(), ProductFactory()
    shops = [CustomerFactory(owner=rep) for _ in range(STOPS)]
    first = timezone.now() - dt.timedelta(hours=6)
    actions = [
        action
        for number, shop in enumerate(shops)
        for action in stop(shop.pk, product.pk, first + dt.timedelta(minutes=6 * number))
    ]
    client = Client()
    client.force_login(rep, backend="accounts.backends.RoleBackend")
    body = json.dumps(actions)
    profile = cProfile.Profile()
    for name in ("new", "again"):
        began, processor = time.monotonic(), time.process_time()
        if options.profile:
            profile.enable()
        answers = client.post("/visits/sync/", body, content_type="application/json").json()
        profile.disable()
        seconds, processor = time.monotonic() - began, time.process_time() - processor
        done = sum(answer["status"] == "done" for answer in answers)
        print(
            f"{name}: {len(answers)} actions, {done} done, {seconds:.2f} s ({processor:.2f} s of it our processor),"
            f" {len(body) / 1000:.0f} kB, load {os.getloadavg()[0]:.1f}"
        )
        for answer in answers:
            if answer["status"] != "done":
                print(answer)
                break
    if options.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(90)
    more = stop(CustomerFactory(owner=rep).pk, product.pk, timezone.now() - dt.timedelta(minutes=5))
    for action in more:
        with CaptureQueriesContext(connection) as queries:
            client.post("/visits/sync/", json.dumps([action]), content_type="application/json")
        print(f"{action['kind']}: {len(queries)} statements")
        if options.statements:
            print(*(f"    {query['sql']}" for query in queries), sep="\n")
    assert ClientAction.objects.filter(user=rep).count() == len(actions) + len(more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--statements", action="store_true")
    options = parser.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    home, own = connection.settings_dict["NAME"], f"benchmark_sync_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        measure(options)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own} WITH (FORCE)")


if __name__ == "__main__":
    main()
