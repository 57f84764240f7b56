"""The analysis page: facets, groups, points and trend against plain counting; one query count; large selections."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts.models import Alert, RepAlertRule
from alerts.queries import open_trend
from alerts.services import compute_alerts
from common.business_calendar import today
from crm.models import CustomerShare
from tests.alerts.test_screens import HTMX, LIST, MINE, REPS, html, overdue
from tests.factories import BillFactory, RouteFactory, RouteStopFactory, SalesOrderFactory

pytestmark = pytest.mark.django_db
FACETS, POINTS, TREND = (reverse(f"alerts:{name}") for name in ("facets", "points", "trend"))
DAY = dt.timedelta(days=1)


@pytest.fixture
def team(people, rule):
    """Seven alerts of two kinds at five shops of three reps, two on a route, one owing money."""
    rule("unvisited", 10)
    rule("unordered", 10)
    near = overdue(people.owner, "近店", days=7, level="A", latitude=31.8, longitude=117.2)
    mid = overdue(people.owner, "中店", days=8, latitude=31.9, longitude=117.3)
    far = overdue(people.colleague, "远店", days=100, latitude=None, longitude=None)
    overdue(people.outsider, "外店", days=40)
    for shop in (near, mid):
        SalesOrderFactory(customer=shop)
    route = RouteFactory(rep=people.owner)
    RouteStopFactory(route=route, customer=near)
    BillFactory(customer=mid, amount=Decimal(500), due_on=today() - DAY)
    BillFactory(customer=far, amount=Decimal(70), due_on=today() + DAY)
    compute_alerts(today=today())
    # Orders made above are those of today: no event was sent, so both kinds stay open at every shop.
    people.near, people.mid, people.far, people.route = near, mid, far, route
    return people


def facet(response, name):
    html(response)
    found = {one.name: one.items for one in response.context["facets"]}
    return {item.value: item.count for item in found.get(name, [])}


def test_each_facet_counts_under_the_choices_made_in_the_others(team, login):
    asked = {"kind": "unvisited", "band": "8-30"}
    response = login(team.superior).get(FACETS, asked)
    rows = [
        (alert.kind, (today() - alert.due_on).days, alert.customer)
        for alert in Alert.objects.visible_to(team.superior).select_related("customer__owner")
    ]
    assert facet(response, "kind") == Counter(kind for kind, days, _c in rows if 8 <= days <= 30)
    assert facet(response, "band") == {"1-7": 1, "8-30": 1, "91-": 1}
    both = [c for kind, days, c in rows if kind == "unvisited" and 8 <= days <= 30]
    assert facet(response, "rep") == Counter(str(c.owner_id) for c in both)
    assert facet(response, "level") == {"none": 1}
    assert facet(response, "route") == {"none": 1}
    # The head office has what its department has.
    assert facet(response, "department") == {str(team.head.pk): 1, str(team.sales.pk): 1}
    chosen = next(item for one in response.context["facets"] for item in one.items if item.value == "8-30")
    assert (chosen.chosen, chosen.query) == (True, "?kind=unvisited")  # a second click takes it back


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("rep", {"李业务": (4, 2, 500, 500), "张业务": (2, 1, 70, 0)}),
        ("department", {"销售一部": (6, 3, 570, 500)}),
        ("level", {"A": (2, 1, 0, 0), "未填等级": (4, 2, 570, 500)}),
        ("route", {"route": (2, 1, 0, 0), "未排线路": (4, 2, 570, 500)}),
    ],
)
def test_groups_are_summed_up_with_each_customer_s_money_once(team, login, by, expected):
    response = login(team.superior).get(LIST, {"group": by})
    html(response)
    found = [(g.alerts, g.customers, g.receivable, g.overdue) for g in response.context["groups"]]
    assert sorted(found) == sorted(expected.values())
    assert sum(sum(g.bands.values()) for g in response.context["groups"]) == 6
    key = response.context["groups"][0].key
    opened = login(team.superior).get(reverse("alerts:group_rows"), {"group": by, by: key})
    assert html(opened).count("<tr data-pk") == response.context["groups"][0].alerts


def test_points_are_those_of_the_filtered_rows_and_say_what_is_missing(team, login):
    client = login(team.superior)
    answer = client.get(POINTS).json()
    assert {(p["name"], len(p["alerts"])) for p in answer["points"]} == {("近店", 2), ("中店", 2)}
    assert "6 条预警" in answer["note"]
    assert "2 条没有位置" in answer["note"]
    (point,) = client.get(POINTS, {"level": "A"}).json()["points"]
    assert (point["lat"], point["lng"], point["url"]) == (31.8, 117.2, team.near.get_absolute_url())
    assert client.get(POINTS, {"kind": "nonsense"}).json()["points"] == []


def test_the_trend_is_what_was_open_each_day(team, login):
    """Against counting the rows that were open at the end of each day."""
    now = today()
    alerts = list(Alert.objects.order_by("pk"))
    for number, alert in enumerate(alerts):
        alert.opened_on = now - DAY * (number * 7)
        alert.closed_on = now - DAY * (number * 3) if number % 2 else None
        if alert.closed_on and alert.closed_on < alert.opened_on:
            alert.closed_on = alert.opened_on
        alert.save()
    found = open_trend(Alert.objects.all(), now, 30)
    assert [day.day for day in found] == [now - DAY * back for back in range(29, -1, -1)]
    for day in found:
        is_open = [
            a.kind for a in alerts if a.opened_on <= day.day and (not a.closed_on or a.closed_on > day.day)
        ]
        assert day.open == Counter(is_open), day
    page = html(login(team.superior).get(TREND, {"band": "91-", "days": "90"}))
    assert page.count("<g>") == 90


def test_sorted_by_days_or_money_and_filtered_by_route(team, login):
    client = login(team.superior)
    rows = lambda **query: str(client.get(LIST, {"view": "table"} | query).context["rows"])  # noqa: E731
    page = rows()
    assert page.index("远店") < page.index("中店") < page.index("近店")
    page = rows(sort="-receivable")
    assert page.index("中店") < page.index("远店")
    assert "近店" in rows(route=team.route.pk)
    assert "中店" not in rows(route=team.route.pk)
    assert "近店" not in rows(route="none")
    assert rows(channel="x") == rows(rep="9" * 30) == ""


def test_htmx_gets_the_rows_only(team, login):
    page = html(login(team.superior).get(LIST, {"q": "中店"}, headers={"HX-Target": "results"}, **HTMX))
    assert "<html" not in page
    assert "中店" in page
    assert "近店" not in page


@pytest.mark.parametrize("url", [FACETS, POINTS, TREND, reverse("alerts:group_rows"), f"{LIST}?group=rep"])
def test_fragments_of_owner_outsider_share_and_without_permission(team, login, url):
    assert login(team.owner).get(url).status_code == 200
    CustomerShare.objects.create(customer=team.far, user=team.outsider)
    page = login(team.outsider).get(url)
    assert page.status_code == 200
    assert "近店" not in page.content.decode()
    team.owner.role.permissions.clear()
    assert login(team.owner).get(url).status_code == 403


@pytest.mark.parametrize("user", ["owner", "superior"])
def test_one_query_count_with_1_and_with_3_shops(people, rule, login, user):
    rule("unvisited", 10)
    RepAlertRule.objects.create(measure="visits")
    counts = {}
    urls = [f"{LIST}?view=table", MINE, f"{MINE}?sort=money", REPS, FACETS, POINTS, TREND]
    urls += [f"{LIST}?group={by}" for by in ("rep", "route")]
    urls += [reverse("alerts:rep_days", args=[people.owner.pk])]
    for rows in (1, 3):
        while people.owner.customers.count() < rows:
            overdue(people.owner, f"店{rows}{people.owner.customers.count()}")
        compute_alerts(today=today())
        client = login(getattr(people, user))
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                html(client.get(url)) if url != POINTS else client.get(url)
            counts.setdefault(url, []).append(len(queries))
    assert all(few == many <= 12 for few, many in counts.values()), counts
