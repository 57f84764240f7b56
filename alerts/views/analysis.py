"""预警分析: every open alert in scope, as rows or summed up by groups, export, and the button that runs the job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts.enums import DataScope
from alerts import queries, services, tasks
from alerts.enums import RunState
from alerts.filters import GROUPS, AlertFilterSet, group_names
from alerts.models import AlertRun
from alerts.tables import ALERT_COLUMNS
from common import business_calendar
from common.tables import Column, draw_rows
from common.views import BulkAction, ListPage

EXPANDED = 20  # rows of a group that is opened


class AlertList(ListPage):
    """A rep without a wish of his own gets his phone page; `?view=table` shows him this one.

    `group` (rep, department, level, route) sums the rows up instead of listing them. Facets, map and trend are
    fragments that the page's script asks for with the same query string: the first rows come from an index, while
    counting all of a large company's alerts takes a second.
    """

    permission_required = "alerts.view_alert"
    title = gettext_lazy("Alert analysis")
    template_name = "alerts/alert_list.html"
    filterset_class = AlertFilterSet
    columns = ALERT_COLUMNS
    default_sort = "-days"
    export_permission = "alerts.export_alert"
    export_name = "alerts"
    empty_text = gettext_lazy("Nobody is overdue: every customer was visited and ordered in time.")
    next_url = reverse_lazy("crm:customer_list")
    next_label = gettext_lazy("To the customers")
    next_permission = "crm.view_customer"
    bulk_actions = (
        BulkAction(
            label=gettext_lazy("Make visit tasks"),
            url=reverse_lazy("alerts:add_to_plan"),
            icon="calendar-plus",
            permission="visits.add_visittask",
            takes_all=True,
        ),
        BulkAction(
            label=gettext_lazy("Hand over"),
            url=reverse_lazy("alerts:hand_over"),
            icon="arrows-exchange",
            permission="crm.assign_customer",
            takes_all=True,
        ),
        BulkAction(
            label=gettext_lazy("Make customer tasks"),
            url="/customer-tasks/from-alerts/",
            icon="clipboard-check",
            permission="team.add_customertask",
        ),
        BulkAction(
            label=gettext_lazy("Put off"),
            url=reverse_lazy("alerts:snooze"),
            icon="zzz",
            permission="alerts.snooze_alert",
            takes_all=True,
        ),
    )

    def get(self, request: HttpRequest, **kwargs: Any) -> Any:
        if not request.GET and request.user.effective_scope == DataScope.SELF:
            return redirect("alerts:my_alerts")
        if request.GET.get("group") in dict(GROUPS) and not request.GET.get("export"):
            return self.groups(request, request.GET["group"])
        return super().get(request, **kwargs)

    def get_queryset(self) -> QuerySet:
        return queries.with_snoozes(
            queries.with_facts(queries.open_alerts(self.request.user), business_calendar.today())
        )

    def sort(self, rows: QuerySet) -> QuerySet:
        """By days both ways along the index over due date and key."""
        wanted = self.request.GET.get("sort", self.default_sort)
        if wanted in ("days", "-days"):
            return rows.order_by("due_on", "pk") if wanted == "-days" else rows.order_by("-due_on", "-pk")
        return super().sort(rows)

    def get_context_data(self, *, filterset: AlertFilterSet, page: Any) -> dict[str, Any]:
        context = super().get_context_data(filterset=filterset, page=page)
        return context | {
            "is_filtered": not set(filterset.form.changed_data).issubset(filterset.unchipped),
            "group_choices": [("", _("Each alert")), *GROUPS],
            "group": "",
            "empty_text": self.why_empty,
        }

    def why_empty(self) -> str:
        """Called by the template when there is no alert to show."""
        if queries.last_done_run() is None:
            return _("No alert was computed yet; that is done every night.")
        return str(self.empty_text)

    def export(self, rows: QuerySet) -> Any:
        self.exporting = True
        return super().export(rows)

    def get_columns(self) -> Sequence[Column]:
        """In Excel the last times have a column each."""
        return [column for column in self.columns if column.key != "times" or not hasattr(self, "exporting")]

    # --- groups
    def groups(self, request: HttpRequest, by: str) -> HttpResponse:
        """The filtered alerts summed up; `open=KEY` answers with the first rows of one group."""
        alerts = queries.open_alerts(request.user)
        filterset = AlertFilterSet(request.GET, queryset=alerts, request=request)
        rows = filterset.qs if filterset.is_valid() else alerts.none()
        groups = queries.group_alerts(rows, by, filterset.today, filterset.routes)
        nobody = Paginator(alerts.none(), self.page_size).get_page(1)
        context = self.get_context_data(filterset=filterset, page=nobody)
        context |= {"group": by, "groups": group_names(by, groups, filterset), "bands": queries.BANDS}
        name = "alerts/alert_groups.html"
        template = f"{name}#results" if self.wants_results_only(request) else name
        return TemplateResponse(request, template, context)


@permission_required("alerts.view_alert", raise_exception=True)
def group_rows(request: HttpRequest) -> HttpResponse:
    """The first rows of a group, for the page that sums up; the filters say which group."""
    alerts = queries.open_alerts(request.user)
    filterset = AlertFilterSet(request.GET, queryset=alerts, request=request)
    rows = filterset.qs if filterset.is_valid() else alerts.none()
    found = queries.with_snoozes(queries.with_facts(rows, filterset.today)).order_by("due_on", "pk")
    columns = [column for column in ALERT_COLUMNS if not column.hidden]
    drawn = list(found[: EXPANDED + 1])
    params = request.GET.copy()
    params.pop("group", None)
    context = {
        "columns": columns,
        "rows": draw_rows(columns, drawn[:EXPANDED], selectable=False),
        "more": len(drawn) > EXPANDED,
        "list_query": params.urlencode(),
    }
    return TemplateResponse(request, "alerts/_group_rows.html", context)


# --- the job
@require_POST
@permission_required("alerts.compute_alert", raise_exception=True)
def compute(request: HttpRequest) -> HttpResponse:
    """Ask a worker for a run now; the page shows its progress."""
    run, is_new = services.request_run(actor=request.user, today=business_calendar.today())
    if is_new:
        transaction.on_commit(lambda: _nudge(run))
    if request.htmx:
        return run_state(request, run.pk)
    messages.info(request, _("The alerts are being computed; reload the page in a moment."))
    return redirect("alerts:alert_list")


def _nudge(run: AlertRun) -> None:
    try:
        tasks.compute_alerts.delay(run.pk)
    except OperationalError:
        services.fail_run(run=run, message=_("The job queue cannot be reached. Try again later."))


@permission_required("alerts.view_alert", raise_exception=True)
def run_state(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The line about a run, or about the last one; asks again while it is busy, then has the page reload."""
    run = get_object_or_404(AlertRun, pk=pk) if pk else queries.last_run()
    done = queries.last_done_run() if run and run.state == RunState.FAILED else None
    response = TemplateResponse(request, "alerts/_run.html", {"run": run, "done": done})
    if pk and request.htmx and run and run.state == RunState.DONE:
        response["HX-Refresh"] = "true"
    return response
