"""The one door for the cards of a person's board: what is kept is checked here, whoever sends it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from reports.enums import Chart
from reports.models import Dashboard
from reports.queries.boards import Card, cards_of
from reports.queries.dimensions import DIMENSIONS
from reports.queries.report import REPORTS, Report

MOST_CARDS = 24
_WORDS = ("by", "measure", "chart")


@transaction.atomic
def add_card(*, actor: User, report: str, query: Mapping[str, str]) -> None:
    """Puts a report as it is looked at behind the other cards; of `query` only what a card keeps is read.

    ValidationError, with a text for the person, for a report that is not his, a word it does not offer, or a full board.
    """
    cards = _mine(actor)
    if len(cards) >= MOST_CARDS:
        raise ValidationError(_("A board has at most %(most)d cards.") % {"most": MOST_CARDS})
    _keep(actor, [*cards, Card(report, _checked(actor, report, query))])


@transaction.atomic
def move_card(*, actor: User, place: int, report: str, step: int) -> None:
    """`step` −1 is towards the front; at the end nothing moves. ValidationError when another card stands at `place`."""
    cards = _mine(actor)
    card = _at(cards, place, report)
    cards.remove(card)
    cards.insert(min(max(place + step, 0), len(cards)), card)
    _keep(actor, cards)


@transaction.atomic
def remove_card(*, actor: User, place: int, report: str) -> None:
    cards = _mine(actor)
    _at(cards, place, report)
    del cards[place]
    _keep(actor, cards)


@transaction.atomic
def widen_card(*, actor: User, place: int, report: str) -> None:
    """Wide becomes narrow, and the other way round."""
    cards = _mine(actor)
    card = _at(cards, place, report)
    cards[place] = Card(card.report, card.query, not card.wide)
    _keep(actor, cards)


@transaction.atomic
def reset_cards(*, actor: User) -> None:
    """Back to the usual cards of the person's role."""
    Dashboard.objects.filter(user=actor).delete()


def _mine(actor: User) -> list[Card]:
    """Two windows of one person wait for each other on his own row."""
    User.objects.select_for_update().get(pk=actor.pk)
    return cards_of(actor)


def _keep(actor: User, cards: list[Card]) -> None:
    Dashboard.objects.update_or_create(user=actor, defaults={"cards": [card.kept() for card in cards]})


def _at(cards: list[Card], place: int, report: str) -> Card:
    if not 0 <= place < len(cards) or cards[place].report != report:
        raise ValidationError(_("The board was changed in another window. Here is how it stands now."))
    return cards[place]


def _checked(actor: User, code: str, query: Mapping[str, str]) -> dict[str, str]:
    report = REPORTS.get(code)
    if report is None:
        raise ValidationError(_("There is no report “%(code)s”.") % {"code": code})
    if not report.is_open_to(actor):
        raise ValidationError(_("You may not open the report “%(name)s”.") % {"name": report.label})
    filters = report.filter_codes()
    kept = {name: value for name, value in query.items() if value and name in (*_WORDS, *filters)}
    for name, value in kept.items():
        if not (_is_key(report, name, value) if name in filters else _is_offered(report, name, value)):
            raise ValidationError(_("“%(name)s” does not offer this choice.") % {"name": report.label})
    return kept


def _is_offered(report: Report, name: str, value: str) -> bool:
    offered = {"by": report.dimensions, "measure": report.measures, "chart": Chart.values}[name]
    return value in offered


def _is_key(report: Report, name: str, value: str) -> bool:
    try:
        for fact in report.facts():
            DIMENSIONS[name].filter_by(fact, value)
    except ValueError:
        return False
    return True
