"""Territories: how even, how compact and how contiguous, against three plain ways; and the job of 10,000 customers.

    .venv/bin/python -m benchmarks.territories [--seeds N]
    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.territories --job [--customers N] [--reps N]

The first needs no database: towns are drawn with fixed seeds, shops in clusters and strewn, today's owners by homes of
unequal pull and one in ten anywhere. "k-means" gives each place to the nearest of twenty times moved middles; "auction"
is the first step of ours alone, even but torn; "growth" lets the lightest area take its nearest free neighbour. The
second makes a database of its own, drops it at the end, and measures the job in a process of its own, the figures of
the page, a move by hand, and publishing. See docs/benchmarks.md.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import numpy as np
from django.core.management import call_command
from django.db import connection

from accounts.models import Department, Role, User
from common.geo.cells import cell_of
from crm.models import Customer
from territory.rules.territories import Place, Task, deviation, islands, make_areas, tightness
from territory.rules.territory_graph import adjacency, plane
from territory.rules.territory_search import Search
from territory.rules.territory_terms import Terms
from territory.services import territories as services
from territory.services import territory_handover as handover

SIZES = ((500, 6), (2000, 10), (6000, 20))


def town(places, reps, seed):
    """(lat, lng, customers, owner) of each place."""
    chance = Random(f"{places} {reps} {seed}")
    spots = [
        (31.6 + chance.random() * 0.5, 117.0 + chance.random() * 0.6) for _ in range(max(3, places // 60))
    ]
    homes = [(31.6 + chance.random() * 0.5, 117.0 + chance.random() * 0.6) for _ in range(reps)]
    pull = [0.6 + chance.random() for _ in range(reps)]
    found = []
    for _ in range(places):
        if chance.random() < 0.7:
            lat, lng = chance.choice(spots)
            at = lat + chance.gauss(0, 0.014), lng + chance.gauss(0, 0.016)
        else:
            at = 31.6 + chance.random() * 0.5, 117.0 + chance.random() * 0.6
        owner = min(range(reps), key=lambda rep: math.dist(homes[rep], at) / pull[rep])
        if chance.random() < 0.1:
            owner = chance.randrange(reps)
        found.append((*at, chance.choice((1, 1, 1, 2, 3)), owner))
    return found


def task_of(shops, reps, keep_km):
    places = [Place((lat, lng), float(heads), heads, {owner: heads}) for lat, lng, heads, owner in shops]
    return Task(places, [0.0] * reps, 0.1, keep_km)


# --- the plain ways
def k_means(task):
    spots, reps = plane([place.at for place in task.places]), len(task.base)
    owner = np.array([next(iter(place.today)) for place in task.places])
    heads = np.array([place.customers for place in task.places], dtype=float)
    for _ in range(20):
        middles = np.array(
            [np.average(spots[owner == rep], axis=0, weights=heads[owner == rep]) for rep in range(reps)]
        )
        owner = np.linalg.norm(spots[:, None] - middles[None], axis=2).argmin(axis=1)
    return owner.tolist()


def auction(task, links):
    search = Search(task, links)
    search.auction()
    return search.area


def growth(task, links):
    spots, reps = plane([place.at for place in task.places]), len(task.base)
    beside = adjacency(len(spots), links)
    owner = np.array([next(iter(place.today)) for place in task.places])
    area, loads, front = [-1] * len(spots), [0.0] * reps, [{} for _ in range(reps)]
    middles = [spots[owner == rep].mean(axis=0) for rep in range(reps)]

    def take(i, rep):
        area[i] = rep
        loads[rep] += task.places[i].weight
        for other in front:
            other.pop(i, None)
        for near in beside[i]:
            if area[near] < 0:
                front[rep][near] = float(np.linalg.norm(spots[near] - middles[rep]))

    for rep in range(reps):
        free = [i for i in range(len(spots)) if area[i] < 0]
        take(min(free, key=lambda i: float(np.linalg.norm(spots[i] - middles[rep]))), rep)
    while any(front):
        rep = min((rep for rep in range(reps) if front[rep]), key=lambda rep: loads[rep])
        take(min(front[rep], key=lambda i: (front[rep][i], i)), rep)
    return area


def judge(task, area, links):
    """Deviation, islands, mean km to the middle, share moved, tightness."""
    spots = plane([place.at for place in task.places])
    heads = np.array([place.customers for place in task.places], dtype=float)
    loads = [0.0] * len(task.base)
    for place, rep in zip(task.places, area, strict=True):
        loads[rep] += place.weight
    chosen, way = np.array(area), 0.0
    for rep in set(area):
        mine = chosen == rep
        middle = np.average(spots[mine], axis=0, weights=heads[mine])
        way += float((np.linalg.norm(spots[mine] - middle, axis=1) * heads[mine]).sum())
    members = {rep: np.nonzero(chosen == rep)[0].tolist() for rep in set(area)}
    torn = islands(members, links, len(area), [place.customers for place in task.places])
    gone = sum(p.customers - p.today.get(rep, 0) for p, rep in zip(task.places, area, strict=True))
    return (
        deviation(loads),
        sum(map(len, torn.values())),
        way / heads.sum(),
        gone / heads.sum(),
        tightness(area, links) or 0.0,
    )


def compare(seeds):
    print(
        f"{'places × reps':<14}{'way':<14}{'largest diff':>13}{'islands':>9}{'mean km':>9}{'moved':>8}{'tight':>7}{'s':>7}"
    )
    for places, reps in SIZES:
        rows = {}
        for seed in range(seeds):
            shops = town(places, reps, seed)
            task = task_of(shops, reps, 2.0)
            began = time.process_time()
            ours = make_areas(task)
            rows.setdefault("ours", []).append(
                (*judge(task, ours.area, ours.links), time.process_time() - began)
            )
            kept = make_areas(task_of(shops, reps, 15.0))
            rows.setdefault("ours, keep 15", []).append((*judge(task, kept.area, ours.links), math.nan))
            today = [next(iter(place.today)) for place in task.places]
            rows.setdefault("today", []).append((*judge(task, today, ours.links), math.nan))
            for name, way in (
                ("k-means", lambda task=task: k_means(task)),
                ("auction", lambda task=task, links=ours.links: auction(task, links)),
                ("growth", lambda task=task, links=ours.links: growth(task, links)),
            ):
                began = time.process_time()
                area = way()
                seconds = time.process_time() - began
                rows.setdefault(name, []).append((*judge(task, area, ours.links), seconds))
        for name in ("today", "k-means", "auction", "growth", "ours", "ours, keep 15"):
            worst = max(row[0] for row in rows[name])
            mean = [statistics.mean(row[at] for row in rows[name]) for at in range(6)]
            print(
                f"{places:>6} × {reps:<5}{name:<14}{mean[0]:>6.1%} ≤{worst:>4.0%}{mean[1]:>9.1f}{mean[2]:>9.2f}"
                f"{mean[3]:>8.1%}{mean[4]:>7.0%}{mean[5]:>7.2f}"
            )


# --- the job
WORKER = """
import json, resource, time
import django
django.setup()
from territory.services.territories import run_scenario
began, cpu = time.perf_counter(), time.process_time()
row = run_scenario(%d)
print(json.dumps({"state": row.state, "message": row.message, "seconds": round(time.perf_counter() - began, 1),
    "cpu": round(time.process_time() - cpu, 1), "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
"""


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def make_company(count, reps):
    head = Department.objects.create(name="总部")
    role = {code: Role.objects.get(code=code) for code in ("manager", "rep")}
    boss = User.objects.create(
        username="boss", name="管理员", role=role["manager"], department=head, data_scope="all"
    )
    team = [
        User.objects.create(
            username=f"rep{n}", name=f"业务员{n}", role=role["rep"], department=head, superior=boss
        )
        for n in range(reps)
    ]
    shops = town(count, reps, 1)
    Customer.objects.bulk_create(
        [
            Customer(
                code=f"C{n:06}", name=f"合肥小店{n}", owner=team[owner], level="ABC"[n % 3], latitude=lat, longitude=lng,
                cell=cell_of(lat, lng), location_status="confirmed", created_on="2026-01-01", received_on="2026-01-01",
            )
            for n, (lat, lng, _heads, owner) in enumerate(shops)
        ],
        batch_size=2000,
    )  # fmt: skip
    execute("VACUUM ANALYZE")
    return boss, team


def job(customers, reps):
    boss, team = make_company(customers, reps)
    values = {"name": "均衡", "weight": "hours", "tolerance": 10, "keep_km": 2.0}
    row = services.save_scenario(actor=boss, scenario=None, values=values, terms=Terms(), reps=team)
    url = {
        **os.environ,
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0]
        + "/"
        + connection.settings_dict["NAME"],
    }
    run = subprocess.run(
        [sys.executable, "-c", WORKER % row.pk], env=url, check=True, capture_output=True, text=True
    )
    result = {"customers": customers, "reps": reps, "job": json.loads(run.stdout.splitlines()[-1])}
    row.refresh_from_db()
    from territory.queries.territories import scenario_figures, scenario_places

    began = time.perf_counter()
    figures = scenario_figures(row)
    result["figures_s"] = round(time.perf_counter() - began, 2)
    began = time.perf_counter()
    scenario_places(row)
    result["map_s"] = round(time.perf_counter() - began, 2)
    result |= {
        "deviation": [round(figures.deviation_before, 3), round(figures.deviation_after, 3)],
        "km": [round(figures.km_before or 0, 2), round(figures.km_after or 0, 2)],
        "islands": figures.islands,
        "moved": figures.moved,
    }
    some = list(row.customers.filter(rep=team[0]).values_list("pk", flat=True)[:20])
    began = time.perf_counter()
    services.move_customers(actor=boss, scenario=row, rows=some, rep=team[1].pk)
    result["move_s"] = round(time.perf_counter() - began, 3)
    services.undo_move(actor=boss, scenario=row)
    began = time.perf_counter()
    handover.publish_scenario(actor=boss, scenario=row)
    handover.run_handover(row.pk)
    result["publish_s"] = round(time.perf_counter() - began, 1)
    began = time.perf_counter()
    handover.undo_handover(actor=boss, scenario=row)
    handover.run_handover(row.pk)
    result["take_back_s"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--job", action="store_true")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--reps", type=int, default=20)
    options = parser.parse_args()
    if not options.job:
        compare(options.seeds)
        return
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_territories_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        job(options.customers, options.reps)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
