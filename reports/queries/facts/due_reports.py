"""Work reports that had to be sent (H3): what was expected of whom, as the pages of work reports count it.

Rows of it are derived for the days that are asked for (team.queries.due_reports); only periods that are over count, so
that nobody misses what is not due yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.tables import ChoiceColumn, Column, DateColumn, MomentColumn
from reports.enums import Unit
from reports.queries.facts.customers import counting
from reports.queries.facts.team import WORK_REPORTS
from reports.queries.measures import Derived, Fact, register
from reports.rules.compare import Figure
from team.models import DueReport, WorkReport
from team.queries.due_reports import due_reports, reports_of_due_people
from team.rules.reports import Tally


def _no_rows() -> QuerySet[Any]:
    """Without days there are none."""
    return DueReport.objects.none()


def _due_columns() -> Sequence[Column]:
    return [
        Column(
            "first", pgettext_lazy("work reports", "Period"), path="period", order=("first",), phone="title"
        ),
        ChoiceColumn("kind", _("Kind"), order=("kind",)),
        Column("person", _("Reporter"), path="person.name", order=("person__name",)),
        DateColumn("due", _("Due on"), order=("due",)),
        MomentColumn(
            "sent_at", _("Sent at"), path="report.sent_at", order=("report__sent_at",), phone="side"
        ),
    ]


DUE_REPORTS = Fact(
    "due_reports",
    _("Work reports due"),
    DueReport,
    _no_rows,
    "team.view_workreport",
    _due_columns,
    day="first",
    rep="person",
    customer="",
    paths={"work_report_kind": "kind"},
    related=("person", "report"),
    order=("-first", "person__name", "pk"),
    within=due_reports,
    others="team.read_team_workreport",  # as on the pages of work reports
)
OF_DUE_PEOPLE = Fact(
    "reports_of_due_people",
    _("Work reports"),
    WorkReport,
    WorkReport.objects.none,
    "team.view_workreport",
    WORK_REPORTS.columns,
    day="first",
    rep="person",
    customer="",
    paths={"work_report_kind": "kind"},
    related=("person",),
    order=("-first", "-pk"),
    within=reports_of_due_people,
    others="team.read_team_workreport",  # as on the pages of work reports
)
register(DUE_REPORTS, OF_DUE_PEOPLE)


def _sent_share(sent: Figure, due: Figure) -> float | None:
    """Some send what nobody expected: then the share is of what was sent."""
    asked = max(int(due or 0), int(sent or 0))
    return int(sent or 0) / asked if asked else None


def _in_time_share(in_time: Figure, sent: Figure, due: Figure) -> float | None:
    return Tally(int(due or 0), int(sent or 0), int(sent or 0) - int(in_time or 0)).on_time_rate


register(
    counting(
        "work_reports_due",
        _("Expected"),
        _(
            "Work reports that had to be sent: of active people whose role's template says so, for each week and month"
            " that is over and due, and for each working day; for reps the days with a plan or a visit."
        ),
        DUE_REPORTS,
    ),
    counting(
        "work_reports_missing",
        _("Not sent"),
        _("Expected work reports whose time is over and that were not sent to this day."),
        DUE_REPORTS,
        Q(report__isnull=True),
    ),
    counting(
        "work_reports_over",
        pgettext_lazy("work reports", "Sent of periods over"),
        _("Work reports sent, of periods that are over, by active people whose role must send them."),
        OF_DUE_PEOPLE,
    ),
    counting(
        "work_reports_in_time",
        _("On time"),
        _("Of those the work reports that were sent by the day on which they were due."),
        OF_DUE_PEOPLE,
        Q(is_late=False),
    ),
    Derived(
        "work_reports_sent_share",
        pgettext_lazy("work reports", "Share sent"),
        Unit.PERCENT,
        _(
            "Work reports sent of periods that are over, in time or late ÷ expected ones (or sent ones, if they are more)."
        ),
        ("work_reports_over", "work_reports_due"),
        _sent_share,
    ),
    Derived(
        "work_reports_in_time_share",
        _("Share on time"),
        Unit.PERCENT,
        _(
            "Work reports sent on time ÷ expected ones (or sent ones, if they are more), as in the statistics of work reports."
        ),
        ("work_reports_in_time", "work_reports_over", "work_reports_due"),
        _in_time_share,
    ),
)
