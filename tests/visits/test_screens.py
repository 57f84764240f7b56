"""Each screen as owner, superior, colleague, outsider; what it says about bad input; how many queries it takes."""

import datetime as dt
import io
import uuid

import openpyxl
import pytest
from django.utils import timezone

from alerts.models import Alert
from sales.models import SalesOrder
from sales.signals import order_created
from tests.factories import CustomerFactory, SalesOrderFactory, VisitFactory, VisitTaskFactory
from tests.visits.conftest import STORE, fix_at, photo, url
from visits import services
from visits.models import Phrase, Visit, VisitTask

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def position(metres=0, accuracy=10):
    fix = fix_at(metres, accuracy)
    return {"lat": fix.latitude, "lng": fix.longitude, "accuracy": fix.accuracy_m}


@pytest.fixture
def visit(people, shop):
    """A valid visit of people.owner a moment ago."""
    return VisitFactory(customer=shop, rep=people.owner, check_in_lat=STORE[0], check_in_lng=STORE[1])


@pytest.fixture
def inside(people, shop):
    """people.owner is in the store."""
    return services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at())


# --- who sees what
SCREENS = ["today", "task_list", "task_create", "visit_list"]


@pytest.mark.parametrize("screen", SCREENS)
def test_screens_open_for_rep_and_manager_and_not_without_permission(screen, people, login, visit):
    for user in (people.owner, people.superior, people.admin):
        assert login(user).get(url(screen)).status_code == 200
    assert login(people.finance).get(url(screen)).status_code == 403


def test_one_visit_by_role(people, login, visit):
    address = visit.get_absolute_url()
    for user in (people.owner, people.superior, people.admin):
        assert login(user).get(address).status_code == 200
    for user in (people.colleague, people.outsider):
        assert login(user).get(address).status_code == 404
    assert login(people.finance).get(address).status_code == 403


def test_the_new_owner_sees_the_old_visits(people, login, visit, shop):
    shop.owner = people.colleague
    shop.save()
    assert login(people.colleague).get(visit.get_absolute_url()).status_code == 200


def test_list_by_role(people, login, visit):
    for user, sees in ((people.owner, True), (people.superior, True), (people.outsider, False)):
        page = login(user).get(url("visit_list")).content.decode()
        assert ("百佳超市" in page) is sees


def test_tasks_by_role(people, login, shop):
    task = VisitTaskFactory(customer=shop)
    for user, status in (
        (people.owner, 302),
        (people.superior, 302),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        assert login(user).post(url("task_reopen", task.pk)).status_code == status
    for user, sees in ((people.owner, True), (people.superior, True), (people.outsider, False)):
        assert ("百佳超市" in login(user).get(url("task_list")).content.decode()) is sees


def test_customer_panel_by_role(people, login, shop, visit):
    for user, status in (
        (people.owner, 200),
        (people.superior, 200),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        assert login(user).get(url("customer_panel", shop.pk)).status_code == status


# --- the next step is in sight
def test_what_is_over_stands_behind_what_comes_next(people, login, today):
    for position, status in enumerate(("done", "open", "skipped")):
        shop = CustomerFactory(owner=people.owner)
        reason = "关门" if status == "skipped" else ""
        VisitTaskFactory(
            customer=shop, rep=people.owner, date=today, position=position, status=status, skip_reason=reason
        )
    client = login(people.owner)

    def shown(day):
        stops = client.get(url("today", date=day)).context["stops"]
        return [(stop["number"], str(stop["task"].status)) for stop in stops]

    assert shown(today) == [(2, "open"), (1, "done"), (3, "skipped")]
    past = today - dt.timedelta(days=1)
    VisitTask.objects.update(date=past)  # a past day is read in its order
    assert [number for number, _status in shown(past)] == [1, 2, 3]


def test_open_alerts_stand_at_the_stops(people, login, today):
    quiet, late = (CustomerFactory(owner=people.owner) for _ in range(2))
    for position, shop in enumerate((quiet, late)):
        VisitTaskFactory(customer=shop, rep=people.owner, date=today, position=position)
    Alert.objects.create(
        customer=late, kind="unvisited", base_on=today, period_days=1, due_on=today, opened_on=today
    )
    stops = login(people.owner).get(url("today")).context["stops"]
    assert [len(stop["marks"]) for stop in stops] == [0, 1]


def test_after_a_visit_the_record_says_where_to_go_next(people, login, today):
    shops = [CustomerFactory(owner=people.owner) for _ in range(3)]
    before, here, behind = (
        VisitTaskFactory(customer=shop, rep=people.owner, date=today, position=position)
        for position, shop in enumerate(shops)
    )
    VisitTask.objects.filter(pk=here.pk).update(status="done")
    visit = VisitFactory(customer=here.customer, rep=people.owner, day=today, task=here)
    client = login(people.owner)

    page = client.get(visit.get_absolute_url())
    assert (page.context["next_stop"].task, page.context["next_stop"].left) == (
        before,
        2,
    )  # passed by, and as near
    VisitTask.objects.filter(pk=before.pk).update(status="done")
    page = client.get(visit.get_absolute_url())
    assert (page.context["next_stop"].task, page.context["next_stop"].left) == (behind, 1)
    assert url("check_in", behind.customer_id) in page.content.decode()
    VisitTask.objects.filter(pk=behind.pk).update(status="skipped", skip_reason="关门")
    page = client.get(visit.get_absolute_url())
    assert page.context["next_stop"].task is None
    assert url("day_end") in page.content.decode()
    assert "next_stop" not in login(people.superior).get(visit.get_absolute_url()).context


def test_reasons_outside_the_fence_are_one_tap(people, login, shop):
    Phrase.objects.create(use="outside", text="仓库交货")
    page = login(people.owner).get(url("check_in", shop.pk)).content.decode()
    assert 'data-phrase="仓库交货"' in page


def test_the_days_one_asks_for_most_are_one_tap(people, login, today):
    shop = CustomerFactory(owner=people.owner)
    for days, status in ((-1, "open"), (-2, "done"), (0, "open"), (1, "open")):
        VisitTaskFactory(customer=shop, rep=people.owner, date=today + dt.timedelta(days=days), status=status)
    client = login(people.superior)
    spans = client.get(url("task_list", rep=people.owner.pk)).context["spans"]
    assert [chosen for _words, _asked, chosen in spans] == [True, False, False, False, False]

    def dates(asked):
        page = client.get(f"{url('task_list')}?{asked}")
        assert [query for _words, query, chosen in page.context["spans"] if chosen] == [asked]
        return sorted((row.date - today).days for row in page.context["page"].object_list)

    assert f"rep={people.owner.pk}" in spans[1][1]
    assert [dates(spans[at][1]) for at in (1, 2, 4)] == [[0], [1], [-1]]


# --- constant query counts
def queries(client, address, django_assert_num_queries, count):
    client.get(address)  # permissions and content types are cached per process
    with django_assert_num_queries(count):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_today_queries(rows, people, login, today, django_assert_num_queries):
    for _ in range(rows):
        shop = CustomerFactory(owner=people.owner)
        VisitTaskFactory(customer=shop, date=today)
        VisitTaskFactory(customer=shop, date=today - dt.timedelta(days=1))
        VisitFactory(customer=shop)
    queries(login(people.owner), url("today"), django_assert_num_queries, 11)


@pytest.mark.parametrize(("screen", "count"), [("visit_list", 7), ("task_list", 7)])
@pytest.mark.parametrize("rows", [1, 3])
def test_list_queries(screen, count, rows, people, login, today, django_assert_num_queries):
    for _ in range(rows):
        shop = CustomerFactory(owner=people.owner)
        task = VisitTaskFactory(customer=shop, date=today, status="done")
        VisitFactory(customer=shop, task=task)
    queries(login(people.superior), url(screen), django_assert_num_queries, count)


@pytest.mark.parametrize("rows", [1, 3])
def test_panel_queries(rows, people, login, shop, django_assert_num_queries):
    for days in range(rows):
        VisitFactory(customer=shop, check_in_at=timezone.now() - dt.timedelta(days=days))
    queries(login(people.owner), url("customer_panel", shop.pk), django_assert_num_queries, 6)


# --- my day
def test_today_shows_stops_progress_missed_and_the_open_visit(people, login, today, shop):
    VisitTaskFactory(customer=shop, date=today, position=1)
    other = CustomerFactory(owner=people.owner, name="和平便利", level="A")
    other.phones.create(raw="138 0013 8000", e164="+8613800138000")
    VisitTaskFactory(customer=other, date=today, position=0)
    VisitTaskFactory(customer=other, date=today - dt.timedelta(days=1))
    services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at())
    response = login(people.owner).get(url("today"))
    page = response.content.decode()
    assert [stop["customer"].name for stop in response.context["stops"]] == ["和平便利", "百佳超市"]
    assert response.context["missed"].count == 1
    assert 'href="tel:+8613800138000"' in page
    assert "uri.amap.com" in page
    assert "vs-banner-open" in page
    assert url("check_in", other.pk) in page
    assert url("check_in", shop.pk) not in page  # he is in there


@pytest.mark.parametrize("date", ["nonsense", "2026-13-40", "0001-01-01", "9999-12-31", ""])
def test_today_survives_any_date(date, people, login, today):
    response = login(people.owner).get(url("today", date=date))
    assert response.context["day"] == today


def test_another_day_offers_no_check_in(people, login, today, shop):
    tomorrow = today + dt.timedelta(days=1)
    VisitTaskFactory(customer=shop, date=tomorrow)
    page = login(people.owner).get(url("today", date=tomorrow.isoformat())).content.decode()
    assert "百佳超市" in page
    assert url("check_in", shop.pk) not in page


def test_only_my_own_tasks_are_my_day(people, login, today, shop):
    VisitTaskFactory(customer=shop, date=today)
    assert login(people.superior).get(url("today")).context["stops"] == []


def test_missed_move_to_today_and_merge(people, login, today, shop):
    other = CustomerFactory(owner=people.owner)
    for days in (1, 2):
        VisitTaskFactory(customer=shop, date=today - dt.timedelta(days=days))
    VisitTaskFactory(customer=other, date=today - dt.timedelta(days=1))
    VisitTaskFactory(customer=other, date=today)
    VisitTaskFactory(customer=CustomerFactory(owner=people.owner), date=today - dt.timedelta(days=9))
    client = login(people.owner)
    assert client.get(url("today")).context["missed"].count == 3
    assert client.post(url("move_missed")).status_code == 302
    assert client.get(url("today")).context["missed"].count == 0
    assert VisitTask.objects.filter(rep=people.owner, date=today, status="open").count() == 2
    assert VisitTask.objects.filter(status="skipped").count() == 2
    assert VisitTask.objects.filter(status="open").count() == 3  # the one nine days old is history


# --- check-in page
def test_check_in_page_by_role(people, login, shop):
    for user, status in (
        (people.owner, 200),
        (people.superior, 200),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        assert login(user).get(url("check_in", shop.pk)).status_code == status
        if status != 200:
            assert login(user).post(url("check_in", shop.pk), position()).status_code == status
    assert not Visit.objects.exists()


def test_check_in_by_script_and_without(people, login, shop):
    key = str(uuid.uuid4())
    client = login(people.owner)
    data = {**position(43, 12), "uuid": key, "occurred_at": timezone.now().isoformat()}
    for _ in range(2):
        response = client.post(url("check_in", shop.pk), data | {"photos": photo()}, headers=JSON)
        visit = Visit.objects.get()
        assert response.json() == {"url": visit.get_absolute_url()}
    assert visit.photos.count() == 1
    response = login(people.superior).post(url("check_in", shop.pk), position())
    assert response.status_code == 302


def test_refusal_outside_keeps_what_was_typed(people, login, shop, options):
    client = login(people.owner)
    response = client.post(url("check_in", shop.pk), position(800), headers=JSON)
    assert response.status_code == 422
    assert response.json()["code"] == "reason"
    assert "800 m" in response.json()["errors"][0]
    options(geofence_policy="block")
    response = client.post(url("check_in", shop.pk), {**position(800), "outside_reason": "店铺搬家了"})
    assert response.status_code == 422
    assert "店铺搬家了" in response.content.decode()


def test_refusal_links_to_the_visit_in_the_way(people, login, shop, inside):
    other = CustomerFactory(owner=people.owner)
    client = login(people.owner)
    answer = client.post(url("check_in", other.pk), position(), headers=JSON).json()
    assert answer["code"] == "open_visit"
    assert answer["link"]["url"] == inside.get_absolute_url()
    page = client.get(url("check_in", other.pk)).content.decode()
    assert "百佳超市" in page
    assert inside.get_absolute_url() in page
    assert 'id="check-in"' not in page  # no button that can only fail


@pytest.mark.parametrize(
    ("field", "value"),
    [("lat", "north"), ("lat", "nan"), ("accuracy", "inf"), ("occurred_at", "yesterday"), ("uuid", "1")],
)
def test_garbage_is_refused_and_nothing_happens(field, value, people, login, shop):
    response = login(people.owner).post(url("check_in", shop.pk), {**position(), field: value}, headers=JSON)
    assert response.status_code == 422
    assert response.json()["errors"]
    assert not Visit.objects.exists()


def test_gps_refused_is_accepted_as_unverified(people, login, shop):
    response = login(people.owner).post(url("check_in", shop.pk), {"outside_reason": "没信号"}, headers=JSON)
    assert response.status_code == 200
    assert Visit.objects.get().fence == "unverified"


def test_a_bad_photo_is_refused_with_a_message(people, login, shop):
    bad = io.BytesIO(b"MZ not a picture")
    bad.name = "shop.jpg"
    response = login(people.owner).post(url("check_in", shop.pk), {**position(), "photos": bad}, headers=JSON)
    assert response.status_code == 422
    assert response.json()["code"] == "photo"
    assert not Visit.objects.exists()


# --- in the store and after
def test_in_store_page_and_check_out(people, login, shop, inside):
    client = login(people.owner)
    order = SalesOrderFactory(customer=shop)
    order_created.send(sender=SalesOrder, order=order, actor=people.owner)
    page = client.get(inside.get_absolute_url()).content.decode()
    assert order.number in page
    assert url("check_out", inside.pk) in page
    assert f"/orders/new/?customer={shop.pk}" in page
    response = client.post(url("check_out", inside.pk), {**position(), "summary": "陈列良好"}, headers=JSON)
    assert response.json() == {"url": inside.get_absolute_url()}
    page = client.get(inside.get_absolute_url()).content.decode()
    assert "陈列良好" in page
    assert url("check_out", inside.pk) not in page
    again = client.post(url("check_out", inside.pk), {"summary": "x"}, headers=JSON)
    assert (again.status_code, again.json()["code"]) == (422, "closed")


def test_the_place_is_told_once(people, login, inside):
    Visit.objects.filter(pk=inside.pk).update(fence="outside", flags=["outside", "clock"])
    for who in (people.owner, people.superior):  # the page of the work, and the record
        page = login(who).get(url("visit_detail", inside.pk)).content.decode()
        assert page.count("超出围栏") == 1
        assert "手机时间" in page


def test_a_superior_sees_the_record_of_an_open_visit_and_cannot_end_it(people, login, inside):
    client = login(people.superior)
    assert url("check_out", inside.pk) not in client.get(inside.get_absolute_url()).content.decode()
    response = client.post(url("check_out", inside.pk), position(), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (422, "visit")
    assert login(people.outsider).post(url("check_out", inside.pk)).status_code == 404


def test_check_out_without_scripts_keeps_a_summary_that_is_too_long(people, login, inside):
    response = login(people.owner).post(
        url("check_out", inside.pk), {"summary": "长" * 2001, "outcome": "closed"}
    )
    assert response.status_code == 422
    assert "长" * 2001 in response.content.decode()


def test_closed_shop_by_its_box(people, login, inside):
    login(people.owner).post(url("check_out", inside.pk), {"outcome": "closed"})
    inside.refresh_from_db()
    assert inside.outcome == "closed"


# --- photos
def test_photo_is_served_to_those_who_see_the_visit(people, login, inside):
    client = login(people.owner)
    assert (
        client.post(url("photo_add", inside.pk), {"photos": [photo(noise=1), photo(noise=2)]}).status_code
        == 302
    )
    assert inside.photos.count() == 2
    address = url("photo", inside.photos.first().pk)
    for user, status in (
        (people.owner, 200),
        (people.superior, 200),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        response = login(user).get(address)
        assert response.status_code == status
        if status == 200:
            assert response["Content-Type"] == "image/jpeg"
            assert "private" in response["Cache-Control"]
            assert b"".join(response.streaming_content).startswith(b"\xff\xd8")


def test_photos_are_added_to_ones_own_open_visit_only(people, login, inside):
    assert login(people.outsider).post(url("photo_add", inside.pk), {"photos": photo()}).status_code == 404
    response = login(people.superior).post(url("photo_add", inside.pk), {"photos": photo()}, headers=JSON)
    assert response.status_code == 422
    services.check_out(actor=people.owner, visit=inside)
    response = login(people.owner).post(url("photo_add", inside.pk), {"photos": photo()}, headers=JSON)
    assert response.status_code == 422
    assert inside.photos.count() == 0


def test_a_lost_file_is_a_404(people, login, inside):
    services.add_photos(actor=people.owner, visit=inside, photos=[photo()])
    row = inside.photos.get()
    row.image.storage.delete(row.image.name)
    assert login(people.owner).get(url("photo", row.pk)).status_code == 404


# --- the managers' lists
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 3),
        ({"q": "百佳"}, 2),
        ({"q": "李业务"}, 3),
        ({"q": "没有这个"}, 0),
        ({"fence": "outside"}, 1),
        ({"flagged": "yes"}, 1),
        ({"flagged": "no"}, 2),
        ({"planned": "yes"}, 1),
        ({"planned": "no"}, 2),
        ({"valid": "no"}, 1),
        ({"until": "2026-03-01"}, 1),
        ({"since": "2026-03-02"}, 2),
        ({"since": "nonsense"}, 0),
    ],
)
def test_visit_filters(query, expected, people, login):
    from crm.services import create_customer

    shop = create_customer(actor=people.owner, name="百佳超市")
    other = create_customer(actor=people.owner, name="和平便利")
    early = dt.datetime(2026, 3, 1, 2, tzinfo=dt.UTC)
    VisitFactory(customer=shop, check_in_at=early, fence="outside", flags=["outside"])
    VisitFactory(
        customer=shop, check_in_at=early + dt.timedelta(days=1), task=VisitTaskFactory(customer=shop)
    )
    VisitFactory(customer=other, check_in_at=early + dt.timedelta(days=2), check_out_at=None)
    response = login(people.superior).get(url("visit_list", **query))
    assert response.context["page"].paginator.count == expected
    assert response.context["count"].visits == expected


def test_rep_filter_offers_only_people_in_scope(people, login, visit):
    page = login(people.superior).get(url("visit_list")).context["filterset"].form["rep"]
    assert {str(user) for user in page.field.queryset} == {"王经理", "李业务", "张业务"}


def test_counts_follow_the_domain_rules_also_in_a_fragment(people, login, options):
    first, second = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    start = dt.datetime(2026, 3, 1, 2, tzinfo=dt.UTC)
    for sequence, customer in ((1, first), (2, first), (1, second)):
        VisitFactory(customer=customer, sequence=sequence, check_in_at=start)
    client = login(people.superior)
    count = client.get(url("visit_list")).context["count"]
    assert (count.visits, count.customers) == (3, 2)
    fragment = client.get(url("visit_list"), headers={"HX-Request": "true", "HX-Target": "results"})
    page = fragment.content.decode()
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page


def test_amount_ordered_at_the_visit_leaves_cancelled_orders_out(people, login, shop, visit):
    for total, status in ((100, "submitted"), (50, "cancelled"), (30, "draft"), (7, "delivered")):
        order = SalesOrderFactory(customer=shop, total=total, status=status)
        visit.visit_orders.create(order=order)
    page = login(people.superior).get(url("visit_list")).content.decode()
    assert "¥107.00" in page


def test_export_needs_its_permission_and_carries_the_facts(people, login, visit):
    Visit.objects.filter(pk=visit.pk).update(distance_m=43.4, flags=["clock"], summary="=1+1")
    assert login(people.owner).get(url("visit_list", export="xlsx")).status_code == 403
    response = login(people.superior).get(url("visit_list", export="xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head, row = list(sheet.iter_rows(values_only=True))
    cells = dict(zip(head, row, strict=True))
    assert "百佳超市" in row
    assert 43 in row
    assert len(cells) == len(head) >= 15
