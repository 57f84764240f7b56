"""The rep's home board (G10): today's tiles, and the sales board of a period with targets and his place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from common.money import round_money
from common.periods import Period
from crm.queries.follow_ups import count_due
from reports.queries.home import ZERO, Money, Sums, VisitCounts, sums, visit_counts
from sales.enums import TargetMeasure
from sales.models import Refund
from sales.queries.receivables import overdue_total
from sales.queries.target_completion import OwnPlace, own_places
from sales.queries.target_links import RowLinks, rows_of
from sales.queries.targets import Measure

ALWAYS = (TargetMeasure.ORDER_AMOUNT, TargetMeasure.SALES_AMOUNT, TargetMeasure.RECEIPTS)
WITH_TARGET = (TargetMeasure.NEW_CUSTOMERS, TargetMeasure.VISITS)  # shown when he has one


@dataclass(frozen=True, slots=True)
class Tiles:
    """What today asks of a rep: slips he is the rep of, money due at his customers, people to contact, shops to visit.

    `to_collect` is the open part of bills due by tonight of the customers he owns, overdue ones included.
    """

    sums: Sums
    refunds: Money
    to_collect: Decimal
    to_contact: int
    visits: VisitCounts

    @property
    def to_visit(self) -> int:
        """今日待拜访: planned stops of today without a valid visit yet."""
        return max(0, self.visits.planned - self.visits.done - self.visits.closed)


def tiles(user: User, today: dt.date) -> Tiles:
    found = Refund.objects.posted().filter(rep=user, refunded_on=today)
    refunds = found.aggregate(n=Count("pk"), s=Coalesce(Sum("amount"), ZERO))
    return Tiles(
        sums=sums(user, today, today, own=True),
        refunds=Money(refunds["n"], round_money(refunds["s"])),
        to_collect=overdue_total(Q(customer__owner=user), today + dt.timedelta(days=1)),
        to_contact=count_due(user, today),
        visits=visit_counts(user, today, own=True),
    )


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A measure of the sales board: how far he is, his place, and where the rows are."""

    label: str
    place: OwnPlace
    links: RowLinks

    @property
    def minus(self) -> Decimal:
        """Returns or refunds that the actual is already less by."""
        return self.place.minus


def sales_board(user: User, period: Period, today: dt.date) -> list[BoardLine]:
    """The amounts, and what else he has a target for; figures as in sales.queries.actuals."""
    measures = [Measure(measure.value) for measure in (*ALWAYS, *WITH_TARGET)]
    lines = []
    for place in own_places(user, measures, period, today):
        name = TargetMeasure(place.measure.name)
        if name in WITH_TARGET and place.result.target is None:
            continue
        lines.append(BoardLine(str(name.label), place, rows_of(user, name, period, subject=f"r{user.pk}")))
    return lines
