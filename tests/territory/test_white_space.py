"""White space (F2): figures of each cell against plain loops, what is worth a look, who sees what, where people live."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from io import BytesIO
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLog
from common.geo.cells import cell_centre, cell_of, neighbours_of, parent_of
from common.sheets import write_workbook
from crm.models import Customer, Lead
from sales.models import Delivery
from territory.models import Population
from territory.queries import white_space as queries
from territory.rules.white_space import (
    Cell,
    drawn_resolution,
    good_cells,
    leads_without_customers,
    suggestions,
)
from territory.services.white_space import load_population
from tests.factories import CustomerFactory, LeadFactory

CELLS = reverse("territory:white_space_cells")
TOWN = {"bounds": "31.70,117.05,31.95,117.40", "zoom": "11"}


@pytest.fixture
def town(people):
    """Customers, leads, sales and residents strewn over Hefei and beyond, of two reps in two departments."""
    chance = Random(5)
    today = timezone.localdate()

    def somewhere():
        return {"latitude": 31.6 + chance.random() * 0.45, "longitude": 116.95 + chance.random() * 0.55}

    for n in range(40):
        owner = people.owner if n % 4 else people.outsider
        shop = CustomerFactory(
            owner=owner, created_on=today - dt.timedelta(days=chance.randrange(250)), **somewhere()
        )
        for part in range(n % 3):
            day = today - dt.timedelta(days=chance.randrange(250))
            status = "posted" if n % 7 else "reversed"
            Delivery.objects.create(
                number=f"D{n}-{part}", customer=shop, rep=owner, status=status, issued_on=day, due_on=day,
                amount=Decimal(chance.randrange(100, 90000)) / 100,
            )  # fmt: skip
    for n in range(16):
        stage = ("new", "lost", "converted", "contacted")[n % 4]
        LeadFactory(owner=people.owner if n % 3 else people.outsider, stage=stage, **somewhere())
    CustomerFactory(owner=people.owner, status="inactive", **somewhere())
    CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    for _ in range(20):
        at = somewhere()
        Population.objects.create(cell=cell_of(*at.values()), residents=chance.randrange(5000), **at)
    return today


def by_hand(view, owners):
    """{cell: (customers, leads, sales, sales before, new, new before, residents)} in plain loops."""
    found = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0), 0, 0, 0])

    def key(row):
        return None if row.latitude is None else cell_of(row.latitude, row.longitude, view.resolution)

    def within(day, period):
        return period[0] <= day <= period[1]

    for row in Customer.objects.filter(status="active", owner__in=owners, latitude__isnull=False):
        # The parent of the stored cell, which at the rim is not always the cell of the place itself.
        sums = found[parent_of(cell_of(row.latitude, row.longitude), view.resolution)]
        sums[0] += 1
        sums[4] += within(row.created_on, view.period)
        sums[5] += within(row.created_on, view.before)
        for sale in Delivery.objects.filter(customer=row, status="posted"):
            sums[2] += sale.amount if within(sale.issued_on, view.period) else 0
            sums[3] += sale.amount if within(sale.issued_on, view.before) else 0
    for row in Lead.objects.filter(owner__in=owners).exclude(stage__in=["lost", "converted"]):
        found[parent_of(cell_of(row.latitude, row.longitude), view.resolution)][1] += 1
    for row in Population.objects.all():
        found[parent_of(row.cell, view.resolution)][6] += row.residents
    return {cell: tuple(sums) for cell, sums in found.items() if view.holds(cell) and any(sums)}


@pytest.mark.parametrize("zoom", [9, 11, 14])
def test_every_figure_is_that_of_plain_loops(people, town, zoom):
    bounds = (31.70, 117.05, 31.95, 117.40)
    days = dt.timedelta(days=90)
    view = queries.View(
        *bounds,
        drawn_resolution(*bounds, zoom),
        (town - days, town),
        (town - 2 * days, town - days - dt.timedelta(1)),
    )
    for user, owners in (
        (people.admin, [people.owner, people.outsider]),
        (people.superior, [people.owner]),
        (people.outsider, [people.outsider]),
    ):
        rows = queries.sources(user, Customer.objects.visible_to(user).active(), owner=None, filtered=False)
        cells = queries.cells_in_view(rows, view)
        assert {
            cell: (s.customers, s.leads, s.sales, s.sales_before, s.new, s.new_before, s.residents)
            for cell, s in cells.items()
            if (s.customers, s.leads, s.sales, s.sales_before, s.residents) != (0, 0, 0, 0, 0)
        } == by_hand(view, owners)
        cell = max(cells, key=lambda cell: cells[cell].customers)
        assert queries.in_cell(rows.customers, cell).count() == cells[cell].customers


def test_what_is_drawn_stays_small_however_far_one_looks():
    assert drawn_resolution(31.7, 117.0, 31.9, 117.3, 11) == 6
    assert drawn_resolution(18, 73, 53, 135, 11) < 6
    assert drawn_resolution(31.80, 117.20, 31.81, 117.21, 18) == 10


def test_what_is_worth_a_look_lies_beside_good_cells():
    middle = cell_of(31.82, 117.22, 7)
    ring = neighbours_of(middle)
    cells = {
        middle: Cell(customers=12, sales=Decimal(9000)),
        ring[0]: Cell(customers=3, leads=2, residents=800),
        ring[1]: Cell(customers=4),
        ring[2]: Cell(customers=0, leads=5),
    }
    assert good_cells(cells) == [middle]
    found = suggestions(cells, neighbours_of, lambda cell: cell != ring[5])
    assert {row.cell for row in found} == {ring[0], ring[2], ring[3], ring[4]}  # 4 of 12 are a third already
    assert found[-1].cell == ring[0]  # has some
    assert (found[-1].customers, found[-1].leads, found[-1].best_customers, found[-1].beside) == (3, 2, 12, 1)
    assert leads_without_customers(cells) == [ring[2]]
    assert suggestions({ring[0]: Cell(customers=2)}, neighbours_of, lambda cell: True) == []


# --- screens


def test_cells_follow_scope_and_permissions(people, town, login, django_assert_max_num_queries):
    assert login(people.finance).get(CELLS, TOWN).status_code == 403
    assert login(people.finance).get(reverse("territory:white_space")).status_code == 403
    sums = {}
    for name in ("owner", "superior", "outsider", "admin"):
        answer = login(getattr(people, name)).get(CELLS, TOWN).json()
        sums[name] = sum(answer["cells"]["customers"])
    assert sums["owner"] == sums["superior"]
    assert sums["admin"] == sums["owner"] + sums["outsider"]
    assert 0 < sums["outsider"] < sums["owner"]
    one = login(people.admin).get(CELLS, {**TOWN, "owner": people.outsider.pk}).json()
    assert sum(one["cells"]["customers"]) == sums["outsider"]
    client = login(people.superior)
    with django_assert_max_num_queries(12):
        client.get(CELLS, TOWN)
    page = login(people.superior).get(reverse("territory:white_space"))
    assert page.status_code == 200


def test_one_cell_names_only_what_one_may_see(people, login):
    mine = CustomerFactory(owner=people.owner, name="蜗牛便利店")
    LeadFactory(owner=people.owner, name="新潜客店", latitude=mine.latitude, longitude=mine.longitude)
    CustomerFactory(owner=people.outsider, name="外人的店")
    address = reverse("territory:white_space_cell")
    cell = cell_of(mine.latitude, mine.longitude, 7)
    text = login(people.superior).get(address, {"cell": cell}).content.decode()
    assert "蜗牛便利店" in text
    assert "新潜客店" in text
    assert "外人的店" not in text
    for nonsense in ("", "5", "x", str(1 << 63), str(cell + 1), str(cell_of(31.8, 117.2, 1))):
        assert login(people.superior).get(address, {"cell": nonsense}).status_code == 404
    assert login(people.finance).get(address, {"cell": cell}).status_code == 403


def test_nonsense_bounds_are_refused_and_the_export_is_on_record(people, town, login):
    client = login(people.superior)
    for bounds in ("", "1,2,3", "a,b,c,d", "32,117,31,118", "nan,1,2,3", "0,0,99,0"):
        assert client.get(CELLS, {"bounds": bounds, "zoom": "9"}).status_code == 400
    assert client.get(CELLS, {**TOWN, "zoom": "-1"}).status_code == 400
    assert client.get(CELLS, {**TOWN, "owner": "x"}).status_code == 400
    export = reverse("territory:white_space_export")
    answer = client.get(export, TOWN)
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert AccessLog.objects.filter(actor=people.superior, action="export").count() == 1
    assert login(people.owner).get(export, TOWN).status_code == 403


# --- where people live


def book(rows):
    file = BytesIO()
    write_workbook(file, rows[0], rows[1:])
    return file.getvalue()


def test_a_file_of_residents_replaces_the_table(people, tmp_path, login):
    Population.objects.create(district="旧区", residents=1)
    path = tmp_path / "人口.xlsx"
    rows = [
        ["市", "区县", "纬度", "经度", "人口"],
        ["合肥市", "蜀山区", None, None, 1_000_000],
        ["", "", 31.82, 117.22, "12,000"],
        ["", "", 131.82, 117.22, 5],
        ["合肥市", "", None, None, 7],
        ["合肥市", "瑶海区", None, None, "很多"],
    ]
    path.write_bytes(book(rows))
    loaded = load_population(actor=people.admin, path=path, name=path.name, datum="gcj02")
    assert (loaded.rows, loaded.places, loaded.districts, loaded.residents, loaded.failed) == (
        5,
        1,
        1,
        1_012_000,
        3,
    )
    assert [row for row, _why in loaded.problems] == [4, 5, 6]
    place = Population.objects.get(cell__isnull=False)
    assert place.latitude != 31.82  # was in GCJ-02
    assert place.cell == cell_of(place.latitude, place.longitude)
    with pytest.raises(CommandError):  # loaded, but not whole
        call_command("import_population", str(path))
    assert Population.objects.count() == 2
    CustomerFactory(owner=people.owner, city="合肥市", district="蜀山区")
    LeadFactory(owner=people.owner, district="蜀山区")
    CustomerFactory(owner=people.outsider, city="合肥市", district="蜀山区")
    rows = queries.sources(
        people.superior, Customer.objects.visible_to(people.superior), owner=None, filtered=False
    )
    (district,) = queries.districts(rows)
    assert (district.customers, district.leads, district.per_10_000) == (1, 1, 0.01)
    address = reverse("territory:population")
    assert "蜀山区" in login(people.superior).get(address).content.decode()
    assert login(people.finance).get(address).status_code == 403
    assert login(people.owner).post(address).status_code == 403


def test_a_file_that_is_none_changes_nothing_and_says_why(people, tmp_path, login):
    Population.objects.create(district="旧区", residents=1)
    for rows in (
        [["市", "区县"], ["合肥市", "蜀山区"]],
        [["人口"], [5]],
        [["区县", "人口"], ["蜀山区", "x"]],
    ):
        path = tmp_path / "p.xlsx"
        path.write_bytes(book(rows))
        with pytest.raises(ValidationError):
            load_population(actor=None, path=path, name=path.name)
    upload = SimpleUploadedFile("p.xlsx", b"PK no workbook")
    answer = login(people.superior).post(reverse("territory:population"), {"file": upload, "datum": "wgs84"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    good = SimpleUploadedFile("p.xlsx", book([["区县", "人口"], ["蜀山区", 10]]))
    answer = login(people.superior).post(reverse("territory:population"), {"file": good, "datum": "wgs84"})
    assert answer.status_code == 302
    assert Population.objects.get().district == "蜀山区"


def test_a_cell_at_the_rim_of_the_view_is_summed_up_whole(people):
    cell = cell_of(31.82, 117.22, 6)
    lat, lng = cell_centre(cell)
    shop = CustomerFactory(owner=people.owner, latitude=lat - 0.02, longitude=lng)
    assert cell_of(shop.latitude, shop.longitude, 6) == cell
    bounds = (lat - 0.0001, lng - 0.01, lat + 0.3, lng + 0.3)  # the shop lies south of it
    today = timezone.localdate()
    view = queries.View(*bounds, 6, (today, today), (today, today))
    rows = queries.sources(people.admin, Customer.objects.active(), owner=None, filtered=False)
    assert queries.cells_in_view(rows, view)[cell].customers == 1
