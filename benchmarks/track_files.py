"""Mileage, stops and gaps of a folder of GPS files (GPX, GeoLife PLT) against a plain implementation of their own.

    DATABASE_URL=sqlite:////tmp/files.sqlite3 python benchmarks/track_files.py FOLDER

Each folder below FOLDER that holds files is one person. Everything goes through `manage.py import_track` and what
`manage.py day_track` says; tests/territory/track_reference.py is the other side. The database is migrated, and the people
made here stay in it: give it one of its own. GeoLife itself may not be passed on (Microsoft Research licence, not for
commercial use), hence it is named here and not kept with the tests, which bring two recorded tracks of free licence.
"""

import json
import os
import sys
import time
from collections import Counter
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from accounts.models import Role, User
from territory.queries import day_fixes
from territory.rules import analyse_day
from tests.territory.track_reference import by_day, read_points, reckon


def said(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def main(folder: Path) -> int:
    call_command("migrate", verbosity=0)
    role = Role.objects.get(code="rep")
    zone, counts, worst = ZoneInfo(settings.TIME_ZONE), Counter(), 0.0
    groups = sorted({path.parent for path in folder.rglob("*") if path.suffix.lower() in (".plt", ".gpx")})
    for number, group in enumerate(groups):
        user, _new = User.objects.get_or_create(
            username=f"gps{number}", defaults={"name": f"GPS {number}", "role": role}
        )
        merged = {}
        for path in sorted(group.iterdir()):
            if path.suffix.lower() not in (".plt", ".gpx"):
                continue
            began = time.perf_counter()
            said("import_track", str(path), "--user", user.username)
            counts["import ms"] += round(1000 * (time.perf_counter() - began))
            counts["files"] += 1
            for point in read_points(path):
                merged.setdefault(point[0], point)
        for day, points in sorted(by_day(list(merged.values()), zone).items()):
            ours, theirs = said("day_track", user.username, day.isoformat()), reckon(points)
            track = analyse_day(day_fixes([user.pk], day)[user.pk])
            stops = [(stop.arrive.timestamp(), stop.leave.timestamp()) for stop in track.stops]
            off = abs(ours["mileage_m"] - theirs["mileage_m"]) / max(theirs["mileage_m"], 1)
            worst = max(worst, off)
            same_stops = stops == theirs["stops"]
            counts.update(
                {
                    "days": 1, "points": len(points), "points lost": len(points) - ours["points"], "stops": len(stops),
                    "gaps": ours["gaps"], "km": round(ours["mileage_m"] / 1000), "days over 1 % off": off > 0.01,
                    "days with other stops": not same_stops, "days with other gaps": ours["gaps"] != theirs["gaps"],
                }
            )  # fmt: skip
            if off > 0.01 or not same_stops or ours["gaps"] != theirs["gaps"]:
                print(
                    f"{group.name or number} {day}: {ours} / {theirs['mileage_m']:.0f} m, {len(theirs['stops'])} stops, {theirs['gaps']} gaps"
                )
    for name, count in counts.items():
        print(f"{name:24} {count:>10,}")
    print(f"{'worst mileage':24} {worst:>10.4%}")
    return 1 if counts["days over 1 % off"] or counts["days with other gaps"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
