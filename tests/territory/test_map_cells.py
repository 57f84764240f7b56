"""The map's clusters against brute force, from kept sums and counted; who counts for whom; how sums follow changes."""

import datetime as dt
import random
from collections import Counter

import h3.api.basic_int as h3
import pytest
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert
from common import business_calendar
from common.geo.cells import resolution_for
from crm.models import Customer, CustomerShare
from crm.services import assign_owner
from territory.models import MapCell, MapTally, MapTile
from territory.queries import map_data
from territory.queries.map_cells import RESOLUTIONS, kept_clusters, tally_now
from territory.rules.map_view import box_around, middle_box, zoom_to_fit
from territory.services.map_cells import refresh_map_cells
from tests.factories import CustomerFactory

CELLS = reverse("territory:map_cells")


@pytest.fixture
def few(monkeypatch):
    """Clusters from the fourth customer on."""
    monkeypatch.setattr(map_data, "MOST_POINTS", 3)


@pytest.fixture
def shops(people):
    """Sixty customers of four owners and of nobody, over two provinces."""
    pick = random.Random(11)
    today = business_calendar.today()
    owners = [people.owner, people.colleague, people.outsider, None]
    made = []
    for n in range(60):
        owner = owners[n % 4]
        visited = pick.choice([None, 0, 7, 8, 30, 31, 200])
        made.append(
            Customer(
                code=f"M{n}", name=f"店{n}", created_on=today, owner=owner, received_on=today if owner else None,
                status="inactive" if n % 10 == 9 else "active", level=pick.choice("ABC") if n % 5 else "",
                latitude=None if n == 8 else pick.choice([31.8, 23.1]) + pick.uniform(0, 0.2),
                longitude=None if n == 8 else pick.uniform(116.9, 117.2),
                last_visit_on=None if visited is None else today - dt.timedelta(days=visited),
            )
        )  # fmt: skip
    rows = Customer.objects.bulk_create(made)
    for row in rows[::7]:
        Alert.objects.create(
            customer=row, kind="unvisited", owner=row.owner, base_on=today, period_days=7, due_on=today, opened_on=today
        )  # fmt: skip
    return rows


def refresh(least=1):
    return refresh_map_cells(now=timezone.now(), today=business_calendar.today(), least=least)


def truth(rows, resolution):
    """{cell: customers} of those on the map."""
    return Counter(
        h3.latlng_to_cell(row.latitude, row.longitude, 10) and h3.cell_to_parent(row.cell, resolution)
        for row in rows
        if row.latitude is not None and row.status == "active"
    )


def seen_by(user):
    return list(Customer.objects.visible_to(user))


def sums():
    """All that is kept, without keys: [resolution, cell, owner, …]."""
    names = [field.attname for field in MapCell._meta.concrete_fields if field.attname != "id"]
    rows = MapCell.objects.values_list(*names)
    return sorted([tuple(round(v, 6) if isinstance(v, float) else v or 0 for v in row) for row in rows])


@pytest.mark.parametrize("kept", [True, False], ids=["kept sums", "counted"])
@pytest.mark.parametrize("who", ["owner", "superior", "outsider", "admin"])
def test_clusters_are_what_brute_force_counts(people, login, shops, few, kept, who):
    if kept:
        refresh()
    user = getattr(people, who)
    mine = seen_by(user)
    client = login(user)
    expected = truth(mine, resolution_for(8))
    shown = [row for row in mine if row.latitude is not None and row.status == "active"]
    legends = {}
    for by in ("visit", "level", "alert", "owner", "amount", "none"):
        answer = client.get(CELLS, {"by": by, "box": "0,70,60,140", "zoom": 8}).json()
        legends[by] = answer["legend"]
        assert answer["kind"] == "clusters"
        assert sorted(answer["n"]) == sorted(expected.values())
        assert answer["total"] == sum(expected.values()) == sum(row[3] for row in answer["legend"])
        assert bool(answer["asOf"]) == (kept and by != "amount")
    assert [row[3] for row in legends["level"]] == [
        sum(row.level == level for row in shown) for level in ("A", "B", "C", "")
    ]
    names = Counter(row.owner.name if row.owner else "公海" for row in shown)
    assert {row[1]: row[3] for row in legends["owner"] if row[3]} == dict(names)
    warned = set(Alert.objects.values_list("customer_id", flat=True))
    assert legends["alert"][0][3] == sum(row.pk in warned for row in shown)


def test_a_shared_customer_counts_once_and_only_for_whom_it_is_shared_with(people, login, shops, few):
    refresh()
    strange = next(
        row for row in shops if row.owner == people.outsider and row.latitude and row.status == "active"
    )
    client = login(people.owner)
    before = client.get(CELLS, {"box": "0,70,60,140", "zoom": 8}).json()
    CustomerShare.objects.create(customer=strange, user=people.owner, created_by=people.outsider)
    own = next(row for row in shops if row.owner == people.owner and row.latitude and row.status == "active")
    CustomerShare.objects.create(customer=own, user=people.owner, created_by=people.superior)
    after = client.get(CELLS, {"box": "0,70,60,140", "zoom": 8}).json()
    assert after["asOf"]
    assert after["total"] == before["total"] + 1


def test_a_filter_counts_by_itself(people, login, shops, few):
    refresh()
    answer = login(people.superior).get(CELLS, {"level": "A", "box": "0,70,60,140", "zoom": 8}).json()
    expected = truth([row for row in seen_by(people.superior) if row.level == "A"], 4)
    assert answer["asOf"] is None
    assert answer["total"] == sum(expected.values())


@pytest.mark.parametrize("by", ["alert", "visit"])
def test_close_by_sums_tell_whether_points_are_tried(
    people, login, shops, few, by, django_assert_num_queries
):
    """A crowded place is counted at once; where sums say that few are there, they come as points."""
    refresh()
    client = login(people.admin)
    box = (31.75, 116.85, 32.05, 117.25)
    crowded = [
        row
        for row in seen_by(people.admin)
        if row.latitude is not None and row.latitude > 30 and row.status == "active"
    ]
    answer = client.get(CELLS, {"by": by, "box": ",".join(map(str, box)), "zoom": 15})
    with django_assert_num_queries(
        8
    ):  # session, person, permissions, choices, custom fields, state of the sums, sums, clusters
        answer = client.get(CELLS, {"by": by, "box": ",".join(map(str, box)), "zoom": 15})
    data = answer.json()
    assert data["kind"] == "clusters"
    assert sorted(data["n"]) == sorted(truth(crowded, resolution_for(15)).values())
    if by == "alert":
        warned = set(Alert.objects.values_list("customer_id", flat=True))
        assert data["legend"][0][3] == sum(row.pk in warned for row in crowded) > 0
    one = crowded[0]
    near = (one.latitude - 1e-6, one.longitude - 1e-6, one.latitude + 1e-6, one.longitude + 1e-6)
    few_here = client.get(CELLS, {"by": by, "box": ",".join(map(str, near)), "zoom": 15}).json()
    assert (few_here["kind"], few_here["id"]) == ("points", [one.pk])


@pytest.mark.parametrize("box", ["0,70,60,140", "30,70,30.001,140", "-60,-80,70,170"])
def test_a_box_that_does_not_fit_its_zoom_is_answered(people, login, shops, few, box):
    """The cells that cover it would be millions."""
    refresh()
    answers = [
        login(people.admin).get(CELLS, {"by": "level", "box": box, "zoom": zoom}).json() for zoom in (12, 15)
    ]
    south, west, north, east = map(float, box.split(","))
    inside = [
        row
        for row in seen_by(people.admin)
        if row.latitude is not None
        and row.status == "active"
        and south <= row.latitude <= north
        and west <= row.longitude <= east
    ]
    assert [answer["total"] for answer in answers] == [len(inside)] * 2


def toggle_alert(row):
    if not Alert.objects.filter(customer=row).delete()[0]:
        day = business_calendar.today()
        Alert.objects.create(
            customer=row, kind="unordered", base_on=day, period_days=7, due_on=day, opened_on=day
        )


CHANGES = {
    "move": lambda row, people: row.update(latitude=39.9, longitude=116.4),
    "level": lambda row, people: row.update(level="B" if row.get().level == "A" else "A"),
    "visit": lambda row, people: row.update(
        last_visit_on=None if row.get().last_visit_on else business_calendar.today()
    ),
    "close": lambda row, people: row.update(status="inactive"),
    "delete": lambda row, people: row.delete(),
    "create": lambda row, people: CustomerFactory(owner=people.owner, latitude=39.9, longitude=116.4),
    "owner": lambda row, people: assign_owner(
        actor=None,
        customers=[row.get().pk],
        owner=people.colleague,
        reason="assigned",
        today=business_calendar.today(),
    ),
    "alert": lambda row, people: toggle_alert(row.get()),
    "pool": lambda row, people: row.update(owner=None, received_on=None),
    "nowhere": lambda row, people: row.update(latitude=None, longitude=None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_sums_follow_whatever_changes(people, shops, change):
    assert refresh() > 0
    assert refresh() == 0
    row = next(row for row in shops if row.owner == people.owner and row.latitude and row.status == "active")
    CHANGES[change](Customer.objects.filter(pk=row.pk), people)
    assert 1 <= refresh() <= 2
    followed = sums()
    MapTally.objects.update(day=None)
    refresh()  # from scratch
    assert followed == sums()
    for resolution in RESOLUTIONS:
        kept = kept_clusters(people.admin, resolution, None, "none")
        assert {cell: one.customers for cell, one in kept.items()} == truth(
            Customer.objects.all(), resolution
        )


def test_sums_are_not_read_when_nobody_checks_them(people, login, shops, few):
    refresh()
    now, today = timezone.now(), business_calendar.today()
    assert tally_now(now, today)
    assert tally_now(now + dt.timedelta(minutes=4), today) is None
    assert tally_now(now, today + dt.timedelta(days=1)) is None
    MapTally.objects.update(checked_at=now - dt.timedelta(minutes=4))
    gone = Customer.objects.filter(status="active", latitude__isnull=False).first()
    gone.delete()
    answer = login(people.admin).get(CELLS, {"box": "0,70,60,140", "zoom": 8}).json()
    assert answer["asOf"] is None
    assert answer["total"] == sum(truth(Customer.objects.all(), 4).values())


def test_another_day_moves_the_visits(people, shops):
    refresh()
    tomorrow = business_calendar.today() + dt.timedelta(days=1)
    refresh_map_cells(now=timezone.now(), today=tomorrow, least=1)
    kept = kept_clusters(people.admin, 1, None, "visit")
    week = sum(one.classes[0] for one in kept.values())
    assert week == sum(
        row.status == "active" and row.latitude is not None and row.last_visit_on is not None
        and (tomorrow - row.last_visit_on).days <= 7
        for row in shops
    )  # fmt: skip


def test_a_small_company_keeps_no_sums(people, shops):
    refresh()
    assert MapTile.objects.exists()
    assert refresh(least=1000) == 0
    assert not MapCell.objects.exists()
    assert not MapTile.objects.exists()
    assert tally_now(timezone.now(), business_calendar.today()) is None


def test_the_first_view_is_where_the_customers_are(people, login, shops, few):
    refresh()
    answer = login(people.superior).get(CELLS, {"width": 1200, "height": 800}).json()
    lat, lng, zoom = answer["view"]
    assert 23.1 < lat < 32
    assert 116.9 < lng < 117.2
    assert zoom == 6


def test_the_view_that_fits():
    box = middle_box([(31.0, 117.0, 50), (32.0, 118.0, 50), (60.0, 10.0, 1)])
    assert box == (31.0, 117.0, 32.0, 118.0)
    zoom = zoom_to_fit(box, 1000, 800)
    south, west, north, east = box_around(31.5, 117.5, zoom, 1000, 800)
    assert south < 31.0 < 32.0 < north
    assert west < 117.0 < 118.0 < east
    assert zoom_to_fit((31.0, 117.0, 31.0, 117.0), 1000, 800) == 16
    assert zoom_to_fit((-80.0, -180.0, 80.0, 180.0), 400, 400) == 3
