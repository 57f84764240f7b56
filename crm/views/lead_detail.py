"""The page of one lead, its form, its stage, claiming it, and making it a customer (C1–C3)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_GET, require_POST

from accounts.models import SystemOptions
from common.geo import navigation_links
from crm.enums import LeadStage
from crm.forms.customers import attach_errors
from crm.forms.leads import ConvertForm, LeadForm
from crm.models import Customer, Lead
from crm.queries import leads as queries
from crm.queries.duplicates import DuplicateHit
from crm.querysets import LeadQuerySet
from crm.rules.leads import PATH, next_stages, recycle_on
from crm.services import leads as services
from crm.services.leads.writing import PERSON
from crm.views.access import current_user
from crm.views.customer_detail import MAP_APPS
from crm.views.duplicate_check import CHECKED, hits_for


def visible_lead(request: HttpRequest, pk: int, rows: LeadQuerySet | None = None) -> Lead:
    """The lead, if the user may see it; else 404. In the recycle bin nobody does."""
    scope = Lead.objects.all() if rows is None else rows
    lead: Lead = get_object_or_404(scope.visible_to(current_user(request)), pk=pk)
    return lead


@require_GET
@permission_required("crm.view_lead", raise_exception=True)
def lead_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, stage, people and history; the follow-ups load as a fragment."""
    related = ("owner", "industry", "region", "source", "channel", "customer", "created_by")
    lead = visible_lead(request, pk, Lead.objects.select_related(*related).prefetch_related("contacts"))
    options = SystemOptions.load()
    due = recycle_on(
        received_on=lead.received_on,
        last_follow_up_on=lead.last_follow_up_on,
        no_follow_up_days=options.lead_no_follow_up_days,
        max_hold_days=options.lead_max_hold_days,
    )
    sees_customer = lead.customer is not None and (
        Customer.objects.visible_to(current_user(request)).filter(pk=lead.customer_id).exists()
    )
    context = {
        "lead": lead,
        "people": _people(lead),
        "navigation": _navigation(lead),
        "stages": [(stage, PATH.index(stage) + 1) for stage in PATH],
        "moves": next_stages(lead.stage),
        "recycle_on": due if lead.is_open else None,
        "sees_customer": sees_customer,
        "events": queries.history(lead),
    }
    return TemplateResponse(request, "crm/lead_detail.html", context)


def _people(lead: Lead) -> list[dict[str, Any]]:
    """{name, job, phones: [{raw, dial, known}]}, each person once."""
    people: dict[str, dict[str, Any]] = {}
    for row in lead.contacts.all():
        person = people.setdefault(row.name, {"name": row.name, "job": row.job, "phones": []})
        if row.raw:
            dial = row.e164 or "".join(filter(str.isdigit, row.raw))
            person["phones"].append({"raw": row.raw, "dial": dial, "known": bool(row.e164)})
    return list(people.values())


def _navigation(lead: Lead) -> list[tuple[str, str]]:
    if lead.latitude is None or lead.longitude is None:
        return []
    links = navigation_links(lead.latitude, lead.longitude, lead.name)
    return [(str(MAP_APPS.get(provider, provider)), address) for provider, address in links]


# --- the form
class LeadFormView(PermissionRequiredMixin, View):
    """GET shows the form, POST saves it; a likely duplicate is shown first and can be saved anyway."""

    raise_exception = True

    def get_lead(self) -> Lead | None:
        raise NotImplementedError

    def save(self, lead: Lead | None, form: LeadForm) -> Lead:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.render(self.build_form(self.get_lead()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        lead = self.get_lead()
        form = self.build_form(lead, request.POST)
        if not form.is_valid():
            return self.render(form, status=422)
        try:
            # Asked before "anyway" is looked at: a click on it counts as a check like any other.
            hits = self.duplicates(lead, form)
            if hits and "anyway" not in request.POST:
                return self.render(form, duplicates=hits)
            saved = self.save(lead, form)
        except ValidationError as error:
            attach_errors(form, error)
            return self.render(form, status=422)
        messages.success(request, _("Saved: %(name)s") % {"name": saved.name})
        if not Lead.objects.visible_to(current_user(request)).filter(pk=saved.pk).exists():
            return redirect("crm:lead_pool")  # he gave it to the pool
        return redirect(saved)

    def build_form(self, lead: Lead | None, data: Any = None) -> LeadForm:
        initial: dict[str, str] = {}
        for keys, person in zip(PERSON, _people(lead) if lead else (), strict=False):
            phones = "、".join(phone["raw"] for phone in person["phones"])
            initial |= dict(zip(keys, (person["name"], person["job"], phones), strict=True))
        return LeadForm(data, user=current_user(self.request), instance=lead, initial=initial)

    def duplicates(self, lead: Lead | None, form: LeadForm) -> list[DuplicateHit]:
        """Only what is new is checked: an old twin must not stop every later edit."""
        values = {name: form.cleaned_data.get(name) for name in CHECKED}
        changed = set(form.changed_data)
        numbers = [form.cleaned_data.get(name, "") for name in ("phones", "phones2") if name in changed]
        if numbers:
            values["phones"], changed = "、".join(numbers), changed | {"phones"}
        return hits_for(self.request, values, lead=lead, changed=changed)

    def render(self, form: LeadForm, *, duplicates: Any = (), status: int = 200) -> HttpResponse:
        context = {"form": form, "lead": form.instance, "duplicates": duplicates}
        return TemplateResponse(self.request, "crm/lead_form.html", context, status=status)


class LeadCreate(LeadFormView):
    permission_required = "crm.add_lead"

    def get_lead(self) -> None:
        return None

    def save(self, lead: Lead | None, form: LeadForm) -> Lead:
        return services.create_lead(actor=current_user(self.request), **form.cleaned_data)


class LeadEdit(LeadFormView):
    permission_required = "crm.change_lead"

    def get_lead(self) -> Lead:
        return visible_lead(self.request, self.kwargs["pk"])

    def save(self, lead: Lead | None, form: LeadForm) -> Lead:
        assert lead is not None
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        return services.update_lead(actor=current_user(self.request), lead=lead, **fields)


# --- what one tap does
@require_POST
@permission_required("crm.change_lead", raise_exception=True)
def lead_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """POST stage, and lost_reason when it is lost."""
    lead = visible_lead(request, pk)
    try:
        moved = services.change_stage(
            actor=current_user(request),
            lead=lead,
            stage=request.POST.get("stage", ""),
            lost_reason=request.POST.get("lost_reason", ""),
        )
        messages.success(request, _("Stage: %(stage)s") % {"stage": LeadStage(moved.stage).label})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(lead)


@require_POST
@permission_required("crm.claim_lead", raise_exception=True)
def lead_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the lead out of the pool and opens it; a refusal goes back to the pool and says why."""
    try:
        lead = services.claim_lead(actor=current_user(request), lead_id=pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("crm:lead_pool")
    messages.success(request, _("“%(name)s” is yours now.") % {"name": lead.name})
    return redirect(lead)


# --- converting
@permission_required("crm.convert_lead", raise_exception=True)
def lead_convert(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows who may be the same customer; POST makes a new one, POST into=<customer> uses that one."""
    lead = visible_lead(request, pk, Lead.objects.prefetch_related("contacts"))
    if lead.stage == LeadStage.CONVERTED:
        return redirect(lead)
    if into := request.POST.get("into", ""):
        return _use_customer(request, lead, into)
    form = ConvertForm(request.POST or None, initial={"name": lead.name})
    try:
        hits = _customers_alike(request, lead, request.POST.get("name") or lead.name)
    except ValidationError as error:
        # Neither shown nor converted: without the answer nobody may press on.
        messages.error(request, " ".join(error.messages))
        return redirect(lead)
    if form.is_valid() and ("anyway" in request.POST or not hits):
        try:
            customer = services.convert_lead(actor=current_user(request), lead=lead, **form.cleaned_data)
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("“%(name)s” is a customer now.") % {"name": customer.name})
            return redirect(customer)
    return _ask_to_convert(request, lead, form, hits)


def _use_customer(request: HttpRequest, lead: Lead, into: str) -> HttpResponse:
    user = current_user(request)
    key = int(into) if into.isdecimal() and len(into) < 19 else 0
    customer = get_object_or_404(Customer.objects.editable_by(user), pk=key)
    try:
        services.convert_lead(actor=user, lead=lead, into=customer)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("crm:lead_convert", pk=lead.pk)
    messages.success(request, _("Joined with the customer “%(name)s”.") % {"name": customer.name})
    return redirect(customer)


def _customers_alike(request: HttpRequest, lead: Lead, name: str) -> list[DuplicateHit]:
    """Who may be the same shop; raises ValidationError when asked too often."""
    values: dict[str, Any] = {
        column: getattr(lead, column) for column in CHECKED if column not in ("name", "phones")
    }
    values["name"] = name
    values["phones"] = "、".join(row.raw for row in lead.contacts.all() if row.raw)
    return hits_for(request, values, lead=lead, changed=set(CHECKED))


def _ask_to_convert(
    request: HttpRequest, lead: Lead, form: ConvertForm, hits: list[DuplicateHit], status: int = 200
) -> HttpResponse:
    seen = [hit.customer.pk for hit in hits if hit.customer is not None]
    usable = Customer.objects.editable_by(current_user(request)).filter(pk__in=seen)
    context = {
        "lead": lead,
        "form": form,
        "duplicates": hits,
        "usable": set(usable.values_list("pk", flat=True)) if seen else set(),
        "people": _people(lead),
        "follow_ups": lead.follow_ups.count(),
    }
    status = 422 if form.errors else status
    return TemplateResponse(request, "crm/lead_convert.html", context, status=status)
