"""The rep's own alerts on the phone: one card a customer, planned, put off and taken back with one tap."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import queries
from alerts.rules import KINDS, label_of
from alerts.rules.snoozes import OFFERED, latest_until
from common import business_calendar

SIZE = 30  # cards a page


def own_alerts(user: User) -> QuerySet[Any]:
    """Open alerts of the user's own customers, those put off among them."""
    return queries.open_alerts(user).filter(owner=user)


@permission_required("alerts.view_alert", raise_exception=True)
def my_alerts(request: HttpRequest) -> HttpResponse:
    """`kind`, `sort` (money), `off=1` (those put off), `page`."""
    user, today = request.user, business_calendar.today()
    mine = own_alerts(user)
    off = bool(request.GET.get("off"))
    awake = mine.awake(today)
    counts = queries.kind_counts(awake)
    away = mine.snoozed(today)
    kind = request.GET.get("kind", "") if request.GET.get("kind") in KINDS and not off else ""
    wanted = away if off else awake
    number = request.GET.get("page", "")
    shown = queries.card_page(
        wanted.filter(kind=kind) if kind else wanted,
        today,
        rep=user,
        by_money=request.GET.get("sort") == "money",
        page=int(number) if number.isdecimal() and len(number) < 9 else 1,
        size=SIZE,
    )
    context = {
        "shown": shown,
        **kind_tabs(counts, kind),
        "away": away.count(),
        "off": off,
        "by_money": request.GET.get("sort") == "money",
        **card_choices(today),
    }
    return TemplateResponse(request, "alerts/my_alerts.html", context)


def kind_tabs(counts: dict[str, int], kind: str) -> dict[str, Any]:
    """What the tabs of kinds show; the chosen kind stays though it has none left."""
    named = counts if not kind or kind in counts else {**counts, kind: 0}
    return {
        "tabs": [(code, label_of(code), n) for code, n in named.items()],
        "total": sum(counts.values()),
        "kind": kind,
    }


def card_choices(today: dt.date) -> dict[str, Any]:
    """What every card offers."""
    day = dt.timedelta(days=1)
    return {
        "today": today,
        "days": [(date, label, _is_off(date)) for date, label in plan_days(today)],
        "tomorrow": today + day,
        "snooze_days": [(today + day * n, n) for n in OFFERED],
        "latest": latest_until(today),
    }


def plan_days(today: dt.date) -> list[tuple[dt.date, str]]:
    """The days a tap plans for."""
    return [(today, _("Today")), (today + dt.timedelta(days=1), _("Tomorrow"))]


def _is_off(date: dt.date) -> bool:
    return not business_calendar.is_working_day(date)


def card_response(request: HttpRequest, customer_id: int, **context: Any) -> HttpResponse:
    """The customer's card as it is now, or nothing where no alert is left; and the tabs of kinds beside it."""
    user, today = request.user, business_calendar.today()
    mine = own_alerts(user)
    awake = mine.awake(today)
    cards = queries.cards(awake.filter(customer=customer_id), today, rep=user, order=[customer_id])
    shown = {
        "card": cards[0] if cards else None,
        "customer_id": customer_id,
        **kind_tabs(queries.kind_counts(awake), ""),
        "away": mine.snoozed(today).count(),
        **card_choices(today),
        **context,
    }
    return TemplateResponse(request, "alerts/_card_answer.html", shown)
