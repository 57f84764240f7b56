"""The rules of customer alerts with a preview before saving, their history, who is exempt, and the runs (E1)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from alerts.forms import AlertRuleForm, ExemptionForm
from alerts.models import AlertExemption, AlertRule, AlertRun
from alerts.queries.rule_pages import exemption_rows, rule_groups, versions_of
from alerts.rules import KINDS
from alerts.services import rules as services
from alerts.services.preview import preview_rule
from common.business_calendar import today

RUNS = 50


# --- rules
@require_GET
@permission_required("alerts.view_alertrule", raise_exception=True)
def rule_list(request: HttpRequest) -> HttpResponse:
    context = {"groups": rule_groups(today()), "exemptions": exemption_rows(request.user)}
    return TemplateResponse(request, "alerts/rules.html", context)


@permission_required(["alerts.view_alertrule", "alerts.add_alertrule"], raise_exception=True)
def rule_create(request: HttpRequest, kind: str) -> HttpResponse:
    """A new rule of `kind`, filled in with what the kind starts with."""
    if kind not in KINDS:
        raise Http404
    first = KINDS[kind].defaults[0]
    rule = AlertRule(kind=kind, period_days=first.period_days, threshold=first.threshold)
    return _edit(request, rule)


@permission_required(["alerts.view_alertrule", "alerts.change_alertrule"], raise_exception=True)
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _rule(pk))


def _rule(pk: int) -> AlertRule:
    return get_object_or_404(AlertRule.objects.filter(kind__in=list(KINDS)), pk=pk)


def _edit(request: HttpRequest, rule: AlertRule) -> HttpResponse:
    """POST with `preview` shows what a run today would do with the rule; without it saves."""
    form = AlertRuleForm(request.POST or None, instance=rule)
    numbers = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            numbers = preview_rule(rule=form.instance, today=today())
        elif _saved(form, lambda: services.save_rule(actor=request.user, rule=form.instance)):
            messages.success(request, _("Rule saved. It counts within a minute."))
            return redirect("alerts:rules")
    context = {
        "form": form,
        "rule": rule,
        "kind": KINDS[rule.kind],
        "preview": numbers,
        "versions": versions_of(rule) if rule.pk else [],
    }
    return TemplateResponse(request, "alerts/rule_form.html", context, status=422 if form.errors else 200)


def _saved(form: ModelForm[Any], save: Any) -> bool:
    """Whether `save()` went through; a refusal stands at its field, or above the form."""
    try:
        save()
    except ValidationError as error:
        by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
        for name, errors in by_field.items():
            form.add_error(name if name in form.fields else None, errors)
        return False
    return True


@require_POST
@permission_required(["alerts.view_alertrule", "alerts.change_alertrule"], raise_exception=True)
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """POST on=1 puts the rule into use, anything else takes it out."""
    rule = _rule(pk)
    rule.is_enabled = request.POST.get("on") == "1"
    try:
        services.save_rule(actor=request.user, rule=rule)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Rule switched on.") if rule.is_enabled else _("Rule switched off."))
    return redirect("alerts:rules")


@require_POST
@permission_required(["alerts.view_alertrule", "alerts.delete_alertrule"], raise_exception=True)
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.delete_rule(actor=request.user, rule=_rule(pk))
    messages.success(request, _("Rule deleted. Its history stays with its alerts."))
    return redirect("alerts:rules")


# --- exemptions
@permission_required(["alerts.view_alertrule", "alerts.add_alertexemption"], raise_exception=True)
def exemption_create(request: HttpRequest) -> HttpResponse:
    return _edit_exemption(request, AlertExemption())


@permission_required(["alerts.view_alertrule", "alerts.change_alertexemption"], raise_exception=True)
def exemption_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit_exemption(request, get_object_or_404(exemption_rows(request.user), pk=pk))


def _edit_exemption(request: HttpRequest, exemption: AlertExemption) -> HttpResponse:
    form = ExemptionForm(request.POST or None, instance=exemption, user=request.user)
    if (
        request.method == "POST"
        and form.is_valid()
        and _saved(form, lambda: services.save_exemption(actor=request.user, exemption=form.instance))
    ):
        messages.success(request, _("Exemption saved. It counts within a minute."))
        return redirect("alerts:rules")
    title = _("Exemption from alerts") if exemption.pk else _("New exemption from alerts")
    context = {"form": form, "exemption": exemption, "title": title}
    return TemplateResponse(
        request, "alerts/exemption_form.html", context, status=422 if form.errors else 200
    )


@require_POST
@permission_required(["alerts.view_alertrule", "alerts.delete_alertexemption"], raise_exception=True)
def exemption_delete(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(exemption_rows(request.user), pk=pk).delete()
    messages.success(request, _("Exemption deleted. It counts within a minute."))
    return redirect("alerts:rules")


# --- runs
@require_GET
@permission_required("alerts.view_alertrun", raise_exception=True)
def run_list(request: HttpRequest) -> HttpResponse:
    runs = AlertRun.objects.select_related("requested_by")
    page = Paginator(runs, RUNS).get_page(request.GET.get("page"))
    return TemplateResponse(request, "alerts/runs.html", {"page": page})
