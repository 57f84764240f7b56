"""Mileage, stops and gaps of recorded GPS files against a plain implementation of their own (domain-rules §7)."""

import datetime as dt
import json
import random
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from territory.queries import day_fixes
from territory.rules import Fix, analyse_day, off_way_m
from tests.factories import CustomerFactory, TrackPointFactory, VisitFactory, VisitTaskFactory
from tests.territory.track_reference import apart, by_day, read_points, reckon

DATA = Path(__file__).with_name("data")
RECORDED = sorted(DATA.glob("*.gpx"))


def said(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_tracks_agree_through_the_commands(people, path, settings):
    """Imported by `import_track`, told by `day_track`, day by day; the stops to the second."""
    points = read_points(path)
    told = said("import_track", str(path), "--user", people.owner.username)
    assert told["refused"] == 0
    assert told["points"] - told["duplicates"] == len(points)
    days = by_day(points, ZoneInfo(settings.TIME_ZONE))
    assert sum(map(len, days.values())) > 200
    for day, own in days.items():
        ours, theirs = said("day_track", people.owner.username, day.isoformat()), reckon(own)
        assert ours["points"] == len(own)
        assert ours["mileage_m"] == pytest.approx(theirs["mileage_m"], rel=0.01)
        assert ours["gaps"] == theirs["gaps"]
        track = analyse_day(day_fixes([people.owner.pk], day)[people.owner.pk])
        stops = [(stop.arrive.timestamp(), stop.leave.timestamp()) for stop in track.stops]
        assert stops == theirs["stops"]


def wandering(seed):
    """A day of a rep that nobody recorded: rounds and stays, fixes a few metres off, jumps, holes, doubles."""
    rng = random.Random(seed)
    seconds, lat, lng, points = 1_780_000_000.0, 31.8, 117.2, []
    for _leg in range(rng.randint(3, 9)):
        for _step in range(rng.randint(5, 60)):  # on the way at up to 15 m/s
            seconds += rng.choice([5, 10, 30])
            lat += rng.uniform(-0.0008, 0.0012)
            lng += rng.uniform(-0.0008, 0.0012)
            points.append([seconds, lat, lng])
        if rng.random() < 0.3:
            seconds += rng.randint(5 * 60, 40 * 60)
            lat += rng.uniform(0, 0.03)
        if rng.random() < 0.3:
            points.append([seconds + 1, lat + 0.5, lng])  # 55 km in a second
            seconds += 2
        for _stay in range(rng.randint(0, 40)):
            seconds += rng.choice([10, 30, 60])
            points.append([seconds, lat + rng.gauss(0, 0.0002), lng + rng.gauss(0, 0.0002)])
    rng.shuffle(points)
    return points


@pytest.mark.parametrize("seed", range(25))
def test_made_days_agree(seed):
    points = wandering(seed)
    fixes = [Fix(dt.datetime.fromtimestamp(t, dt.UTC), lat, lng) for t, lat, lng in points]
    ours, theirs = analyse_day(fixes), reckon(points)
    assert ours.mileage_m == pytest.approx(theirs["mileage_m"], rel=0.01)
    assert len(ours.gaps) == theirs["gaps"]
    assert [(s.arrive.timestamp(), s.leave.timestamp()) for s in ours.stops] == theirs["stops"]


# --- off the planned way


def at(minutes, lat, lng):
    return Fix(dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes), lat, lng)


def test_what_is_driven_off_the_planned_way():
    """A way east along one parallel; driven along it, then 0.02° (2.2 km) north of it and back."""
    way = [(31.8, 117.2), (31.8, 117.3)]
    along = [at(0, 31.8, 117.2), at(10, 31.8005, 117.25), at(20, 31.8, 117.3)]
    assert off_way_m([along], way) == 0
    away = [at(30, 31.82, 117.3), at(40, 31.82, 117.25)]
    off = off_way_m([along, away], way)
    assert off == pytest.approx(apart([0, 31.82, 117.3], [0, 31.82, 117.25]))
    assert off_way_m([along, away], way, limit_m=3000) == 0
    assert off_way_m([along], way[:1]) is None
    assert off_way_m([along], [way[0], way[0]]) > 0  # all planned at one place


def test_the_day_shows_what_was_planned_and_missed(people, login):
    """Two planned, one visited; the way between them, and nothing driven off it."""
    day = timezone.localdate() - dt.timedelta(days=1)
    start = timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
    shop = CustomerFactory(owner=people.owner, name="去了的店", latitude=31.82, longitude=117.23)
    missed = CustomerFactory(owner=people.owner, name="没去的店", latitude=31.84, longitude=117.23)
    for position, customer in enumerate((shop, missed)):
        VisitTaskFactory(rep=people.owner, customer=customer, date=day, position=position)
    VisitFactory(customer=shop, check_in_at=start, check_in_lat=31.82, check_in_lng=117.23)
    for minutes, lng in ((0, 117.23), (6, 117.23), (20, 117.26)):
        TrackPointFactory(
            rep=people.owner, time=start + dt.timedelta(minutes=minutes), latitude=31.82, longitude=lng
        )
    query = {"rep": people.owner.pk, "date": day.isoformat()}
    answer = login(people.superior).get(reverse("territory:track"), query)
    text = answer.content.decode()
    result = answer.context["result"]
    assert [place.name for place in result.missed] == ["没去的店"]
    assert result.way_m == pytest.approx(2224, abs=2)
    assert result.off_way_m == pytest.approx(2833, abs=5)  # the one step's middle is 1.4 km from the way
    assert "计划未拜访" in text
    assert "6 分钟" in text
    (track,) = answer.context["map_data"]["tracks"]
    assert track["way"] == [[31.82, 117.23], [31.84, 117.23]]
