"""Large actions of people: 100,000 leads from a file, bulk actions on them and on 100,000 customers, on PostgreSQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.bulk [--rows N] [--part leads|customers]

Makes a database of its own beside the one named and drops it at the end. Every action runs in a process of its own, as
a worker runs it; printed are its seconds, rows a second and peak memory. See docs/benchmarks.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.files import File
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Role, SystemOptions, User
from benchmarks.import_customers import customers as shops
from common.business_calendar import business_day
from common.sheets import write_workbook
from crm.enums import AssignMode, BulkKind
from crm.models import BulkJob, Customer, Lead, Tag
from crm.services import bulk, lead_imports
from crm.services.leads import recycle_leads

HEADERS = ["潜客名称", "联系人", "电话", "省", "市", "区", "地址"]
MOST_MB = 300


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def leads(count):
    """Lines of leads, the same every time; every phone and name another."""
    for number, shop in enumerate(shops(count)):
        yield [f"{shop[1]}{number}", shop[5], shop[6], *shop[7:11]]


def make_people():
    role = Role.objects.get(code="rep")
    User.objects.bulk_create([User(username=f"rep{n}", name=f"业务员{n}", role=role) for n in range(41)])


def make_customers(count):
    owners = list(User.objects.filter(username__startswith="rep").order_by("pk").values_list("pk", flat=True))
    today = timezone.localdate()
    # A child's peak begins at what its parent had in memory: not all customers at once.
    for start in range(0, count, 2000):
        Customer.objects.bulk_create(
            Customer(
                code=f"C{number:07}",
                name=f"便利店{number}",
                owner_id=owners[1 + number % 40],
                created_on=today,
                received_on=today,
                search_grams="{1,2,3,4}",
            )
            for number in range(start, min(start + 2000, count))
        )
    execute("VACUUM ANALYZE")


def boss():
    return User.objects.get_or_create(
        username="boss", defaults={"name": "管理员", "role": Role.objects.get(code="admin")}
    )[0]


# --- in a process of its own
def import_leads(path):
    with Path(path).open("rb") as file:
        job = lead_imports.upload(actor=boss(), file=File(file), file_name="leads.xlsx")
    lead_imports.prepare(
        actor=boss(),
        job=job,
        mapping=job.mapping,
        assign_mode=AssignMode.POOL,
        assignees=[],
        datum="wgs84",
        create_choices=False,
        duplicates_too=False,
    )
    began = time.perf_counter()
    lead_imports.check_job(job.pk)
    checked = time.perf_counter() - began
    job.refresh_from_db()
    lead_imports.start(actor=boss(), job=job)
    began = time.perf_counter()
    done = lead_imports.run_job(job.pk)
    return {"check_seconds": round(checked, 1), "seconds": time.perf_counter() - began, "rows": done.created}


def act(kind):
    rep = User.objects.get(username="rep0")
    params = {
        "assign": {"owner": rep.pk, "note": "交接"},
        "change": {"values": {"level": "A"}},
        "add_tags": {"tags": [Tag.objects.get_or_create(name="重点")[0].pk]},
        "share": {"user": rep.pk, "can_write": False, "expires_at": None, "note": ""},
        "lead_assign": {"owner": rep.pk, "note": "交接"},
        "lead_stage": {"stage": "contacted", "lost_reason": ""},
    }[kind]
    model = Lead if BulkKind(kind).of_leads else Customer
    began = time.perf_counter()
    job = bulk.start(actor=boss(), kind=BulkKind(kind), params=params, rows=model.objects.visible_to(boss()))
    queued = time.perf_counter() - began
    done = bulk.run_job(job.pk)
    return {"queued": round(queued, 1), "seconds": time.perf_counter() - began, "rows": done.changed}


def undo(kind):
    job = BulkJob.objects.filter(kind=kind).latest("pk")
    began = time.perf_counter()
    bulk.undo(actor=boss(), job=job)
    done = bulk.run_job(job.pk)
    assert done.state == "undone", done.message
    return {"seconds": time.perf_counter() - began, "rows": done.done}


def recycle(days):
    """All leads at once are older than `days`: the nightly job takes them back into the pool."""
    SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(lead_max_hold_days=int(days))
    now = timezone.now() + timedelta(days=int(days) + 1)
    began = time.perf_counter()
    done = recycle_leads(day=business_day(now), now=now)
    return {"seconds": time.perf_counter() - began, "rows": done}


ACTIONS = {"leads": import_leads, "act": act, "undo": undo, "recycle": recycle}


def in_a_process(action, argument, media):
    settings = connection.settings_dict
    login = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    url = f"postgres://{login}@{settings['HOST']}{port}/{settings['NAME']}"
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.bulk", "--child", action, str(argument)],
        env={**os.environ, "DATABASE_URL": url, "MEDIA_ROOT": media},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(output.splitlines()[-1])


LEAD_STEPS = [("act", "lead_stage"), ("undo", "lead_stage"), ("act", "lead_assign"), ("recycle", 30)]
CUSTOMER_STEPS = [
    ("act", "change"),
    ("undo", "change"),
    ("act", "add_tags"),
    ("act", "share"),
    ("act", "assign"),
]
CUSTOMER_STEPS.append(("undo", "assign"))


def measure(rows, folder, part):
    boss()
    make_people()
    steps = []
    if part != "customers":
        path = Path(folder) / "leads.xlsx"
        with path.open("wb") as file:
            write_workbook(file, HEADERS, leads(rows))
        steps += [("leads", path), *LEAD_STEPS]
    if part != "leads":
        steps += CUSTOMER_STEPS
    report = {}
    for action, argument in steps:
        if argument == "change" and action == "act":
            make_customers(rows)
        name = "import of leads" if action == "leads" else f"{action} {argument}"
        report[name] = in_a_process(action, argument, folder)
        print(name, report[name], flush=True)
        assert report[name]["rows"] == rows, report[name]
        assert report[name]["peak_mb"] <= MOST_MB, report[name]
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--part", choices=["leads", "customers", "all"], default="all")
    parser.add_argument("--child", nargs=2, metavar=("ACTION", "ARGUMENT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    if arguments.child:
        action, argument = arguments.child
        result = ACTIONS[action](argument)
        used = resource.getrusage(resource.RUSAGE_SELF)
        peak, cpu = used.ru_maxrss >> 10, used.ru_utime + used.ru_stime
        pace = round(result["rows"] / result["seconds"])
        print(
            json.dumps(
                {
                    **result,
                    "seconds": round(result["seconds"], 1),
                    "cpu_seconds": round(cpu, 1),
                    "a_second": pace,
                    "peak_mb": peak,
                }
            )
        )
        return
    home, own = connection.settings_dict["NAME"], f"benchmark_bulk_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(arguments.rows, folder, arguments.part), ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own} WITH (FORCE)")


if __name__ == "__main__":
    main()
