"""Routes: who sees and changes them, order of stops, adding, taking off, deleting (F3)."""

import datetime as dt
import json

import pytest
from django.urls import reverse

from territory.models import Route
from territory.services import measure_routes
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory, VisitTaskFactory


@pytest.fixture
def route(people):
    """A route of `owner` with three shops 0, 1 and 3 thousandths of a degree north: 111 m and 222 m apart."""
    route = RouteFactory(rep=people.owner, name="滨湖线", weekdays="1,4")
    for position, step in enumerate((0, 0.001, 0.003), start=1):
        customer = CustomerFactory(owner=people.owner, name=f"店{position}", latitude=31.82 + step)
        RouteStopFactory(route=route, customer=customer, position=position)
    return route


def stop_ids(route):
    return list(route.stops.order_by("position").values_list("pk", flat=True))


def names(route):
    return list(route.stops.order_by("position").values_list("customer__name", flat=True))


def url(name, route, *more):
    return reverse(f"territory:{name}", args=[route.pk, *more])


def send_order(client, route, order, seen):
    return client.post(
        url("route_order", route), json.dumps({"order": order, "seen": seen}), "application/json"
    )


# --- list


def test_list_by_scope(people, login, route):
    address = reverse("territory:route_list")
    assert "滨湖线" in login(people.owner).get(address).content.decode()
    text = login(people.superior).get(address).content.decode()
    assert "滨湖线" in text
    assert "334 m" in text
    assert "滨湖线" not in login(people.outsider).get(address).content.decode()
    assert login(people.finance).get(address).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_list_queries(people, login, rows, django_assert_num_queries):
    for _ in range(rows):
        RouteStopFactory(route=RouteFactory(rep=people.owner), customer__owner=people.owner)
    measure_routes()
    client = login(people.superior)
    with django_assert_num_queries(9):
        client.get(reverse("territory:route_list"))


def test_a_list_sorted_by_a_column_that_is_gone_keeps_its_usual_order(people, login):
    routes = RouteFactory.create_batch(3, rep=people.owner)
    client = login(people.owner)
    usual = [route.pk for route in client.get("/routes/").context["page"]]
    assert sorted(usual) == sorted(route.pk for route in routes)
    for gone in ("gone", "-gone", ""):
        page = client.get("/routes/", {"sort": gone}).context["page"]
        assert page.paginator.object_list.ordered
        assert [route.pk for route in page] == usual


def test_list_filters(people, login, route):
    RouteFactory(rep=people.colleague, name="停用线", is_active=False)
    client = login(people.superior)
    address = reverse("territory:route_list")
    assert "停用线" not in client.get(address, {"is_active": "true"}).content.decode()
    assert "滨湖线" not in client.get(address, {"q": "张业务"}).content.decode()
    assert "滨湖线" in client.get(address, {"q": "滨湖"}).content.decode()


# --- form


def form(rep, **changes):
    return {
        "name": "新线路",
        "rep": rep.pk,
        "starts_on": "2026-11-01",
        "weekdays": ["4", "1"],
        "is_active": "on",
    } | changes


def test_create(people, login):
    answer = login(people.superior).post(reverse("territory:route_create"), form(people.owner))
    route = Route.objects.get()
    assert answer.headers["Location"] == route.get_absolute_url()
    assert (route.rep, route.weekdays, route.created_by) == (people.owner, "1,4", people.superior)


def test_a_rep_makes_no_routes(people, login, route):
    client = login(people.owner)
    assert client.post(reverse("territory:route_create"), form(people.owner)).status_code == 403
    for name in ("route_edit", "route_delete", "route_order", "route_stop_add", "route_generate"):
        assert client.post(url(name, route)).status_code == 403, name
    assert client.post(url("route_stop_remove", route, stop_ids(route)[0])).status_code == 403
    assert client.get(url("route_detail", route)).status_code == 200


def test_a_stranger_finds_nothing(people, login, route):
    people.outsider.role = people.superior.role
    people.outsider.save()
    client = login(people.outsider)
    assert client.get(url("route_detail", route)).status_code == 404
    assert client.get(url("route_candidates", route)).status_code == 404
    for name in ("route_edit", "route_delete", "route_order", "route_stop_add", "route_generate"):
        assert client.post(url(name, route)).status_code == 404, name
    assert client.post(url("route_stop_remove", route, stop_ids(route)[0])).status_code == 404


def test_bad_input_says_why_and_keeps_what_was_typed(people, login, route):
    client = login(people.superior)
    text = client.post(reverse("territory:route_create"), form(people.owner, name="滨湖线")).content.decode()
    assert "李业务 已有同名线路" in text
    assert 'value="滨湖线"' in text
    text = client.post(
        reverse("territory:route_create"), form(people.owner, ends_on="2026-10-01")
    ).content.decode()
    assert "结束日期早于开始日期" in text
    for mistyped in ({"starts_on": "0202-10-01"}, {"ends_on": "9999-12-31"}):
        text = client.post(reverse("territory:route_create"), form(people.owner, **mistyped)).content.decode()
        assert "年份应在 2000 到 2100 之间" in text
    text = client.post(
        reverse("territory:route_create"), form(people.outsider)
    ).content.decode()  # not his rep
    assert "is-invalid" in text
    assert (
        client.post(reverse("territory:route_create"), form(people.owner, weekdays=["8"])).status_code == 200
    )
    assert Route.objects.count() == 1


def test_the_same_name_is_free_for_another_rep(people, login, route):
    login(people.superior).post(reverse("territory:route_create"), form(people.colleague, name="滨湖线"))
    assert Route.objects.filter(name="滨湖线").count() == 2


def test_edit_changes_and_refuses_a_rep_who_may_not_see_the_customers(people, login, route):
    client = login(people.superior)
    client.post(url("route_edit", route), form(people.owner, name="滨湖新线", weekdays=[]))
    route.refresh_from_db()
    assert (route.name, route.weekdays) == ("滨湖新线", "")
    text = client.post(url("route_edit", route), form(people.colleague, name="滨湖新线")).content.decode()
    assert "无权查看此线路的 3 家客户" in text
    route.refresh_from_db()
    assert route.rep == people.owner


def test_delete_leaves_the_tasks(people, login, route):
    task = VisitTaskFactory(customer=route.stops.first().customer, source="route", source_id=route.pk)
    login(people.superior).post(url("route_delete", route))
    assert not Route.objects.exists()
    task.refresh_from_db()


# --- page


@pytest.mark.parametrize("rows", [1, 3])
def test_detail_queries(people, login, rows, django_assert_num_queries):
    route = RouteFactory(rep=people.owner)
    for _ in range(rows):
        RouteStopFactory(route=route, customer__owner=people.owner)
    measure_routes()
    client = login(people.superior)
    with django_assert_num_queries(12):
        assert client.get(url("route_detail", route)).status_code == 200


def test_a_stop_that_went_to_somebody_else_is_hidden_and_marked(people, login, route):
    stop = route.stops.get(position=2)
    stop.customer.owner = people.outsider
    stop.customer.save()
    text = login(people.superior).get(url("route_detail", route)).content.decode()
    assert "店2" not in text
    assert "您无权查看的客户" in text
    assert "不生成任务" in text


# --- order


def test_order_is_saved_and_answers_the_new_length(people, login, route):
    a, b, c = stop_ids(route)
    answer = send_order(login(people.superior), route, [b, a, c], [a, b, c])
    assert names(route) == ["店2", "店1", "店3"]
    body = answer.json()
    assert (body["length"], body["legs"]) == ("445 m", {str(b): "", str(a): "111 m", str(c): "334 m"})
    assert body["arrives"] == {str(b): "08:00", str(a): "08:15", str(c): "08:31"}
    assert (body["late"], body["ends_at"]) == ([], "08:46")


def test_order_from_a_stale_page_is_refused(people, login, route):
    a, b, c = stop_ids(route)
    client = login(people.superior)
    send_order(client, route, [c, b, a], [a, b, c])
    answer = send_order(client, route, [b, a, c], [a, b, c])  # has not seen that c went first
    assert answer.status_code == 409
    assert "其他人" in answer.json()["error"]
    assert names(route) == ["店3", "店2", "店1"]


@pytest.mark.parametrize("wrong", ["short", "long", "twice"])
def test_order_must_name_each_stop_once(people, login, route, wrong):
    a, b, c = stop_ids(route)
    order = {"short": [a, b], "long": [a, b, c, 999_999], "twice": [a, b, b]}[wrong]
    assert send_order(login(people.superior), route, order, [a, b, c]).status_code == 409
    assert names(route) == ["店1", "店2", "店3"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"order": 1, "seen": 2}', '{"order": ["x"], "seen": []}', "null"]
)
def test_order_that_cannot_be_read(people, login, route, body):
    answer = login(people.superior).post(url("route_order", route), body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]


# --- adding and taking off


def test_candidates_are_seen_by_both(people, login, route):
    mine = CustomerFactory(owner=people.owner, name="可加的店", level="A")
    CustomerFactory(owner=people.colleague, name="同事的店")  # the manager sees it, the rep does not
    CustomerFactory(owner=people.owner, name="停业的店", status="inactive")
    client = login(people.superior)
    text = client.get(url("route_candidates", route)).content.decode()
    assert "可加的店" in text
    assert f'value="{mine.pk}"' in text
    for name in ("同事的店", "停业的店", "店1"):
        assert name not in text
    assert "可加的店" not in client.get(url("route_candidates", route), {"level": "B"}).content.decode()


def test_add_appends_once_and_in_order(people, login, route):
    new = CustomerFactory.create_batch(2, owner=people.owner)
    client = login(people.superior)
    for _ in range(2):
        client.post(url("route_stop_add", route), {"pk": [new[1].pk, new[0].pk]})
    assert names(route) == ["店1", "店2", "店3", new[1].name, new[0].name]
    assert list(route.stops.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("whose", ["colleague", "outsider"])
def test_add_refuses_what_the_rep_or_the_manager_may_not_see(people, login, route, whose):
    fine = CustomerFactory(owner=people.owner)
    strange = CustomerFactory(owner=getattr(people, whose))
    answer = login(people.superior).post(
        url("route_stop_add", route), {"pk": [fine.pk, strange.pk]}, headers={"HX-Request": "true"}
    )
    assert "未添加任何客户" in json.loads(answer["HX-Trigger"])["toast"][0]["text"]
    assert route.stops.count() == 3


def test_take_off_and_put_back_where_it_was(people, login, route):
    client = login(people.superior)
    stop = route.stops.get(position=2)
    client.post(url("route_stop_remove", route, stop.pk))
    assert names(route) == ["店1", "店3"]
    assert (
        client.post(url("route_stop_remove", route, stop.pk)).status_code == 200
    )  # a second time says so, breaks nothing
    client.post(url("route_stop_add", route), {"pk": stop.customer_id, "position": 2})
    assert names(route) == ["店1", "店2", "店3"]
    assert list(route.stops.order_by("position").values_list("position", flat=True)) == [1, 2, 3]


def test_add_with_nonsense(people, login, route):
    client = login(people.superior)
    assert client.post(url("route_stop_add", route), {"pk": "x"}).status_code == 400
    assert client.post(url("route_stop_add", route), {}).status_code == 200
    assert route.stops.count() == 3


def test_stop_of_another_route_is_not_taken_off(people, login, route):
    other = RouteStopFactory(route__rep=people.owner, customer__owner=people.owner)
    login(people.superior).post(url("route_stop_remove", route, other.pk))
    other.refresh_from_db()


# --- the button


def test_generate_button_makes_tasks_and_says_how_many(people, login, route):
    route.starts_on = dt.date(2020, 1, 1)
    route.save()
    client = login(people.superior)
    text = client.post(url("route_generate", route), follow=True).content.decode()
    assert "新生成 12 个拜访任务，已有 0 个" in text  # two weekdays in each of two weeks, three shops
    text = client.post(url("route_generate", route), follow=True).content.decode()
    assert "新生成 0 个拜访任务，已有 12 个" in text
