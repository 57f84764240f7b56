"""The suggested order (F3): asked for, shown, accepted, undone, left; figures of the order; the command."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from territory import services
from territory.models import RouteQuality, RouteSuggestion
from territory.queries import route_view
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory

pytestmark = pytest.mark.django_db

NORTH = [0, 0.03, 0.01, 0.04, 0.02]  # degrees along a street: to and fro, 11.1 + 7.8 + … km


def make_route(rep, steps=NORTH, name="滨湖线"):
    route = RouteFactory(rep=rep, name=name)
    for number, step in enumerate(steps, start=1):
        place = {} if step is None else {"latitude": 31.80 + step, "longitude": 117.20}
        customer = CustomerFactory(owner=rep, name=f"店{number}", **place)
        if step is None:
            customer.latitude = customer.longitude = None
            customer.save()
        RouteStopFactory(route=route, customer=customer, position=number)
    return route


@pytest.fixture
def route(people):
    return make_route(people.owner)


def stop_ids(route):
    return list(route.stops.order_by("position").values_list("pk", flat=True))


def names(route):
    return list(route.stops.order_by("position").values_list("customer__name", flat=True))


def url(name, route, *more):
    return reverse(f"territory:{name}", args=[route.pk, *more])


def asked(people, route):
    suggestion, _is_long = services.ask_for_order(actor=people.superior, route=route)
    return services.run_suggestion(suggestion.pk)


def toast(answer):
    return json.loads(answer["HX-Trigger"])["toast"][-1]["text"]


# --- asked for and found


def test_ask_shows_before_after_and_saving(people, login, route):
    answer = login(people.superior).post(url("route_suggest", route))
    text = answer.content.decode()
    suggestion = route.suggestions.get()
    assert suggestion.state == "ready"
    assert suggestion.seen == stop_ids(route)
    assert "11.1 km" in text  # 3 + 2 + 3 + 2 hundredths of a degree
    assert "4.4 km" in text
    assert "6.7 km</b> 60%" in text
    assert f'data-order="{suggestion.order}"' in text
    assert names(route) == ["店1", "店2", "店3", "店4", "店5"]  # nothing is changed by asking


def test_a_route_in_its_best_order_says_so(people, login):
    route = make_route(people.owner, [0, 0.01, 0.02])
    text = login(people.superior).post(url("route_suggest", route)).content.decode()
    assert "现有顺序就是已知最佳" in text
    assert "采用此顺序" not in text


def test_stops_without_location_go_last_and_are_named(people, login):
    route = make_route(people.owner, [0, None, 0.02, None, 0.01])
    client = login(people.superior)
    assert "2 家没有位置：不在地图上" in client.get(url("route_detail", route)).content.decode()
    text = client.post(url("route_suggest", route)).content.decode()
    assert "2 家没有位置，排在最后" in text
    client.post(url("route_suggestion_accept", route, route.suggestions.get().pk))
    assert names(route) == ["店1", "店5", "店3", "店2", "店4"]


def test_too_few_places_say_what_to_do(people, login):
    route = make_route(people.owner, [0, None])
    answer = login(people.superior).post(url("route_suggest", route), headers={"HX-Request": "true"})
    assert "至少两家停靠点要有位置" in toast(answer)
    assert not RouteSuggestion.objects.exists()


def test_asking_again_replaces_what_was_not_taken(people, login, route):
    client = login(people.superior)
    for _ in range(2):
        client.post(url("route_suggest", route))
    assert route.suggestions.count() == 1


def test_start_and_round_trip_count(people, route):
    services.set_way(
        actor=people.superior, route=route, is_closed=True, start_latitude=31.79, start_longitude=117.20
    )
    suggestion = asked(people, route)
    degree = 111_195
    assert suggestion.before_m == pytest.approx(0.14 * degree, rel=1e-3)  # 1 + 3 + 2 + 3 + 2 and 3 back
    assert suggestion.after_m == pytest.approx(0.10 * degree, rel=1e-3)


# --- taken, undone, left


def test_accept_and_undo(people, login, route):
    client = login(people.superior)
    client.post(url("route_suggest", route))
    suggestion = route.suggestions.get()
    text = client.post(url("route_suggestion_accept", route, suggestion.pk)).content.decode()
    assert names(route) == ["店1", "店3", "店5", "店2", "店4"]
    assert 'hx-swap-oob="true"' in text
    assert "11.1 km 缩短为 4.4 km" in text
    assert "已最佳" in text  # the figures beside the list
    # The way back is there after a reload, too.
    assert (
        url("route_suggestion_undo", route, suggestion.pk)
        in client.get(url("route_detail", route)).content.decode()
    )
    client.post(url("route_suggestion_undo", route, suggestion.pk))
    assert names(route) == ["店1", "店2", "店3", "店4", "店5"]
    suggestion.refresh_from_db()
    assert suggestion.state == "undone"
    assert (
        url("route_suggestion_undo", route, suggestion.pk)
        not in client.get(url("route_detail", route)).content.decode()
    )


def test_a_route_that_changed_meanwhile_keeps_its_order(people, login, route):
    client = login(people.superior)
    client.post(url("route_suggest", route))
    suggestion = route.suggestions.get()
    now = stop_ids(route)[::-1]
    services.order_stops(actor=people.superior, route=route, order=now, seen=now[::-1])
    answer = client.post(url("route_suggestion_accept", route, suggestion.pk), headers={"HX-Request": "true"})
    assert "线路在给出建议后已有改动" in toast(answer)
    assert stop_ids(route) == now
    suggestion.refresh_from_db()
    assert suggestion.state == "ready"
    assert "采用此顺序" not in client.get(url("route_detail", route)).content.decode()


def test_undo_after_another_change_says_why_not(people, login, route):
    client = login(people.superior)
    client.post(url("route_suggest", route))
    suggestion = route.suggestions.get()
    client.post(url("route_suggestion_accept", route, suggestion.pk))
    services.remove_stop(actor=people.superior, route=route, stop_id=stop_ids(route)[0])
    answer = client.post(url("route_suggestion_undo", route, suggestion.pk), headers={"HX-Request": "true"})
    assert "无法恢复原顺序" in toast(answer)
    assert route.stops.count() == 4


def test_accepting_twice_changes_nothing_more(people, login, route):
    client = login(people.superior)
    client.post(url("route_suggest", route))
    suggestion = route.suggestions.get()
    client.post(url("route_suggestion_accept", route, suggestion.pk))
    taken = stop_ids(route)
    client.post(url("route_suggestion_accept", route, suggestion.pk))
    assert stop_ids(route) == taken


def test_left_as_it_is(people, login, route):
    client = login(people.superior)
    client.post(url("route_suggest", route))
    suggestion = route.suggestions.get()
    text = client.post(url("route_suggestion_drop", route, suggestion.pk)).content.decode()
    assert "采用此顺序" not in text
    assert names(route) == ["店1", "店2", "店3", "店4", "店5"]


def test_who_may(people, login, route):
    suggestion = asked(people, route)
    actions = [
        ("route_suggest",),
        *((f"route_suggestion_{verb}", suggestion.pk) for verb in ("accept", "undo", "drop")),
    ]
    rep = login(people.owner)
    for name, *more in actions:
        assert rep.post(url(name, route, *more)).status_code == 403, name
    assert rep.get(url("route_suggestion", route)).status_code == 200
    assert "采用此顺序" not in rep.get(url("route_detail", route)).content.decode()
    people.outsider.role = people.superior.role
    people.outsider.save()
    stranger = login(people.outsider)
    for name, *more in actions:
        assert stranger.post(url(name, route, *more)).status_code == 404, name
    for name in ("route_suggestion", "route_figures"):
        assert stranger.get(url(name, route)).status_code == 404
        assert login(people.finance).get(url(name, route)).status_code == 403
    assert names(route) == ["店1", "店2", "店3", "店4", "店5"]


def test_a_suggestion_of_another_route_is_not_found(people, login, route):
    other = make_route(people.owner, [0, 0.02, 0.01, 0.03], name="另一条")
    suggestion = asked(people, other)
    answer = login(people.superior).post(url("route_suggestion_accept", route, suggestion.pk))
    assert answer.status_code == 404


# --- with opening hours


def with_hours(route, **hours):
    for number, (opens, closes) in hours.items():
        stop = route.stops.get(customer__name=f"店{number[1:]}")
        stop.opens_at, stop.closes_at = opens, closes
        stop.save()


def test_hours_come_before_length(people):
    route = make_route(people.owner, [0, 0.01, 0.02])
    with_hours(route, n1=(dt.time(9), None), n3=(None, dt.time(8, 10)))
    suggestion = asked(people, route)
    order = [route.stops.get(pk=pk).customer.name for pk in suggestion.order]
    assert order == ["店3", "店2", "店1"]
    assert (suggestion.late_before, suggestion.late_after) == (1, 0)


def test_a_day_that_cannot_be_kept_says_how_many_are_late(people, login):
    route = make_route(people.owner, [0, 0.2, 0.4])
    with_hours(route, n1=(None, dt.time(8, 5)), n2=(None, dt.time(8, 5)), n3=(None, dt.time(8, 5)))
    text = login(people.superior).post(url("route_suggest", route)).content.decode()
    assert "2 家到达时已打烊" in text


def test_many_stops_with_hours_are_a_job(people, login, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("territory.services.suggestions.SECONDS_AS_JOB", 0.3)
    route = make_route(people.owner, [0.001 * (7 * n % 26) for n in range(26)])
    with_hours(route, n3=(None, dt.time(8, 40)))
    client = login(people.superior)
    with django_capture_on_commit_callbacks() as waiting:
        text = client.post(url("route_suggest", route)).content.decode()
    assert 'hx-trigger="every 1s"' in text
    assert "正在寻找每家都在营业时间内到达的顺序" in text
    # Asking while it is searched starts no second one.
    with django_capture_on_commit_callbacks():
        client.post(url("route_suggest", route))
    assert route.suggestions.count() == 1
    for nudge in waiting:
        nudge()
    assert route.suggestions.get().state == "ready"
    assert "采用此顺序" in client.get(url("route_suggestion", route)).content.decode()


# --- the job's life


def test_a_lost_search_is_nudged_and_given_up_after_three(people, route):
    suggestion, _ = services.ask_for_order(actor=people.superior, route=route)
    later = timezone.now() + dt.timedelta(minutes=3)
    assert services.sweep_suggestions(now=timezone.now()) == []
    assert services.sweep_suggestions(now=later) == [suggestion.pk]
    RouteSuggestion.objects.update(state="running", attempts=3)
    assert services.sweep_suggestions(now=later + dt.timedelta(minutes=3)) == []
    suggestion.refresh_from_db()
    assert suggestion.state == "failed"
    assert "请再试一次" in suggestion.message


def test_only_one_worker_searches(people, route):
    suggestion, _ = services.ask_for_order(actor=people.superior, route=route)
    assert services.run_suggestion(suggestion.pk).state == "ready"
    assert services.run_suggestion(suggestion.pk) is None


def test_a_search_that_breaks_says_so_and_can_be_asked_again(people, login, route, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("no memory")

    monkeypatch.setattr("territory.services.suggestions.find_order", broken)
    text = login(people.superior).post(url("route_suggest", route)).content.decode()
    assert "线路没有改动" in text
    assert "no memory" in caplog.text
    monkeypatch.undo()
    assert asked(people, route).state == "ready"


# --- figures


def test_figures_follow_the_order_and_keep_the_best(people, route):
    services.measure_routes()
    row = RouteQuality.objects.get()
    assert row.length_m == pytest.approx(11_119, abs=3)
    assert row.best_m == pytest.approx(4_448, abs=2)
    assert row.saving_share == pytest.approx(0.6, abs=0.001)
    assert services.measure_routes() == 0  # nothing changed
    order = stop_ids(route)
    better = [order[i] for i in (0, 2, 4, 1, 3)]
    services.order_stops(actor=people.superior, route=route, order=better, seen=order)
    assert services.measure_routes() == 1
    row.refresh_from_db()
    assert (round(row.saving_m), row.crossings, row.turn_backs) == (0, 0, 0)


def test_a_moved_customer_makes_the_figures_old(people, login, route):
    services.measure_routes()
    customer = route.stops.first().customer
    customer.latitude = 31.9
    customer.save()
    assert route_view(route, people.superior).quality is None
    client = login(people.superior)
    text = client.get(reverse("territory:route_list")).content.decode()
    assert "正在测算" in text
    assert services.measure_routes(route_ids=[route.pk]) in (0, 1)
    assert route_view(route, people.superior).quality is not None


def test_the_worst_route_comes_first(people, login, route):
    make_route(people.colleague, [0, 0.01, 0.02], name="甲线")
    services.measure_routes()
    text = login(people.superior).get(reverse("territory:route_list")).content.decode()
    assert text.index("滨湖线") < text.index("甲线")
    assert "6.7 km</b> 60%" in text
    assert "已最佳" in text
    upward = login(people.superior).get(reverse("territory:route_list"), {"sort": "saving"}).content.decode()
    assert upward.index("甲线") < upward.index("滨湖线")


def test_crossings_are_shown(people, login):
    route = RouteFactory(rep=people.owner)
    for position, (lat, lng) in enumerate(
        [(31.8, 117.2), (31.9, 117.3), (31.8, 117.3), (31.9, 117.2)], start=1
    ):
        customer = CustomerFactory(owner=people.owner, latitude=lat, longitude=lng)
        RouteStopFactory(route=route, customer=customer, position=position)
    services.measure_now(route)
    assert RouteQuality.objects.get().crossings == 1
    text = login(people.superior).get(url("route_figures", route)).content.decode()
    assert "<dd>1</dd>" in text


def test_no_better_figure_is_lost_by_a_race_of_two_measurements(people, route):
    services.measure_routes()
    RouteQuality.objects.update(key="")
    assert services.measure_routes(route_ids=[route.pk]) == 1
    assert RouteQuality.objects.count() == 1


# --- the command


def test_optimise_route_command(people, route, capsys):
    call_command("optimise_route", str(route.pk), "--json")
    result = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert set(result) == {"stops", "before_m", "after_m", "order"}
    assert (result["stops"], round(result["before_m"]), round(result["after_m"])) == (5, 11120, 4448)
    assert names(route) == ["店1", "店2", "店3", "店4", "店5"]
    call_command("optimise_route", str(route.pk), "--apply", "--json")
    result = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert names(route) == ["店1", "店3", "店5", "店2", "店4"]
    assert list(route.stops.order_by("position").values_list("customer__code", flat=True)) == result["order"]
    with pytest.raises(CommandError, match="没有线路 999") as refused:
        call_command("optimise_route", "999", "--json")
    assert refused.value.returncode == 2
