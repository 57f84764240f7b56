"""A plan of many tours: 8 reps × 5 days × 400 shops with windows against a run of ten times the effort.

    .venv/bin/python -m benchmarks.plans [--seeds N] [--owner] [--several]

Needs no database. Towns are drawn with fixed seeds: shops in clusters, four in ten open for two to four hours only, one in
five closed on a weekday, 15 to 25 minutes in each, eight hours of work, each rep from his home and back. With --owner
every shop has its rep; with --several a third is visited twice. The objective is the number of visits in no tour, then the
time on the way and a fifth of the time spent waiting at doors, in hours. "first" is the plan that the search begins with. See docs/benchmarks.md.
"""

import argparse
import datetime as dt
import os
import sys
import time
from dataclasses import replace
from random import Random

from territory.rules.tour_plan_search import NORMAL, Effort, solve
from territory.rules.tour_plan_start import first_plan
from territory.rules.tour_plans import Problem, Rep, Shop, breaches, worth
from territory.rules.windows import Hours

REPS, DAYS, SHOPS = 8, 5, 400
LONGER = Effort(NORMAL.whole * 10, NORMAL.parts * 10, NORMAL.rounds)


def town(seed, *, owner, several):
    chance = Random(f"plan {seed}")
    centres = [(31.7 + chance.random() * 0.3, 117.05 + chance.random() * 0.4) for _ in range(SHOPS // 20)]
    homes = [chance.choice(centres) for _ in range(REPS)]
    monday = dt.date(2026, 11, 30)
    everybody = frozenset(range(REPS))
    shops = []
    for _ in range(SHOPS):
        lat, lng = chance.choice(centres)
        place = lat + chance.gauss(0, 0.012), lng + chance.gauss(0, 0.014)
        hours, days = Hours(), set(range(DAYS))
        if chance.random() < 0.4:
            opens = chance.choice([8, 9, 10, 13, 14]) * 3600
            hours = Hours(opens, opens + chance.choice([2, 3, 4]) * 3600)
        if chance.random() < 0.2:
            days.discard(chance.randrange(DAYS))
        twice = several and chance.random() < 1 / 3
        near = min(
            everybody, key=lambda rep: (homes[rep][0] - place[0]) ** 2 + (homes[rep][1] - place[1]) ** 2
        )
        shops.append(
            Shop(
                place,
                frozenset(days),
                frozenset({near}) if owner else everybody,
                visits=2 if twice else 1,
                gap_days=2,
                stay_s=chance.choice([15, 20, 25]) * 60,
                hours=hours,
                rank=chance.randrange(3),
            )
        )
    dates = tuple(monday + dt.timedelta(days=number) for number in range(DAYS))
    return Problem(tuple(Rep(home, home) for home in homes), dates, tuple(shops))


def timed(problem, effort):
    wall, cpu = time.perf_counter(), time.process_time()

    told = [0.0]

    def watch(done, total):
        if (spent := time.process_time() - cpu) > told[0] + 60:
            told[0] = spent
            print(f"  {done / total:.0%} after {spent:.0f} s of processor time", file=sys.stderr, flush=True)
        return True

    answer = solve(problem, effort, seconds=7200, watch=watch)
    assert not breaches(problem, answer.tours)
    return answer.worth, time.perf_counter() - wall, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--owner", action="store_true")
    parser.add_argument("--several", action="store_true")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| town | first: out, h | plan: out, h | wall, cpu | ten times: out, h | wall, cpu | gap |")
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        problem = town(seed, owner=options.owner, several=options.several)
        problem = replace(problem, balance=0)
        first = worth(problem, first_plan(problem))
        mine, wall, cpu = timed(problem, NORMAL)
        print(f"  {seed}: {mine} after {cpu:.0f} s of processor time", file=sys.stderr, flush=True)
        longer, long_wall, long_cpu = timed(problem, LONGER)
        best = longer.cost if longer.missing == mine.missing else float("nan")
        print(
            f"| {seed} | {first.missing}, {first.cost / 3600:.1f} | {mine.missing}, {mine.cost / 3600:.2f} "
            f"| {wall:.0f} s, {cpu:.0f} s | {longer.missing}, {longer.cost / 3600:.2f} "
            f"| {long_wall:.0f} s, {long_cpu:.0f} s | {mine.cost / best - 1:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
