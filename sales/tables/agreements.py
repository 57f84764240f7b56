import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, LinkColumn, MoneyColumn, badge
from sales.queries.agreements import state_of
from sales.rules.agreements import AgreementState
from sales.tables.base import customer_column

STATE_COLOURS = {
    AgreementState.UPCOMING: "teal",
    AgreementState.RUNNING: "green",
    AgreementState.EXPIRING: "amber",
    AgreementState.EXPIRED: "red",
}


def state_badge(agreement: Any, today: dt.date | None = None) -> SafeString:
    state = state_of(agreement, today or business_calendar.today())
    return badge(state.label, STATE_COLOURS.get(state, ""))


@dataclass(frozen=True)
class TermColumn(DateColumn):
    """With the year: a term goes over more than one."""

    def cell(self, row: Any) -> str:
        return f"{self.value(row):%Y-%m-%d}"


@dataclass(frozen=True)
class StateColumn(FormatColumn):
    def value(self, row: Any) -> Any:
        return str(state_of(row, business_calendar.today()).label)


AGREEMENT_COLUMNS = (
    LinkColumn("number", _("Agreement number"), order=("number",), phone="line"),
    customer_column(),
    Column("title", _("Title")),
    ChoiceColumn("kind", _("Kind"), phone=""),
    StateColumn("state", _("State"), draw=state_badge, phone="side"),
    TermColumn("starts_on", _("From"), order=("starts_on", "pk"), phone=""),
    TermColumn("ends_on", _("Until"), order=("ends_on", "pk")),
    MoneyColumn("yearly_amount", _("Agreed yearly amount"), order=("yearly_amount",)),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("territory", _("Territory"), phone="", hidden=True),
    Column("department", _("Department"), path="rep.department.name", phone="", hidden=True),
)
