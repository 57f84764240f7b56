"""The figures board of a person: the cards he chose, or those that his role usually begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.enums import RoleCode
from accounts.models import User
from accounts.querysets import scope_user_ids
from reports.models import Dashboard
from reports.queries.report import REPORTS, Report


@dataclass(frozen=True)
class Card:
    """A report as it stands on a board; the period and what it is compared with are the board's."""

    report: str  # its code
    query: Mapping[str, str] = field(default_factory=dict)  # by, measure, chart and filters of the report
    wide: bool = False

    def kept(self) -> dict[str, Any]:
        return {"report": self.report, "query": dict(self.query), "wide": self.wide}

    def report_for(self, user: User) -> Report | None:
        """None when it is gone, or not the person's any more."""
        report = REPORTS.get(self.report)
        return report if report is not None and report.is_open_to(user) else None


_ORDERS = Card("performance", {"by": "day", "measure": "order_amount"}, wide=True)
_SOLD = Card("performance", {"by": "day", "measure": "sold"})
_RECEIVED = Card("performance", {"by": "day", "measure": "received"})
_TARGETS = Card("targets")
_VISITS = Card("visit_plan", {"measure": "visit_attainment"})
_AGING = Card("aging")
_PRODUCTS = Card("product_sales", {"by": "category", "chart": "pie"})

USUAL: dict[str, tuple[Card, ...]] = {
    RoleCode.REP: (
        _ORDERS,
        _TARGETS,
        Card("leaderboard_orders"),
        _RECEIVED,
        Card("visit_plan", {"by": "day", "measure": "visits_done"}),
        _PRODUCTS,
        Card("top_customers"),
    ),
    RoleCode.MANAGER: (
        _ORDERS,
        Card("performance", {"measure": "order_amount"}),
        _TARGETS,
        _VISITS,
        Card("alert_trend"),
        _AGING,
        Card("lead_funnel"),
        _PRODUCTS,
        Card("top_customers"),
        Card("visit_hours"),
    ),
    RoleCode.FINANCE: (
        Card("performance", {"by": "day", "measure": "received"}, wide=True),
        _AGING,
        Card("collections"),
        Card("payment_methods", {"chart": "pie"}),
        _SOLD,
        Card("margin"),
        Card("top_customers"),
    ),
}
# Who leads and sees the whole company: the boss, whatever his role is called.
BOSS = (
    _ORDERS,
    Card("performance", {"by": "department", "measure": "order_amount"}),
    _TARGETS,
    Card("performance", {"measure": "received"}),
    _AGING,
    Card("margin"),
    Card("customer_growth"),
    Card("customer_concentration"),
    _PRODUCTS,
    Card("alert_trend"),
)
OTHERS = (_ORDERS, Card("customer_stock"), Card("service_tasks"))


def usual_cards(user: User) -> list[Card]:
    """Those of the role that the person may open."""
    leads = user.is_superuser or user.role_code in (RoleCode.MANAGER, RoleCode.ADMIN)
    sees_all = scope_user_ids(user) is None
    cards = BOSS if leads and sees_all else USUAL.get(user.role_code or "", OTHERS)
    return [card for card in cards if card.report_for(user)]


def cards_of(user: User) -> list[Card]:
    """One statement."""
    board = Dashboard.objects.filter(user=user).first()
    return usual_cards(user) if board is None else [Card(**card) for card in board.cards]
