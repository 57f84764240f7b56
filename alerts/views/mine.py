"""The rep's own alerts on the phone, and the way from an alert to a visit task."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from alerts import queries, services
from alerts.forms import PlanForm
from alerts.models import Alert
from alerts.rules import KINDS
from common import business_calendar
from common.templatetags.paodian import day as day_text

# A screen of cards for each kind; the rest is one tap away under the kind's own tab.
SHORT, LONG = 20, 300


@permission_required("alerts.view_alert", raise_exception=True)
def my_alerts(request: HttpRequest) -> HttpResponse:
    """The user's own customers that are overdue, by kind, longest overdue or most money first."""
    today = business_calendar.today()
    mine = queries.open_alerts(request.user).filter(customer__owner=request.user)
    counts = dict.fromkeys(KINDS, 0)
    for row in queries.facet_counts(mine, today):
        if row["kind"] in counts:
            counts[row["kind"]] += row["n"]
    kind = request.GET.get("kind", "") if request.GET.get("kind") in KINDS else ""
    by_money = request.GET.get("sort") == "money"
    limit = LONG if kind else SHORT
    shown = queries.cards(mine, today, rep=request.user, by_money=by_money, kind=kind, limit=limit)
    groups = [
        {"kind": KINDS[name], "cards": list(cards), "more": max(counts[name] - limit, 0)}
        for name, cards in groupby(shown, key=lambda card: card.alert.kind)
    ]
    context = {
        "groups": groups,
        "tabs": [(code, KINDS[code].label, count) for code, count in counts.items()],
        "total": sum(counts.values()),
        "kind": kind,
        "by_money": by_money,
        "days": plan_days(today),
    }
    return TemplateResponse(request, "alerts/my_alerts.html", context)


def plan_days(today: dt.date) -> list[tuple[dt.date, str]]:
    """The days a tap plans for."""
    return [(today, _("Today")), (today + dt.timedelta(days=1), _("Tomorrow"))]


def next_working_day(today: dt.date) -> dt.date:
    """The first working day after today."""
    day = today + dt.timedelta(days=1)
    while not business_calendar.is_working_day(day):
        day += dt.timedelta(days=1)
    return day


@require_POST
@permission_required(("alerts.view_alert", "visits.add_visittask"), raise_exception=True)
def add_to_plan(request: HttpRequest) -> HttpResponse:
    """`pk` (alerts, many), `date`, `rep` (empty: each customer's owner); without a date it asks for one.

    From HTMX (one tap on the phone) it answers with the card's new buttons.
    """
    ids = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal()]
    alerts = queries.open_alerts(request.user).filter(pk__in=ids)
    if not ids or not alerts.exists():
        return _nothing_to_plan(request, ids)
    today = business_calendar.today()
    start = {"date": next_working_day(today)}
    asked = "date" in request.POST
    form = PlanForm(request.POST if asked else None, initial=start, user=request.user)
    if asked and form.is_valid():
        try:
            result = services.add_to_plan(
                actor=request.user,
                alert_ids=ids,
                today=today,
                date=form.cleaned_data["date"],
                rep=form.cleaned_data["rep"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _tell(request, result, form.cleaned_data["date"])
            if request.htmx:
                return _card_buttons(request, alerts, today)
            return redirect(_back(request))
    if request.htmx:
        messages.error(request, " ".join(message for errors in form.errors.values() for message in errors))
        return _card_buttons(request, alerts, today)
    rows = queries.with_facts(alerts, today).order_by("customer__owner__name", "due_on", "pk")
    context = {"form": form, "alerts": rows, "title": _("Make visit tasks"), "next": _back(request)}
    return TemplateResponse(request, "alerts/add_to_plan.html", context)


def _back(request: HttpRequest) -> str:
    """The list as it was filtered when the alerts were chosen."""
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    came = urlsplit(wanted)
    if here and came.path in (reverse("alerts:alert_list"), reverse("alerts:my_alerts")):
        return f"{came.path}?{came.query}" if came.query else came.path
    return reverse("alerts:alert_list")


def _nothing_to_plan(request: HttpRequest, ids: list[int]) -> HttpResponse:
    if ids:
        # Outside the scope, or closed since the page was drawn.
        get_object_or_404(Alert.objects.visible_to(request.user).filter(pk__in=ids)[:1])
        messages.warning(request, _("These alerts are closed already."))
    else:
        messages.warning(request, _("Choose at least one alert."))
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("alerts:alert_list")


def _tell(request: HttpRequest, result: services.PlanResult, date: dt.date) -> None:
    done = ngettext("%(n)s visit planned for %(day)s.", "%(n)s visits planned for %(day)s.", result.created)
    parts = [done % {"n": result.created, "day": day_text(date)}]
    if result.existing:
        parts.append(_("%(n)s had a task on that day already.") % {"n": result.existing})
    if result.refused:
        parts.append(_("%(n)s left out: the rep does not see the customer.") % {"n": result.refused})
    if result.other_rep:
        parts.append(_("At %(n)s of them another rep has a task on that day, too.") % {"n": result.other_rep})
    if result.is_day_off:
        parts.append(_("That day is a day off."))
    url = f"{reverse('visits:today')}?date={date:%Y-%m-%d}"
    if request.htmx or not request.user.has_perm("visits.view_visittask"):
        # A toast of HTMX is plain text; the card itself links to the day.
        messages.success(request, " ".join(parts))
        return
    messages.success(request, format_html('{} <a href="{}">{}</a>', " ".join(parts), url, _("See the day")))


def _card_buttons(request: HttpRequest, alerts: QuerySet, today: dt.date) -> HttpResponse:
    alert = alerts.select_related("customer").order_by("pk")[0]
    planned = queries.planned_days([alert.customer_id], rep=request.user, today=today)
    context: dict[str, Any] = {
        "alert": alert,
        "planned": planned.get(alert.customer_id),
        "days": plan_days(today),
    }
    return TemplateResponse(request, "alerts/_plan.html", context)
