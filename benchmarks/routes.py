"""The suggested order of a route: time and distance from the optimum, open and closed tours of 8 to 200 stops.

    .venv/bin/python -m benchmarks.routes [--seeds N] [--hours] [--long SECONDS]

Needs no database. Instances are drawn with fixed seeds as towns are: shops in clusters, along streets, spread out, and
two shops a province away. Up to 12 stops the optimum is known by dynamic programming written here; above, the best of
all runs and of one that searches twenty times as long counts as it. With --hours, tours with opening hours against a
run ten times as long. See docs/benchmarks.md.
"""

import argparse
import math
import os
import statistics
import time
from random import Random

from territory.rules.tours import SECONDS, Shape, distance_matrix, shortest_order, tour_length_m
from territory.rules.windows import Hours, Pace, shortest_order_in_hours, timetable

DEPOT, HOME = (31.86, 117.12), (31.76, 117.34)
SHAPES = {
    "open": Shape(),
    "closed": Shape(closed=True),
    "open, from a start": Shape(start=DEPOT),
    "open, start and end": Shape(start=DEPOT, end=HOME),
    "closed, from a start": Shape(closed=True, start=DEPOT),
}
SIZES = (8, 12, 25, 50, 100, 150, 200)
EXACT = 12


def spread(chance, n):
    return [(31.70 + chance.random() * 0.25, 117.10 + chance.random() * 0.30) for _ in range(n)]


def clusters(chance, n):
    centres = spread(chance, max(3, n // 15))
    return [
        (lat + chance.gauss(0, 0.006), lng + chance.gauss(0, 0.007))
        for lat, lng in (chance.choice(centres) for _ in range(n))
    ]


def streets(chance, n):
    """Doors along a grid of streets 800 m apart: many legs are equally long, which is hard."""
    doors = []
    for _ in range(n):
        along, across = chance.random() * 0.2, chance.randrange(12) * 0.0072
        doors.append(
            (31.75 + across, 117.15 + along) if chance.random() < 0.5 else (31.75 + along, 117.15 + across)
        )
    return doors


def outliers(chance, n):
    return [*clusters(chance, n - 2), (43.82, 87.62), (22.54, 114.06)]


KINDS = {"spread": spread, "clusters": clusters, "streets": streets, "outliers": outliers}


def optimum(points, shape):
    """Length of the best order, by dynamic programming over sets of stops (Held and Karp)."""
    n = len(points)
    nodes = [*points, *([shape.start] if shape.start else []), *([shape.end] if shape.end else [])]
    metres = distance_matrix(nodes).tolist()
    start, end = (n if shape.start else None), (len(nodes) - 1 if shape.end else None)
    if shape.closed:
        end = start

    def best_from(first):
        """With `first` fixed where a round has no start; None: any stop may be first."""
        table = {}
        for stop in range(n) if first is None else [first]:
            table[1 << stop, stop] = metres[start][stop] if start is not None else 0.0
        for _ in range(n - 1):
            grown = {}
            for (done, here), length in table.items():
                for stop in range(n):
                    if not done >> stop & 1:
                        key = done | 1 << stop, stop
                        total = length + metres[here][stop]
                        if total < grown.get(key, math.inf):
                            grown[key] = total
            table = grown
        home = first if shape.closed and start is None else end
        return min(
            length + (metres[last][home] if home is not None else 0.0) for (_, last), length in table.items()
        )

    return best_from(0 if shape.closed and start is None else None)


def length(points, order, shape):
    return tour_length_m([points[i] for i in order], shape)


def without_hours(seeds, long_seconds):
    print(
        f"{'stops':>5} {'tour':<22} {'runs':>4} {'optimal':>8} {'≤0.1 %':>7} {'worst gap':>10} "
        f"{'wall p50':>9} {'wall max':>9} {'cpu p50':>8} {'saved':>6}"
    )
    for size in SIZES:
        for name, shape in SHAPES.items():
            gaps, walls, cpus, saved = [], [], [], []
            for kind, draw in KINDS.items():
                for seed in range(seeds):
                    points = draw(Random(f"{kind} {size} {seed}"), size)
                    wall, cpu = time.perf_counter(), time.process_time()
                    order = shortest_order(points, shape)
                    walls.append(time.perf_counter() - wall)
                    cpus.append(time.process_time() - cpu)
                    found = length(points, order, shape)
                    best = (
                        optimum(points, shape)
                        if size <= EXACT
                        else min(found, length(points, shortest_order(points, shape, long_seconds), shape))
                    )
                    gaps.append(found / best - 1)
                    saved.append(1 - found / length(points, range(size), shape))
            print(
                f"{size:>5} {name:<22} {len(gaps):>4} {sum(g < 1e-6 for g in gaps):>8} "
                f"{sum(g <= 0.001 for g in gaps):>7} {max(gaps):>10.3%} {statistics.median(walls) * 1000:>6.0f} ms "
                f"{max(walls) * 1000:>6.0f} ms {statistics.median(cpus) * 1000:>5.0f} ms "
                f"{statistics.median(saved):>6.0%}",
                flush=True,
            )


def open_doors(chance, points, pace):
    """Hours that some order keeps: a rep walks the shortest order and every second shop is open around then."""
    order = shortest_order(points)
    day = timetable([points[i] for i in order], [Hours()] * len(points), pace)
    hours = [Hours()] * len(points)
    for stop, arrival in zip(order, day.arrivals, strict=True):
        if chance.random() < 0.5:
            begins = arrival.begins_s - chance.randrange(5400)
            hours[stop] = Hours(max(0, begins), begins + 5400 + chance.randrange(3600))
    chance.shuffle(hours)  # now the shortest order is not the answer
    return hours


def with_hours(seeds):
    print(
        f"\n{'stops':>5} {'runs':>4} {'late s':>8} {'long run':>9} {'length gap':>11} {'worst':>7} {'wall':>7}"
    )
    pace = Pace(stay_s=600)
    for size, seconds in ((10, 1.2), (25, 1.2), (50, 8.0), (100, 8.0)):
        late, late_long, gaps, walls = [], [], [], []
        for seed in range(seeds):
            chance = Random(f"hours {size} {seed}")
            points = clusters(chance, size)
            hours = open_doors(chance, points, pace)

            def judge(order, points=points, hours=hours):
                day = timetable([points[i] for i in order], [hours[i] for i in order], pace)
                return day.late_s, length(points, order, Shape())

            wall = time.perf_counter()
            mine = judge(shortest_order_in_hours(points, hours, pace, seconds=seconds))
            walls.append(time.perf_counter() - wall)
            longer = judge(shortest_order_in_hours(points, hours, pace, seconds=10 * seconds))
            late.append(mine[0])
            late_long.append(longer[0])
            if mine[0] == longer[0]:
                gaps.append(max(0.0, mine[1] / longer[1] - 1))
        gap = f"{statistics.median(gaps):>11.2%} {max(gaps):>7.2%}" if gaps else f"{'–':>11} {'–':>7}"
        print(
            f"{size:>5} {seeds:>4} {statistics.median(late):>8.0f} {statistics.median(late_long):>9.0f} {gap} "
            f"{statistics.median(walls):>5.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--long", type=float, default=20 * SECONDS)
    parser.add_argument("--hours", action="store_true", help="tours with opening hours only")
    options = parser.parse_args()
    print(f"budget {SECONDS} s, load {os.getloadavg()[0]:.1f}\n")
    shortest_order(spread(Random(0), 30))
    if options.hours:
        with_hours(options.seeds)
    else:
        without_hours(options.seeds, options.long)
