"""Recording a follow-up, on the phone first (B6); what the form asks for while it is filled in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from common.business_calendar import business_day
from crm.forms.customers import attach_errors
from crm.forms.follow_ups import FollowUpForm, parse_target
from crm.models import Customer, Lead
from crm.models.follow_up import MAX_PHOTOS, MAX_TEXT
from crm.queries import follow_ups as queries
from crm.rules.follow_ups import MAX_VOICE_SECONDS, REMINDER_HOUR, quick_days
from crm.services import follow_ups as services
from crm.views.access import current_user

LIMIT = 12


class FollowUpCreate(PermissionRequiredMixin, View):
    """GET: `customer` or `lead`, an id. POST by a script (Accept: application/json) answers {url} or 422 {errors}."""

    raise_exception = True
    permission_required = ("crm.view_followup", "crm.add_followup")

    def get(self, request: HttpRequest) -> HttpResponse:
        target = self.preset()
        now = timezone.now()
        initial: dict[str, Any] = {"uuid": uuid.uuid4(), "at": now, "target": _key(target)}
        customer = target if isinstance(target, Customer) else None
        form = FollowUpForm(initial=initial, user=current_user(request), customer=customer)
        return self.render(form, target, now)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = FollowUpForm(request.POST, user=current_user(request))
        if form.is_valid():
            try:
                row = services.record_follow_up(
                    actor=current_user(request),
                    photos=request.FILES.getlist("photos"),
                    voice=request.FILES.get("voice"),
                    posted={name: request.POST.getlist(name) for name in request.POST},
                    **form.values(),
                )
                messages.success(request, _("Follow-up saved."))
                target: Any = row.customer or row.lead
                url = target.get_absolute_url()
                return JsonResponse({"url": url}) if self.wants_json() else redirect(url)
            except ValidationError as error:
                attach_errors(form, error)
        if self.wants_json():
            return JsonResponse({"errors": form.labelled_errors()}, status=422)
        return self.render(form, self.typed(form), timezone.now(), status=422)

    def wants_json(self) -> bool:
        return self.request.headers.get("Accept", "").startswith("application/json")

    def preset(self) -> Customer | Lead | None:
        """The customer or lead of the address; 404 when the user does not see it."""
        user = current_user(self.request)
        if (pk := self.request.GET.get("customer", "")).isdecimal():
            customer: Customer = get_object_or_404(Customer.objects.visible_to(user), pk=int(pk))
            return customer
        if (pk := self.request.GET.get("lead", "")).isdecimal():
            lead: Lead = get_object_or_404(Lead.objects.visible_to(user), pk=int(pk))
            return lead
        return None

    def typed(self, form: FollowUpForm) -> Customer | Lead | None:
        """The target of a form that was refused, to show it again."""
        kind, pk = parse_target(str(form.data.get("target", "")))
        model = {"customer": Customer, "lead": Lead}.get(kind)
        return model.objects.visible_to(form.user).filter(pk=pk).first() if model else None

    def render(
        self, form: FollowUpForm, target: Customer | Lead | None, now: dt.datetime, *, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "target": target,
            "target_key": _key(target),
            "is_preset": bool(self.request.GET.get("customer") or self.request.GET.get("lead")),
            "quick": _quick(now),
            "max_text": MAX_TEXT,
            "max_photos": MAX_PHOTOS,
            "max_seconds": MAX_VOICE_SECONDS,
            "cancel_url": target.get_absolute_url() if target else "/follow-ups/",
        }
        return TemplateResponse(self.request, "crm/follow_up_form.html", context, status=status)


def _key(target: Customer | Lead | None) -> str:
    if target is None:
        return ""
    return f"{'customer' if isinstance(target, Customer) else 'lead'}-{target.pk}"


def _quick(now: dt.datetime) -> list[tuple[str, str]]:
    """(label, local time) of the buttons for the next contact, in the morning of the day they name."""
    labels = {"tomorrow": _("Tomorrow"), "three_days": _("In 3 days"), "monday": _("Next Monday")}
    days = quick_days(business_day(now))
    return [(labels[key], f"{day:%Y-%m-%d}T{REMINDER_HOUR:02}:00") for key, day in days.items()]


@permission_required("crm.add_followup", raise_exception=True)
def target_options(request: HttpRequest) -> JsonResponse:
    """JSON list for the picker: customers and leads I may follow up: [{id, code, name, address}]. GET: q."""
    found = queries.find_targets(current_user(request), request.GET.get("q", ""), LIMIT)
    options = [
        {
            "id": _key(row),
            "code": row.code if isinstance(row, Customer) else _("Lead"),
            "name": row.name,
            "address": row.full_address,
        }
        for row in found
    ]
    return JsonResponse(options, safe=False)


@permission_required("crm.add_followup", raise_exception=True)
def contact_options(request: HttpRequest) -> JsonResponse:
    """JSON list of the people of one customer: [{id, name}]; none for a lead or what I do not see. GET: target."""
    kind, pk = parse_target(request.GET.get("target", ""))
    customers = Customer.objects.visible_to(current_user(request))
    customer = customers.filter(pk=pk).first() if kind == "customer" else None
    people = [] if customer is None else customer.contacts.values_list("pk", "name")
    return JsonResponse([{"id": pk, "name": name} for pk, name in people], safe=False)
