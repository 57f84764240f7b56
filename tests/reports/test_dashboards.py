"""The figures board: usual cards by role, and what a person changes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from reports.models import Dashboard
from reports.queries.boards import BOSS, OTHERS, USUAL, Card, cards_of, usual_cards
from reports.queries.report import REPORTS
from reports.services import dashboards

QUERY = {"by": "day", "measure": "sold", "chart": "line"}


@pytest.mark.parametrize(
    "card", {card.report: card for card in (*BOSS, *OTHERS, *sum(USUAL.values(), ()))}.values()
)
def test_usual_cards_name_what_their_reports_offer(card):
    report = REPORTS[card.report]
    assert card.query.get("by", report.dimensions[0]) in report.dimensions
    assert "measure" not in card.query or card.query["measure"] in report.measures


@pytest.mark.django_db
def test_cards_are_kept_in_their_order_for_their_owner_alone(people):
    usual = len(usual_cards(people.owner))
    dashboards.add_card(actor=people.owner, report="performance", query=QUERY | {"period": "year", "x": "y"})
    assert Dashboard.objects.get().user == people.owner
    assert cards_of(people.owner)[-1] == Card("performance", QUERY)
    dashboards.move_card(actor=people.owner, place=usual, report="performance", step=-usual)
    assert cards_of(people.owner)[0] == Card("performance", QUERY)
    dashboards.widen_card(actor=people.owner, place=0, report="performance")
    assert cards_of(people.owner)[0].wide
    dashboards.remove_card(actor=people.owner, place=0, report="performance")
    assert cards_of(people.owner) == usual_cards(people.owner)
    dashboards.reset_cards(actor=people.owner)
    assert not Dashboard.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("report", "query"),
    [
        ("nothing", {}),
        ("performance", {"measure": "nothing"}),
        ("performance", {"by": "product"}),
        ("performance", {"chart": "x"}),
        ("performance", {"channel": "x"}),
        ("performance", {"level": "Q"}),
    ],
)
def test_what_a_report_does_not_offer_is_no_card(people, report, query):
    with pytest.raises(ValidationError):
        dashboards.add_card(actor=people.owner, report=report, query=query)
    assert not Dashboard.objects.exists()


@pytest.mark.django_db
def test_a_report_that_a_person_may_not_open_is_no_card(people):
    closed = next(code for code, report in REPORTS.items() if not report.is_open_to(people.owner))
    with pytest.raises(ValidationError, match=str(REPORTS[closed].label)):
        dashboards.add_card(actor=people.owner, report=closed, query={})


@pytest.mark.django_db
def test_a_board_has_an_end_and_one_state(people):
    Dashboard.objects.create(user=people.owner, cards=[Card("performance").kept()] * dashboards.MOST_CARDS)
    with pytest.raises(ValidationError, match="24"):
        dashboards.add_card(actor=people.owner, report="performance", query={})
    for place, report in ((30, "performance"), (-1, "performance"), (0, "aging")):
        with pytest.raises(ValidationError):
            dashboards.remove_card(actor=people.owner, place=place, report=report)


@pytest.mark.django_db
def test_page_changes_the_board(people, login):
    client = login(people.owner)
    first, second = (card.report for card in cards_of(people.owner)[:2])
    answer = client.post(
        "/dashboard/change/", {"action": "down", "report": first, "place": "0", "board": "period=year"}
    )
    assert answer.url == "/dashboard/?edit=1&period=year"
    assert [card.report for card in cards_of(people.owner)[:2]] == [second, first]
    client.post("/dashboard/change/", {"action": "remove", "report": "x", "place": "0"})
    assert len(cards_of(people.owner)) == len(usual_cards(people.owner))
    assert client.post("/dashboard/change/", {"action": "x"}).status_code == 400
    assert client.get("/dashboard/change/").status_code == 405
    client.post("/dashboard/change/", {"action": "add", "report": "performance", **QUERY})
    assert cards_of(people.owner)[-1] == Card("performance", QUERY)


@pytest.mark.django_db
def test_a_vanished_report_says_so_and_can_be_taken_away(people, login):
    Dashboard.objects.create(user=people.owner, cards=[{"report": "gone", "query": {}, "wide": False}])
    client = login(people.owner)
    assert "rp-card-empty" in client.get("/dashboard/").content.decode()
    client.post("/dashboard/change/", {"action": "remove", "report": "gone", "place": "0"})
    assert cards_of(people.owner) == []
    assert client.get("/dashboard/").status_code == 200
