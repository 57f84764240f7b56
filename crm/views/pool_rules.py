"""The rules of the pool with a preview before saving, the forecast of the next 30 days, the runs (C4, C6)."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common.business_calendar import today
from crm.forms.customers import attach_errors
from crm.forms.pool import PoolRuleForm
from crm.models import PoolRule, PoolRun
from crm.queries.pool_soon import FORECAST_DAYS, ForecastRow, forecast, preview
from crm.services import pool
from crm.tables.pool import clock_badge
from crm.views.access import current_user

RUNS = 50


# --- rules
@require_GET
@permission_required("crm.view_poolrule", raise_exception=True)
def pool_rules(request: HttpRequest) -> HttpResponse:
    rules = PoolRule.objects.select_related("department").order_by("-is_active", "pk")
    context = {"rules": rules, "running": sum(rule.is_active for rule in rules)}
    return TemplateResponse(request, "crm/pool_rules.html", context)


@permission_required(["crm.view_poolrule", "crm.add_poolrule"], raise_exception=True)
def pool_rule_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, PoolRule())


@permission_required(["crm.view_poolrule", "crm.change_poolrule"], raise_exception=True)
def pool_rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(PoolRule, pk=pk))


def _edit(request: HttpRequest, rule: PoolRule) -> HttpResponse:
    """POST with `preview` shows what the rule would take today; without it saves."""
    name = rule.name
    form = PoolRuleForm(request.POST or None, instance=rule)
    numbers = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            numbers = preview(form.instance, today())
        else:
            try:
                pool.save_rule(actor=current_user(request), rule=form.instance)
            except ValidationError as error:
                attach_errors(form, error)
            else:
                messages.success(request, _("Rule “%(name)s” saved.") % {"name": form.instance.name})
                return redirect("crm:pool_rules")
    context = {"form": form, "rule": rule, "preview": numbers, "name": name or _("New pool rule")}
    return TemplateResponse(request, "crm/pool_rule_form.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(["crm.view_poolrule", "crm.change_poolrule"], raise_exception=True)
def pool_rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """POST on=1 puts the rule into use, anything else takes it out; no clock is restarted by it."""
    rule = get_object_or_404(PoolRule, pk=pk)
    rule.is_active = request.POST.get("on") == "1"
    try:
        pool.save_rule(actor=current_user(request), rule=rule)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        done = _("Rule “%(name)s” is in use.") if rule.is_active else _("Rule “%(name)s” is switched off.")
        messages.success(request, done % {"name": rule.name})
    return redirect("crm:pool_rules")


@require_POST
@permission_required(["crm.view_poolrule", "crm.delete_poolrule"], raise_exception=True)
def pool_rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(PoolRule, pk=pk)
    try:
        pool.delete_rule(actor=current_user(request), rule=rule)
    except ValidationError as error:
        raise PermissionDenied from error
    messages.success(request, _("Rule “%(name)s” deleted.") % {"name": rule.name})
    return redirect("crm:pool_rules")


# --- forecast and runs
@require_GET
@permission_required(["crm.view_pool", "crm.view_poolrule"], raise_exception=True)
def pool_forecast(request: HttpRequest) -> HttpResponse:
    """What the runs of the next 30 days would take if nobody did anything, by day, rep and clock."""
    rows = forecast(current_user(request), today())
    context = {
        "days": [_day(list(group)) for _on, group in groupby(rows, key=lambda row: row.day)],
        "total": sum(row.count for row in rows),
        "length": FORECAST_DAYS,
        "most": max((sum(r.count for r in g) for _on, g in groupby(rows, key=lambda r: r.day)), default=0),
        "today": today(),
    }
    return TemplateResponse(request, "crm/pool_forecast.html", context)


def _day(rows: list[ForecastRow]) -> dict[str, Any]:
    day, soon = rows[0].day, reverse("crm:pool_soon")
    lines = [
        {
            "owner": row.owner,
            "clock": clock_badge(row.clock),
            "count": row.count,
            "url": f"{soon}?{urlencode({'day': day, 'owner': row.owner_id, 'clock': row.clock})}",
        }
        for row in rows
    ]
    total = sum(row.count for row in rows)
    return {"day": day, "count": total, "lines": lines, "url": f"{soon}?{urlencode({'day': day})}"}


@require_GET
@permission_required(["crm.view_pool", "crm.view_poolrun"], raise_exception=True)
def pool_runs(request: HttpRequest) -> HttpResponse:
    page = Paginator(PoolRun.objects.all(), RUNS).get_page(request.GET.get("page"))
    return TemplateResponse(request, "crm/pool_runs.html", {"page": page})
