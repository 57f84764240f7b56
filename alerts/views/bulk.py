"""What is done to many alerts: plan visits, hand the customers over, put off; and taking back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from alerts import queries, services
from alerts.filters import AlertFilterSet
from alerts.forms import HandOverForm, PlanForm, SnoozeForm
from alerts.models import Alert
from alerts.views.mine import card_response
from common import business_calendar
from common.templatetags.paodian import day as day_text
from crm.enums import BulkKind
from crm.models import BulkJob, Customer
from crm.rules.bulk import runs_in_request
from crm.services import bulk

SHOWN = 12  # alerts named on a page that asks
RUN_BULK_JOB = "crm.tasks.bulk.run_bulk_job"  # by its name: tasks of another app are not imported


def chosen_alerts(request: HttpRequest) -> QuerySet[Any]:
    """Open alerts that the selection means: the ticked rows, or with `all=1` every row of the filters in `query`."""
    alerts = queries.open_alerts(request.user)
    if request.POST.get("all") != "1":
        ids = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
        return alerts.filter(pk__in=ids)
    filterset = AlertFilterSet(QueryDict(request.POST.get("query", "")), queryset=alerts, request=request)
    rows: QuerySet[Any] = filterset.qs if filterset.is_valid() else alerts.none()
    return rows


def _asked(request: HttpRequest, form: forms.Form, alerts: QuerySet[Any], **more: Any) -> HttpResponse:
    """The page that asks for the terms; it carries the selection on."""
    everything = request.POST.get("all") == "1"
    context: dict[str, Any] = {
        "form": form,
        "count": alerts.count(),
        "customers": alerts.order_by().values("customer_id").distinct().count(),
        "named": alerts.select_related("customer__owner").order_by("due_on", "pk")[:SHOWN],
        "everything": everything,
        "query": request.POST.get("query", ""),
        "pks": [] if everything else list(alerts.values_list("pk", flat=True)),
        "next": _back(request),
        **more,
    }
    context["more"] = max(context["count"] - SHOWN, 0)
    return TemplateResponse(request, "alerts/bulk_form.html", context, status=422 if form.errors else 200)


def _back(request: HttpRequest) -> str:
    """The list as it was filtered when the alerts were chosen."""
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    came = urlsplit(wanted)
    if here and came.path in (reverse("alerts:alert_list"), reverse("alerts:my_alerts")):
        return f"{came.path}?{came.query}" if came.query else came.path
    return reverse("alerts:alert_list")


def _nothing(request: HttpRequest) -> HttpResponse:
    """Nothing was chosen, or all of it is closed by now; 404 for what is not one's own to see."""
    ids = [pk for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19]
    if ids and request.POST.get("all") != "1":
        get_object_or_404(Alert.objects.visible_to(request.user).filter(pk__in=ids)[:1])
        messages.warning(request, _("These alerts are closed already."))
    else:
        messages.warning(request, _("Choose at least one alert."))
    if request.htmx:
        return HttpResponse(status=204)
    return redirect(_back(request))


def _result(
    request: HttpRequest, title: str, text: Any, refused: Mapping[int, str], **more: Any
) -> HttpResponse:
    """Back to the list with a toast, or, when something was refused, a page that says row by row what and why."""
    if not refused:
        messages.success(request, text)
        return redirect(_back(request))
    rows = Alert.objects.visible_to(request.user).filter(pk__in=list(refused)).select_related("customer")
    named = {alert.pk: alert for alert in rows}
    lines = [(named.get(pk), why) for pk, why in refused.items()]
    context = {"title": title, "text": text, "lines": lines, "next": _back(request), **more}
    return TemplateResponse(request, "alerts/bulk_result.html", context)


# --- visits
@require_POST
@permission_required(("alerts.view_alert", "visits.add_visittask"), raise_exception=True)
def add_to_plan(request: HttpRequest) -> HttpResponse:
    """The selection, `date`, `rep` (empty: each customer's owner); without a date it asks for one.

    From HTMX (one tap on the phone, `customer` its card) it answers with the card.
    """
    alerts = chosen_alerts(request)
    if not alerts.exists():
        return _nothing(request)
    today = business_calendar.today()
    start = {"date": services.next_working_day(today + dt.timedelta(days=1)), "skip_days_off": True}
    asked = "date" in request.POST
    form = PlanForm(request.POST if asked else None, initial=start, user=request.user)
    title = _("Make visit tasks")
    if asked and form.is_valid():
        try:
            result = services.add_to_plan(
                actor=request.user,
                alert_ids=list(alerts.values_list("pk", flat=True)[: services.MOST_PLANNED + 1]),
                today=today,
                **form.cleaned_data,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _planned(request, title, result)
    if request.htmx:
        return _refused_card(request, form)
    return _asked(request, form, alerts, title=title, icon="calendar-plus", action=request.path)


def _planned(request: HttpRequest, title: str, result: services.PlanResult) -> HttpResponse:
    text = _plan_text(result)
    if request.htmx:
        for why in dict.fromkeys(result.refused.values()):
            messages.error(request, why)
        if result.created or result.existing:
            messages.success(request, text)
        return card_response(request, _customer(request))
    if not request.user.has_perm("visits.view_visittask"):
        return _result(request, title, text, result.refused)
    url = f"{reverse('visits:today')}?date={result.date:%Y-%m-%d}"
    link = format_html('{} <a href="{}">{}</a>', text, url, _("See the day"))
    return _result(request, title, link, result.refused)


def _plan_text(result: services.PlanResult) -> str:
    done = ngettext("%(n)s visit planned for %(day)s.", "%(n)s visits planned for %(day)s.", result.created)
    parts = [done % {"n": result.created, "day": day_text(result.date)}]
    if result.existing:
        parts.append(_("%(n)s had a task on that day already.") % {"n": result.existing})
    if result.other_rep:
        parts.append(_("At %(n)s of them another rep has a task on that day, too.") % {"n": result.other_rep})
    if result.is_day_off:
        parts.append(_("That day is a day off."))
    return " ".join(parts)


def _customer(request: HttpRequest) -> int:
    """Whose card is on the screen."""
    wanted = request.POST.get("customer", "")
    return int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0


def _refused_card(request: HttpRequest, form: forms.Form) -> HttpResponse:
    messages.error(request, " ".join(message for errors in form.errors.values() for message in errors))
    return card_response(request, _customer(request))


@require_POST
@permission_required(("alerts.view_alert", "visits.add_visittask"), raise_exception=True)
def take_back_plan(request: HttpRequest) -> HttpResponse:
    """`task`: a visit planned from an alert by oneself; `customer`: whose card is on the screen."""
    task = request.POST.get("task", "")
    done = task.isdecimal() and len(task) < 19
    done = done and services.take_back_plan(actor=request.user, task_id=int(task))
    if done:
        messages.info(request, _("The visit is taken back."))
    else:
        messages.warning(request, _("This visit cannot be taken back any more."))
    if request.htmx:
        return card_response(request, _customer(request))
    return redirect("alerts:my_alerts")


# --- putting off
@require_POST
@permission_required(("alerts.view_alert", "alerts.snooze_alert"), raise_exception=True)
def snooze(request: HttpRequest) -> HttpResponse:
    """The selection, `until` and `reason`; without a day it asks. From HTMX it answers with the card."""
    alerts = chosen_alerts(request)
    if not alerts.exists():
        return _nothing(request)
    today = business_calendar.today()
    asked = "until" in request.POST
    start = {"until": today + dt.timedelta(days=7)}
    form = SnoozeForm(request.POST if asked else None, initial=start, today=today)
    title = _("Put off")
    if asked and form.is_valid():
        try:
            result = services.snooze(
                actor=request.user,
                alerts=list(alerts.values_list("pk", flat=True)[: services.MOST_SNOOZED + 1]),
                today=today,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _snoozed(request, title, result, form.cleaned_data["until"])
    if request.htmx:
        return _refused_card(request, form)
    return _asked(request, form, alerts, title=title, icon="zzz", action=request.path)


def _snoozed(request: HttpRequest, title: str, result: services.SnoozeResult, until: dt.date) -> HttpResponse:
    done = ngettext("%(n)s alert put off until %(day)s.", "%(n)s alerts put off until %(day)s.", result.done)
    text = done % {"n": result.done, "day": day_text(until)}
    if request.htmx:
        for why in dict.fromkeys(result.refused.values()):
            messages.error(request, why)
        return card_response(
            request, _customer(request), batch=result.batch if result.done else None, text=text
        )
    if not result.refused:
        url = reverse("alerts:undo_snooze", args=[result.batch])
        # A toast cannot post; the list has the button under the rows that were put off.
        return _result(
            request, title, format_html('{} <a href="{}">{}</a>', text, url, _("Look or undo")), {}
        )
    return _result(request, title, text, result.refused, batch=result.batch if result.done else None)


@permission_required(("alerts.view_alert", "alerts.snooze_alert"), raise_exception=True)
def undo_snooze(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """What was put off in one go; POST takes it back. `customer`: whose card is on the screen (HTMX)."""
    alerts = queries.snoozed_together(request.user, batch)
    found = get_object_or_404(alerts.order_by("pk")[:1])
    if request.method != "POST":
        rows = alerts.select_related("customer__owner").order_by("due_on", "pk")[:SHOWN]
        last = queries.batch_terms(batch)
        context = {"batch": batch, "count": alerts.count(), "named": rows, "terms": last}
        return TemplateResponse(request, "alerts/snooze.html", context)
    done = services.undo_snooze(actor=request.user, batch=batch, now=timezone.now())
    text = ngettext("%(n)s alert is back.", "%(n)s alerts are back.", done) % {"n": done}
    (messages.success if done else messages.warning)(request, text)
    if request.htmx:
        return card_response(request, found.customer_id)
    return redirect(_back(request))


@require_POST
@permission_required(("alerts.view_alert", "alerts.snooze_alert"), raise_exception=True)
def wake(request: HttpRequest, pk: int) -> HttpResponse:
    """Have one alert back before its day."""
    alert = get_object_or_404(queries.open_alerts(request.user), pk=pk)
    if services.wake(actor=request.user, alert=alert, now=timezone.now()):
        messages.success(request, _("The alert is back."))
    else:
        messages.warning(request, _("This alert is not put off, or not yours to bring back."))
    return redirect(_back(request))


# --- customers
@require_POST
@permission_required(("alerts.view_alert", "crm.assign_customer"), raise_exception=True)
def hand_over(request: HttpRequest) -> HttpResponse:
    """The selection, `owner` and `note`: the alerts' customers change hands through crm's door, one by one."""
    alerts = chosen_alerts(request)
    if not alerts.exists():
        return _nothing(request)
    form = HandOverForm(request.POST if "owner" in request.POST else None, user=request.user)
    if form.is_valid():
        customers = Customer.objects.visible_to(request.user).filter(
            pk__in=alerts.order_by().values("customer_id")
        )
        params = {"owner": form.cleaned_data["owner"].pk, "note": form.cleaned_data["note"]}
        try:
            job = bulk.start(actor=request.user, kind=BulkKind.TRANSFER, params=params, rows=customers)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _begin(job)
    return _asked(request, form, alerts, title=_("Hand over"), icon="arrows-exchange", action=request.path)


def _begin(job: BulkJob) -> HttpResponse:
    """A few at once, more by a worker; the job's page says row by row what was refused, and takes it back."""
    if runs_in_request(job.total):
        bulk.run_job(job.pk)
    else:
        transaction.on_commit(partial(current_app.send_task, RUN_BULK_JOB, [job.pk]), robust=True)
    return redirect(job)
