"""Who has not sent his work reports, and the statistics of sending and reading (H3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.queries import members_of
from common import business_calendar
from common.periods import whole
from common.tables import Column
from common.views import BulkAction, ListPage
from team.enums import WorkReportKind
from team.filters.reports import MissingFilter, StatisticsFilter
from team.queries import report_people as queries
from team.queries.reports import due_roles
from team.rules import reports as rules
from team.rules.report_words import period_words
from team.services import report_reminders
from team.tables.reports import MISSING_COLUMNS, statistics_columns
from team.views.reports import me

TEAM = ("team.view_workreport", "team.read_team_workreport")
MONTHS = 6  # in the strip above the statistics


def kind_of(typed: str) -> str:
    """404 for a kind that there is not; without one, weeks."""
    kind = typed or WorkReportKind.WEEK
    if kind not in WorkReportKind.values:
        raise Http404
    return kind


def first_of(kind: str, typed: str, today: dt.date) -> dt.date:
    """The period that an address asks for; without a date of ours, the one that is due."""
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError:
        return rules.asked_first(kind, today)
    return rules.first_day(kind, day) if 2000 <= day.year <= 2100 else rules.asked_first(kind, today)


KIND_TABS = [(kind.value, kind.label) for kind in WorkReportKind]


class MissingList(ListPage):
    """GET kind=, date=: everybody in scope who owes that period's report, and what became of it."""

    permission_required = TEAM
    title = gettext_lazy("Who has not sent")
    columns = MISSING_COLUMNS
    filterset_class = MissingFilter
    default_sort = "state"
    template_name = "team/report_missing.html"
    export_permission = "team.export_workreport"
    export_name = "work-reports-missing"
    empty_text = gettext_lazy("Nobody in your scope owes a report of this period.")
    bulk_actions = (
        BulkAction(gettext_lazy("Remind"), reverse_lazy("team:work_report_remind"), "bell-ringing"),
    )

    @cached_property
    def today(self) -> dt.date:
        return business_calendar.today()

    @cached_property
    def kind(self) -> str:
        return kind_of(self.request.GET.get("kind", ""))

    @cached_property
    def first(self) -> dt.date:
        return first_of(self.kind, self.request.GET.get("date", ""), self.today)

    def get_queryset(self) -> QuerySet:
        return queries.people_with_report(user=me(self.request), kind=self.kind, first=self.first)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        after = rules.next_first(self.kind, self.first)
        more = {
            "kind": self.kind,
            "kinds": KIND_TABS,
            "first": self.first,
            "period": period_words(self.kind, self.first),
            "before": rules.previous_first(self.kind, self.first),
            "after": after if after <= self.today else None,
            "due": rules.due_on(self.kind, self.first),
            "is_over": self.today > rules.due_on(self.kind, self.first),
            "is_filtered": any(self.request.GET.get(key) for key in ("q", "state", "department")),
            "clear_query": urlencode({"kind": self.kind, "date": self.first}),
        }
        return super().get_context_data(**kwargs) | more


@require_POST
@permission_required(TEAM, raise_exception=True)
def remind(request: HttpRequest) -> HttpResponse:
    """POST kind, date; pk (many) for some of them, department for a branch; or query, the list's query string."""
    today = business_calendar.today()
    asked = QueryValues(request)
    kind = kind_of(asked["kind"])
    first = first_of(kind, asked["date"], today)
    people: set[int] | None = {int(key) for key in request.POST.getlist("pk") if key.isdecimal()} or None
    if people is None and asked["department"].isdecimal():
        people = set(members_of(int(asked["department"])))
    told, before = report_reminders.remind_missing(actor=me(request), kind=kind, first=first, people=people)
    messages.success(request, reminded_words(told, before))
    return redirect(f"{reverse('team:work_report_missing')}?{asked.kept(kind, first)}")


class QueryValues:
    """Values of a form; those of a list's bulk bar stand in its query string."""

    def __init__(self, request: HttpRequest) -> None:
        self.post, self.query = request.POST, QueryDict(request.POST.get("query", ""))

    def __getitem__(self, name: str) -> str:
        return str(self.post.get(name) or self.query.get(name) or "")

    def kept(self, kind: str, first: dt.date) -> str:
        """The address that the list is shown again with."""
        rest = {name: self[name] for name in ("department", "state", "q") if self[name]}
        return urlencode({"kind": kind, "date": first, **rest})


def reminded_words(told: int, before: int) -> str:
    if told:
        return ngettext("%(n)s person is reminded.", "%(n)s people are reminded.", told) % {"n": told}
    return _("They were reminded today already.") if before else _("Everybody of them has sent it.")


class StatisticsList(ListPage):
    """GET kind=, on= a month: what each person in scope owed and sent, and all of them together by month."""

    permission_required = TEAM
    title = gettext_lazy("Report statistics")
    filterset_class = StatisticsFilter
    default_sort = "name"
    template_name = "team/report_statistics.html"
    export_permission = "team.export_workreport"
    export_name = "work-report-statistics"
    empty_text = gettext_lazy("Nobody in your scope owes such reports.")

    @cached_property
    def today(self) -> dt.date:
        return business_calendar.today()

    @cached_property
    def kind(self) -> str:
        return kind_of(self.request.GET.get("kind", ""))

    @cached_property
    def month(self) -> Any:
        """The month of `on`; without one, the present, and for months the one before, the last that is over."""
        usual = self.today.replace(day=1)
        if self.kind == WorkReportKind.MONTH:
            usual = rules.previous_first(self.kind, usual)
        try:
            day = dt.date.fromisoformat(f"{self.request.GET.get('on', '')[:7]}-01")
        except ValueError:
            return whole("month", usual)
        return whole("month", day if 2000 <= day.year <= 2100 else usual)

    @cached_property
    def span(self) -> queries.Span:
        return queries.Span.of(self.kind, self.month.first, self.month.last, self.today)

    @cached_property
    def roles(self) -> set[str]:
        return due_roles(self.kind)

    def get_columns(self) -> Sequence[Column]:
        return statistics_columns(self.span)

    def get_queryset(self) -> QuerySet:
        return queries.people_with_tally(user=me(self.request), span=self.span, roles=self.roles)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        month, after = self.month, self.month.after()
        more = {
            "kind": self.kind,
            "kinds": KIND_TABS,
            "month": month.first,
            "before": month.before().first,
            "after": after.first if after.first <= self.today else None,
            "periods": len(self.span.firsts),
            "months": self.by_month(),
            "is_filtered": any(self.request.GET.get(key) for key in ("q", "department")),
            "clear_query": urlencode({"kind": self.kind, "on": f"{month.first:%Y-%m}"}),
        }
        return super().get_context_data(**kwargs) | more

    def by_month(self) -> list[tuple[dt.date, rules.Tally]]:
        """The months up to the shown one, that one first."""
        begin = self.month
        for _step in range(MONTHS - 1):
            begin = begin.before()
        span = queries.Span.of(self.kind, begin.first, self.month.last, self.today)
        return list(queries.tally_by_month(user=me(self.request), span=span, roles=self.roles).items())[::-1]
