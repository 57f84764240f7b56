"""拜访统计 and 照片墙: figures lead to their rows, scope, bad input, export, costs."""

import datetime as dt
import io
import re
import uuid
from html import unescape

import pytest
from django.core.files.storage import default_storage
from openpyxl import load_workbook
from PIL import Image

from common import business_calendar
from tests.factories import CustomerFactory, RouteFactory, UserFactory, VisitFactory, VisitTaskFactory
from tests.visits.conftest import photo as picture
from tests.visits.test_reports import make_days
from visits.models import VisitPhoto
from visits.services import thumbnails

PAGE, WALL = "/visit-report/", "/photo-wall/"
DAYS = {"since": "2026-03-02", "until": "2026-03-05"}


def sheet(answer):
    return list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)


# --- the report
@pytest.mark.parametrize("by", ["rep", "department", "customer", "route", "day"])
def test_each_figure_leads_to_as_many_rows(people, login, by):
    """Counts of tasks and visits equal the number of rows behind their links."""
    away = UserFactory(department=people.sales, is_active=False)
    make_days([people.owner, people.colleague, people.outsider, away], 7, days=3, shops=3)
    # Somebody else's visit at a customer of the team is seen in the list, but is none of the team's.
    VisitFactory(rep=people.outsider, customer=CustomerFactory(owner=people.owner), day=dt.date(2026, 3, 3))
    client = login(people.superior)
    answer = client.get(PAGE, {"by": by, **DAYS})
    assert answer.status_code == 200
    checked = 0
    rows = [*answer.context["rows"], {"cells": answer.context["total"]}]
    for row in rows:
        for cell in row["cells"]:
            if cell.key in ("attainment", "strike", "average_s", "median_s", "customers"):
                continue
            for text, address in cell.figures:
                if address:
                    listed = client.get(address)
                    assert listed.context["page"].paginator.count == int(text.split()[-1]), (
                        cell.key,
                        address,
                    )
                    checked += 1
    assert checked > 20


def test_customers_are_counted_by_the_list_behind(people, login):
    make_days([people.owner], 8)
    client = login(people.owner)
    answer = client.get(PAGE, DAYS)
    cell = next(cell for cell in answer.context["total"] if cell.key == "customers")
    [(text, address)] = cell.figures
    assert client.get(address).context["count"].customers == int(text)


def test_figures_lead_only_where_one_may_go(people, login):
    """A clerk sees visits and no tasks: figures of tasks are words without a link."""
    make_days([people.owner], 7, days=3, shops=3)
    VisitTaskFactory(rep=people.owner, date=dt.date(2026, 3, 3), status="skipped", skip_reason="天气原因")
    clerk = login(UserFactory(role="service", department=people.head))
    page = clerk.get(PAGE, DAYS).content.decode().split("<main")[1].split("</main>")[0]
    assert "天气原因" in page
    links = {unescape(link) for link in re.findall(r'href="(/[^"]+)"', page)}
    assert links
    assert {link: 403 for link in links if clerk.get(link).status_code == 403} == {}


def test_outsiders_see_none_of_it(people, login):
    make_days([people.owner], 9, days=1)
    assert login(people.outsider).get(PAGE, DAYS).context["rows"] == []
    assert login(people.outsider).get(PAGE, {**DAYS, "rep": people.owner.pk}).status_code == 404
    assert login(people.superior).get(PAGE, {**DAYS, "rep": people.owner.pk}).status_code == 200
    assert login(UserFactory(role=None)).get(PAGE).status_code == 403


def test_wrong_addresses(people, login):
    client = login(people.owner)
    for query in ({"by": "moon"}, {"rep": "x"}, {"customer": "1" * 30}):
        assert client.get(PAGE, query).status_code == 404
    for query in ({"since": "2026-03-05", "until": "2026-03-01"}, {"since": "nonsense"}, {"period": "x"}):
        answer = client.get(PAGE, query)
        assert answer.status_code == 200
        assert answer.context["problem"]
    assert client.get(PAGE, {"sort": "-moon", "page": "99", **DAYS}).status_code == 200


def test_a_period_that_has_begun_ends_today(people, login):
    today = business_calendar.today()
    VisitTaskFactory(customer__owner=people.owner, date=today)
    VisitTaskFactory(customer__owner=people.owner, rep=people.owner, date=today + dt.timedelta(days=1))
    answer = login(people.owner).get(PAGE, {"since": today, "until": today + dt.timedelta(days=5)})
    assert answer.context["period"].last == today
    assert next(cell for cell in answer.context["total"] if cell.key == "planned").figures[0][0] == "1"


def test_sorted_by_a_figure(people, login):
    make_days([people.owner, people.colleague], 10)
    client = login(people.superior)
    for sort, reverse in (("visits", False), ("-visits", True)):
        rows = client.get(PAGE, {"by": "customer", "sort": sort, **DAYS}).context["rows"]
        figures = [int(next(c for c in row["cells"] if c.key == "visits").figures[0][0]) for row in rows]
        assert figures == sorted(figures, reverse=reverse)


def test_names_of_routes_and_nobodys_group(people, login):
    route = RouteFactory(rep=people.owner, name="东线")
    for source, pk in (("route", route.pk), ("one_off", None)):
        VisitTaskFactory(customer__owner=people.owner, date=dt.date(2026, 3, 2), source=source, source_id=pk)
    rows = login(people.superior).get(PAGE, {"by": "route", **DAYS}).context["rows"]
    assert next(row["name"] for row in rows) == "东线"
    assert [row["key"] for row in rows] == [route.pk, None]


def test_the_report_as_excel(people, login):
    make_days([people.owner, people.colleague], 11)
    rows = sheet(login(people.superior).get(PAGE, {"export": "xlsx", **DAYS}))
    assert {row[0] for row in rows[1:3]} == {people.owner.name, people.colleague.name}
    assert rows[3][1] == rows[1][1] + rows[2][1]
    assert login(people.owner).get(PAGE, {"export": "xlsx", **DAYS}).status_code == 403


@pytest.mark.parametrize("by", ["rep", "department", "customer", "route", "day"])
@pytest.mark.parametrize("shops", [1, 3])
def test_the_report_costs_the_same(people, login, by, shops, django_assert_max_num_queries):
    make_days([people.owner, people.colleague], 12, shops=shops)
    client = login(people.superior)
    client.get(PAGE)
    query = {"by": by, "department": people.sales.pk, "rep": people.owner.pk, **DAYS}
    with django_assert_max_num_queries(12):
        assert client.get(PAGE, query).status_code == 200


# --- visit list
def test_new_filters_of_the_visit_list(people, login, django_assert_max_num_queries):
    make_days([people.owner], 13)
    client = login(people.owner)
    everything = client.get("/visits/").context["page"].paginator.count
    ordered, plain = (
        client.get("/visits/", {"ordered": word}).context["page"].paginator.count for word in ("yes", "no")
    )
    assert ordered + plain == everything
    assert ordered > 0
    long, short = (
        client.get("/visits/", query).context["page"] for query in ({"stay_from": 30}, {"stay_to": 29})
    )
    assert all(visit.dwell >= dt.timedelta(minutes=30) for visit in long.object_list)
    assert all(visit.dwell <= dt.timedelta(minutes=29) for visit in short.object_list)
    assert client.get("/visits/", {"who": "x"}).context["page"].paginator.count == 0


def test_the_visit_list_exports_links_to_photos(people, login, add_photo):
    photo = add_photo(people.owner)
    for query in ({"export": "xlsx"}, {"export": "xlsx", "cols": "customer,photos"}):
        rows = sheet(login(people.superior).get("/visits/", query))
        assert f"http://testserver/visits/photos/{photo.pk}/" in rows[1]


# --- the photo wall
@pytest.fixture
def add_photo():
    def add(rep, *, noise=1, customer=None, **more):
        made = VisitFactory(rep=rep, customer=customer or CustomerFactory(owner=rep), **more.pop("visit", {}))
        return VisitPhoto.objects.create(
            visit=made, image=picture(size=(1200, 900), noise=noise), sha256=uuid.uuid4().hex, taken_at=made.check_in_at, **more
        )  # fmt: skip

    return add


def shown(answer):
    return [photo.pk for photo in answer.context["page"].object_list]


def test_the_wall_and_its_filters(people, login, add_photo):
    day = business_calendar.today() - dt.timedelta(days=3)
    first = add_photo(people.owner, kind="display", visit={"grade": "A"})
    second = add_photo(people.colleague, kind="check_in", visit={"grade": "D", "day": day}, reuse_of=first)
    client = login(people.superior)
    assert set(shown(client.get(WALL))) == {first.pk, second.pk}
    for query, expected in (
        ({"rep": people.owner.pk}, [first.pk]),
        ({"kind": "check_in"}, [second.pk]),
        ({"grade": "D"}, [second.pk]),
        ({"reused": "yes"}, [second.pk]),
        ({"reused": "no"}, [first.pk]),
        ({"until": day}, [second.pk]),
        ({"customer": first.visit.customer_id}, [first.pk]),
        ({"department": people.other.pk}, []),
        ({"q": second.visit.customer.name}, [second.pk]),
        ({"kind": "nonsense"}, []),
    ):
        assert shown(client.get(WALL, query)) == expected, query
    fragment = client.get(WALL, headers={"HX-Request": "true", "HX-Target": "results"}).content.decode()
    assert "pw-grid" in fragment
    assert "<html" not in fragment


def test_outsiders_see_no_photo(people, login, add_photo):
    photo = add_photo(people.owner)
    client = login(people.outsider)
    assert shown(client.get(WALL)) == []
    for address in (f"{WALL}{photo.pk}/", f"{WALL}{photo.pk}/small/", f"/visits/photos/{photo.pk}/"):
        assert client.get(address).status_code == 404
        answer = login(people.superior).get(address)
        assert answer.status_code == 200
        assert (
            b"".join(answer) if answer.streaming else answer.content
        )  # read to its end, which closes the file


def test_pairs_stand_side_by_side_when_both_may_be_seen(people, login, add_photo):
    theirs, ours = add_photo(people.outsider), add_photo(people.owner)
    again, stolen = add_photo(people.owner, reuse_of=ours), add_photo(people.owner, reuse_of=theirs)
    client = login(people.superior)
    page = client.get(f"{WALL}{again.pk}/")
    assert [photo.pk for photo in page.context["shown"]] == [again.pk, ours.pk]
    hidden = client.get(f"{WALL}{stolen.pk}/")
    assert [photo.pk for photo in hidden.context["shown"]] == [stolen.pk]
    assert f"/visits/photos/{theirs.pk}/" not in hidden.content.decode()
    assert [photo.pk for photo in client.get(f"{WALL}{ours.pk}/").context["later"]] == [again.pk]
    wall = unescape(client.get(WALL).content.decode())
    assert f"{WALL}{theirs.pk}/" not in wall
    assert len(re.findall("is-pair", wall)) == 1


def test_thumbnails_are_small_made_once_and_bounded(people, login, add_photo, monkeypatch):
    monkeypatch.setattr(thumbnails, "SLOTS", 1)
    client = login(people.owner)
    first, second = add_photo(people.owner), add_photo(people.owner, noise=2)
    answer = client.get(f"{WALL}{first.pk}/small/")
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, max(small.size)) == ("JPEG", thumbnails.SIDE)
    assert "private" in answer["Cache-Control"]
    first.image.delete(save=False)
    first.image.name = "gone.jpg"
    first.save()
    assert client.get(f"{WALL}{first.pk}/small/").content == answer.content  # it was kept
    assert client.get(f"{WALL}{second.pk}/small/").status_code == 200
    assert len(default_storage.listdir(f"{thumbnails.FOLDER}/00000")[1]) == 1
    assert (
        client.get(f"{WALL}{first.pk}/small/").status_code == 404
    )  # its place is taken and its file is gone


def test_a_broken_file_has_no_thumbnail(people, login, add_photo):
    photo = add_photo(people.owner)
    with open(photo.image.path, "wb") as file:
        file.write(b"no picture")
    assert login(people.owner).get(f"{WALL}{photo.pk}/small/").status_code == 404


def test_the_wall_as_excel(people, login, add_photo):
    first = add_photo(people.owner)
    second = add_photo(people.owner, reuse_of=first)
    rows = sheet(login(people.superior).get(WALL, {"export": "xlsx"}))
    cells = [cell for row in rows[1:] for cell in row]
    for path in (
        f"/visits/photos/{first.pk}/",
        f"/visits/photos/{second.pk}/",
        f"/visits/{second.visit_id}/",
    ):
        assert f"http://testserver{path}" in cells
    assert login(people.owner).get(WALL, {"export": "xlsx"}).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_wall_costs_the_same(people, login, add_photo, rows, django_assert_num_queries):
    first = add_photo(people.owner)
    for number in range(rows):
        add_photo(people.owner, noise=number, reuse_of=first)
    client = login(people.superior)
    client.get(WALL)
    with django_assert_num_queries(9):
        assert client.get(WALL).status_code == 200
