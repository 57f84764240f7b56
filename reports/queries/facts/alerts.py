"""Alerts of customers (domain-rules §3) as they are opened and closed, and those of reps (§4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.enums import RepAlertKind, RepMeasure
from alerts.models import Alert, RepAlert
from alerts.rules import KINDS, label_of
from common.tables import ChoiceColumn, Column, DateColumn
from reports.enums import Unit
from reports.queries.days import DaysBetween
from reports.queries.dimensions import ChoiceDimension, Dimension, register_dimension
from reports.queries.facts.customers import counting, mean
from reports.queries.measures import Derived, Fact, Measure, ratio, register
from sales.models import SalesOrder
from visits.models import Visit


@dataclass(frozen=True)
class AlertKindDimension(Dimension):
    """A kind of the alerts' own register, which is filled after this was read."""

    def parse(self, key: str) -> str:
        if key not in KINDS:
            raise ValueError(key)
        return key

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: label_of(key) for key in keys}


for dimension in (
    AlertKindDimension("alert_kind", _("Kind of alert")),
    ChoiceDimension("rep_alert_kind", _("Kind"), words=tuple(RepAlertKind.choices)),
    ChoiceDimension("rep_measure", _("What is measured"), words=tuple(RepMeasure.choices)),
):
    register_dimension(dimension)


# --- rows
def closed_alerts() -> QuerySet[Any]:
    """Closed ones with `was_visited` and `was_ordered`: a valid visit, a counted order of the customer while it was open."""
    visits = Visit.objects.valid().filter(
        customer=OuterRef("customer"), day__gte=OuterRef("opened_on"), day__lte=OuterRef("closed_on")
    )
    orders = SalesOrder.objects.counted().filter(
        customer=OuterRef("customer"),
        ordered_on__gte=OuterRef("opened_on"),
        ordered_on__lte=OuterRef("closed_on"),
    )
    rows: QuerySet[Any] = Alert.objects.filter(closed_on__isnull=False).annotate(
        was_visited=Exists(visits), was_ordered=Exists(orders.order_by())
    )
    return rows


# --- columns
def _alert_columns() -> Sequence[Column]:
    return [
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"),
        ChoiceColumn("kind", _("Kind of alert"), order=("kind",), phone="side"),
        Column("owner", _("Owner"), path="owner.name", order=("owner__name",)),
        DateColumn("due_on", _("Due"), order=("due_on",)),
        DateColumn("opened_on", _("Opened"), order=("opened_on",)),
        DateColumn("closed_on", _("Closed"), order=("closed_on",)),
    ]


def _rep_alert_columns() -> Sequence[Column]:
    return [
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone="title"),
        ChoiceColumn("kind", _("Kind"), order=("kind",), phone="side"),
        Column("rule", _("What is measured"), path="rule.get_measure_display", order=("rule__measure",)),
        DateColumn("opened_on", _("Opened"), order=("opened_on",)),
        DateColumn("closed_on", _("Closed"), order=("closed_on",)),
    ]


# --- facts
def _fact(code: str, label: Any, rows: Callable[[], QuerySet[Any]], day: str) -> Fact:
    return Fact(
        code,
        label,
        Alert,
        rows,
        "alerts.view_alert",
        _alert_columns,
        day=day,
        rep="owner",
        paths={"alert_kind": "kind"},
        related=("customer", "owner"),
        order=(f"-{day or 'opened_on'}", "-pk"),
    )


ALERTS_OPENED = _fact("alerts_opened", _("Alerts opened"), Alert.objects.all, "opened_on")
ALERTS_CLOSED = _fact("alerts_closed", _("Alerts closed"), closed_alerts, "closed_on")
ALERTS_OPEN = _fact("alerts_open", _("Open alerts"), Alert.objects.open, "")
# All of them whenever they were, for the trend, which counts back from today.
ALERTS = _fact("alerts", _("Alerts"), Alert.objects.all, "")
REP_ALERTS = Fact(
    "rep_alerts",
    _("Alerts of reps"),
    RepAlert,
    RepAlert.objects.all,
    "alerts.view_repalert",
    _rep_alert_columns,
    day="opened_on",
    customer="",
    paths={"rep_alert_kind": "kind", "rep_measure": "rule__measure"},
    related=("rep", "rule"),
    order=("-opened_on", "-pk"),
)
register(ALERTS_OPENED, ALERTS_CLOSED, ALERTS_OPEN, ALERTS, REP_ALERTS)

_ACTED = Q(was_visited=True) | Q(was_ordered=True)

register(
    counting(
        "alerts_opened",
        pgettext_lazy("alerts", "Opened"),
        _("Customer alerts opened in the period, for the owner of the customer while it was open."),
        ALERTS_OPENED,
    ),
    counting(
        "alerts_closed",
        pgettext_lazy("alerts", "Closed"),
        _("Customer alerts closed in the period, for whatever reason."),
        ALERTS_CLOSED,
    ),
    counting(
        "alerts_acted",
        _("Closed after a visit or order"),
        _("Closed alerts whose customer had a valid visit or a counted order while the alert was open."),
        ALERTS_CLOSED,
        _ACTED,
    ),
    Derived(
        "alerts_acted_share",
        _("Share after a visit or order"),
        Unit.PERCENT,
        _("Alerts closed after a visit or order ÷ alerts closed."),
        ("alerts_acted", "alerts_closed"),
        ratio,
    ),
    Measure(
        "alert_days_sum",
        _("Days open"),
        Unit.COUNT,
        _("Days from opening to closing of the alerts closed in the period, added up."),
        ALERTS_CLOSED,
        Sum(DaysBetween(F("closed_on"), F("opened_on"))),
    ),
    Derived(
        "alert_days",
        _("Days until closed"),
        Unit.DAYS,
        _("Mean days from opening to closing of the alerts closed in the period."),
        ("alert_days_sum", "alerts_closed"),
        mean,
    ),
    counting(
        "alerts_open",
        _("Open now"),
        _("Customer alerts that are open as of now, those put off among them."),
        ALERTS_OPEN,
    ),
    counting(
        "rep_alerts",
        _("Alerts of reps"),
        _(
            "Alerts opened in the period because a rep did nothing, or less than the rule's share of the average."
        ),
        REP_ALERTS,
    ),
    counting(
        "rep_alerts_none",
        _("None at all"),
        _("Alerts of reps who did nothing of what is measured."),
        REP_ALERTS,
        Q(kind=RepAlertKind.NONE),
    ),
    counting(
        "rep_alerts_open",
        pgettext_lazy("alerts", "Still open"),
        _("Alerts of reps opened in the period that are not closed."),
        REP_ALERTS,
        Q(closed_on__isnull=True),
    ),
)
