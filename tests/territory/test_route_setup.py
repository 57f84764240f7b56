"""How a route is walked, when its stops are open, its paper and its copy (F3)."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from territory import services
from territory.models import Route, RouteStop
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def route(people):
    route = RouteFactory(rep=people.owner, name="滨湖线", weekdays="1,4")
    for position, step in enumerate((0, 0.01, 0.03), start=1):
        customer = CustomerFactory(
            owner=people.owner, name=f"店{position}", latitude=31.82 + step, longitude=117.2
        )
        customer.phones.create(raw=f"055112345{position}", position=0)
        RouteStopFactory(route=route, customer=customer, position=position)
    return route


def url(name, route, *more):
    return reverse(f"territory:{name}", args=[route.pk, *more])


def toast(answer):
    return json.loads(answer["HX-Trigger"])["toast"][0]["text"]


def way(**changes):
    empty = dict.fromkeys(services.WAY_FIELDS, "") | {"stay_minutes": "10"}
    del empty["is_closed"]
    return empty | changes


# --- how it is walked


def test_start_end_and_clock_are_kept(people, login, route):
    client = login(people.superior)
    places = {
        "start_name": "仓库",
        "start_latitude": "31.81",
        "start_longitude": "117.2",
        "end_name": "家",
        "end_latitude": "31.86",
        "end_longitude": "117.2",
        "leaves_at": "09:30",
    }
    text = client.post(url("route_way", route), way(**places)).content.decode()
    route.refresh_from_db()
    assert (route.start, route.end, route.leaves_at) == ((31.81, 117.2), (31.86, 117.2), dt.time(9, 30))
    assert 'data-start="31.810000,117.200000"' in text
    assert "5.6 km" in text  # 1 + 1 + 2 + 1 hundredths of a degree
    page = client.get(url("route_detail", route)).content.decode()
    assert "仓库 → 家" in page
    assert "09:33" in page  # 1.1 km on roads 1.3 times as long at 25 km/h


def test_a_round_trip_comes_back(people, login, route):
    text = login(people.superior).post(url("route_way", route), way(is_closed="on")).content.decode()
    route.refresh_from_db()
    assert route.is_closed
    assert "返回起点" in text
    assert "6.7 km" in text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"is_closed": "on", "end_name": "家", "end_latitude": "31.8", "end_longitude": "117.2"},
            "请不要填终点",
        ),
        ({"start_name": "仓库"}, "请在地图上选出它的位置"),
        ({"start_name": "仓库", "start_latitude": "31.8"}, "这不是有效的位置"),
        ({"end_name": "家", "end_latitude": "131.8", "end_longitude": "117.2"}, "这不是有效的位置"),
        ({"stay_minutes": "9999"}, "480"),
        ({"leaves_at": "25:70"}, "is-invalid"),
    ],
)
def test_a_way_that_cannot_be_says_why_and_keeps_what_was_typed(people, login, route, wrong, message):
    text = login(people.superior).post(url("route_way", route), way(**wrong)).content.decode()
    assert message in text
    assert '<details id="way" class="card pt-way" open' in text
    route.refresh_from_db()
    assert (route.start, route.end, route.is_closed, route.stay_minutes) == (None, None, False, 15)


def test_the_database_holds_whole_places_only(route):
    for wrong in ({"start_latitude": 31.8}, {"end_longitude": 117.2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Route.objects.filter(pk=route.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Route.objects.filter(pk=route.pk).update(is_closed=True, end_latitude=31.8, end_longitude=117.2)
    with pytest.raises(IntegrityError), transaction.atomic():
        RouteStop.objects.filter(route=route).update(opens_at=dt.time(9), closes_at=dt.time(9))


# --- opening hours


def test_hours_of_a_stop_are_shown_and_judged(people, login, route):
    stop = route.stops.get(position=3)
    client = login(people.superior)
    address = url("route_stop_hours", route, stop.pk)
    text = client.post(address, {"opens_at": "07:00", "closes_at": "08:20"}).content.decode()
    stop.refresh_from_db()
    assert (stop.opens_at, stop.closes_at) == (dt.time(7), dt.time(8, 20))
    assert "07:00–08:20" in text
    assert '<small class="text-danger" data-late>' in text  # 08:00 + twice 15 minutes and the way
    client.post(address, {"opens_at": "", "closes_at": ""})
    stop.refresh_from_db()
    assert (stop.opens_at, stop.closes_at) == (None, None)


@pytest.mark.parametrize(
    ("opens", "closes", "message"), [("10:00", "09:00", "打烊时间早于开门时间"), ("x", "", "时间请写成")]
)
def test_hours_that_cannot_be(people, login, route, opens, closes, message):
    stop = route.stops.first()
    answer = login(people.superior).post(
        url("route_stop_hours", route, stop.pk),
        {"opens_at": opens, "closes_at": closes},
        headers={"HX-Request": "true"},
    )
    assert message in toast(answer)
    stop.refresh_from_db()
    assert stop.opens_at is None


def test_hours_of_a_stop_that_is_gone(people, login, route):
    other = RouteStopFactory(route__rep=people.owner, customer__owner=people.owner)
    answer = login(people.superior).post(
        url("route_stop_hours", route, other.pk), {"opens_at": "09:00"}, headers={"HX-Request": "true"}
    )
    assert "已被移除" in toast(answer)
    other.refresh_from_db()
    assert other.opens_at is None


# --- copy


def copy_form(rep, **changes):
    return {"rep": rep.pk, "name": "复制线", "starts_on": "2026-12-01"} | changes


def test_copy_takes_what_the_other_rep_may_see(people, login, route):
    seen = [stop.customer for stop in route.stops.order_by("position")][:2]
    for customer in seen:
        customer.shares.create(user=people.colleague)
    with_hours = route.stops.get(position=2)
    with_hours.opens_at = dt.time(9)
    with_hours.save()
    services.set_way(actor=people.superior, route=route, is_closed=True)
    answer = login(people.superior).post(url("route_copy", route), copy_form(people.colleague), follow=True)
    made = Route.objects.get(name="复制线")
    assert (made.rep, made.weekdays, made.is_closed, made.created_by) == (
        people.colleague,
        "1,4",
        True,
        people.superior,
    )
    stops = list(made.stops.order_by("position"))
    assert [stop.customer for stop in stops] == seen
    assert [stop.opens_at for stop in stops] == [None, dt.time(9)]
    assert "1 家未复制" in answer.content.decode()
    assert route.stops.count() == 3


def test_copy_for_the_same_rep(people, login, route):
    answer = login(people.superior).post(url("route_copy", route), copy_form(people.owner), follow=True)
    assert "已为 李业务 建立线路 复制线" in answer.content.decode()
    assert Route.objects.get(name="复制线").stops.count() == 3


def test_copy_that_cannot_be_says_why(people, login, route):
    client = login(people.superior)
    address = url("route_copy", route)
    assert "无权查看此线路的任何客户" in client.post(address, copy_form(people.colleague)).content.decode()
    taken = client.post(address, copy_form(people.owner, name="滨湖线")).content.decode()
    assert "李业务 已有同名线路" in taken
    assert "is-invalid" in client.post(address, copy_form(people.outsider)).content.decode()
    assert "is-invalid" in client.post(address, copy_form(people.owner, starts_on="")).content.decode()
    mistyped = client.post(address, copy_form(people.owner, starts_on="0202-12-01")).content.decode()
    assert "年份应在 2000 到 2100 之间" in mistyped
    assert Route.objects.count() == 1


# --- paper


def test_the_paper_names_every_stop(people, login, route):
    text = login(people.owner).get(url("route_paper", route)).content.decode()
    for words in ("店1", "店3", "0551123451", "滨湖线", "<polyline", "1.1 km"):
        assert words in text, words


def test_the_paper_of_an_empty_route(people, login):
    route = RouteFactory(rep=people.owner)
    text = login(people.superior).get(url("route_paper", route)).content.decode()
    assert "<polyline" not in text
    assert "还没有" in text


def test_the_paper_hides_what_its_reader_may_not_see(people, login, route):
    stop = route.stops.get(position=2)
    stop.customer.owner = people.outsider
    stop.customer.save()
    text = login(people.owner).get(url("route_paper", route)).content.decode()
    assert "店2" not in text
    assert "0551123452" not in text
    assert text.count("<circle") == 2


# --- who may


def test_who_may(people, login, route):
    stop = route.stops.first()
    writing = [("route_way",), ("route_copy",), ("route_stop_hours", stop.pk)]
    rep = login(people.owner)
    for name, *more in writing:
        assert rep.post(url(name, route, *more)).status_code == 403, name
    assert rep.get(url("route_copy", route)).status_code == 403
    assert login(people.finance).get(url("route_paper", route)).status_code == 403
    people.outsider.role = people.superior.role
    people.outsider.save()
    stranger = login(people.outsider)
    for name, *more in writing:
        assert stranger.post(url(name, route, *more)).status_code == 404, name
    for name in ("route_paper", "route_copy"):
        assert stranger.get(url(name, route)).status_code == 404, name


@pytest.mark.parametrize("rows", [1, 3])
def test_paper_queries(people, login, rows, django_assert_num_queries):
    route = RouteFactory(rep=people.owner)
    for _ in range(rows):
        RouteStopFactory(route=route, customer__owner=people.owner)
    services.measure_routes()
    client = login(people.superior)
    with django_assert_num_queries(12):
        assert client.get(url("route_paper", route)).status_code == 200
