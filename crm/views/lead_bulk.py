"""What a selection of leads can be told to do; each lead is checked by the service, and refusals are shown."""

from collections import Counter

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.forms.customers import attach_errors
from crm.forms.leads import LeadAssignForm, LeadStageForm
from crm.models import Lead
from crm.queries import leads as queries
from crm.services import leads as services
from crm.views.access import current_user

MOST_AT_ONCE = 1000


def chosen(request: HttpRequest) -> list[int]:
    """The posted `pk`s; what is no key is no lead."""
    ids = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
    return sorted(ids)[:MOST_AT_ONCE]


def tell(request: HttpRequest, outcome: services.LeadOutcome, done: str) -> None:
    """Toasts: what was done, and each reason of refusal with how many it met."""
    if outcome.changed:
        messages.success(request, done)
    for reason, count in Counter(outcome.refused.values()).most_common(4):
        text = ngettext("%(n)s lead left as it was: %(why)s", "%(n)s leads left as they were: %(why)s", count)
        messages.warning(request, text % {"n": count, "why": reason})
    if not outcome.changed and not outcome.refused:
        messages.warning(request, _("Choose at least one lead first."))


@require_POST
@permission_required("crm.assign_lead", raise_exception=True)
def lead_assign(request: HttpRequest, back: str = "crm:lead_list") -> HttpResponse:
    """POST pk (many): asks for the new owner; POST pk and owner: assigns. `back` is the list it came from."""
    user = current_user(request)
    rows = queries.assignable_leads(user).filter(pk__in=chosen(request))
    leads = list(rows.select_related("owner").only("name", "owner__name").order_by("name", "pk"))
    if not leads:
        messages.warning(request, _("Choose at least one lead first."))
        return redirect(back)
    form = LeadAssignForm(request.POST if "owner" in request.POST else None, user=user)
    if form.is_valid():
        try:
            # What was posted, not what was found: the service says of each other one why not.
            outcome = services.assign_leads(actor=user, leads=chosen(request), **form.cleaned_data)
        except ValidationError as error:
            attach_errors(form, error)
        else:
            count = len(outcome.changed)
            done = ngettext(
                "%(n)s lead now belongs to %(person)s.", "%(n)s leads now belong to %(person)s.", count
            )
            tell(request, outcome, done % {"n": count, "person": form.cleaned_data["owner"]})
            return redirect(back)
    context = {"form": form, "leads": leads, "submit_label": _("Assign"), "cancel_url": reverse(back)}
    context["title"] = _("Assign leads")
    return TemplateResponse(request, "crm/lead_bulk.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("crm.change_lead", raise_exception=True)
def lead_stages(request: HttpRequest) -> HttpResponse:
    """POST pk (many): asks for the stage; POST pk and stage: moves each of them."""
    user = current_user(request)
    rows = Lead.objects.visible_to(user).filter(pk__in=chosen(request))
    leads = list(rows.select_related("owner").order_by("name", "pk"))
    if not leads:
        messages.warning(request, _("Choose at least one lead first."))
        return redirect("crm:lead_list")
    form = LeadStageForm(request.POST if "stage" in request.POST else None)
    if form.is_valid() and form.cleaned_data["stage"] == "lost" and not form.cleaned_data["lost_reason"]:
        form.add_error("lost_reason", _("Say why the lead was lost."))
    if form.is_valid():
        outcome = services.LeadOutcome()
        for lead in leads:
            try:
                services.change_stage(actor=user, lead=lead, **form.cleaned_data)
                outcome.changed.append(lead.pk)
            except ValidationError as error:
                outcome.refused[lead.pk] = " ".join(error.messages)
        count = len(outcome.changed)
        tell(request, outcome, ngettext("%(n)s lead moved.", "%(n)s leads moved.", count) % {"n": count})
        return redirect("crm:lead_list")
    context = {"form": form, "leads": leads, "title": _("Set the stage of leads")}
    context["cancel_url"] = reverse("crm:lead_list")
    return TemplateResponse(request, "crm/lead_bulk.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("crm.change_lead", raise_exception=True)
def lead_release(request: HttpRequest) -> HttpResponse:
    outcome = services.release_leads(actor=current_user(request), leads=chosen(request))
    count = len(outcome.changed)
    done = ngettext("%(n)s lead is in the pool now.", "%(n)s leads are in the pool now.", count)
    tell(request, outcome, done % {"n": count})
    return redirect("crm:lead_list")


@require_POST
@permission_required("crm.delete_lead", raise_exception=True)
def lead_delete(request: HttpRequest) -> HttpResponse:
    outcome = services.delete_leads(actor=current_user(request), leads=chosen(request))
    count = len(outcome.changed)
    done = ngettext("%(n)s lead is in the recycle bin.", "%(n)s leads are in the recycle bin.", count)
    tell(request, outcome, done % {"n": count})
    return redirect("crm:lead_list")


@require_POST
@permission_required("crm.delete_lead", raise_exception=True)
def lead_restore(request: HttpRequest) -> HttpResponse:
    outcome = services.restore_leads(actor=current_user(request), leads=chosen(request))
    count = len(outcome.changed)
    done = ngettext("%(n)s lead restored.", "%(n)s leads restored.", count)
    tell(request, outcome, done % {"n": count})
    return redirect("crm:lead_bin")


@require_POST
@permission_required("crm.purge_lead", raise_exception=True)
def lead_purge(request: HttpRequest) -> HttpResponse:
    outcome = services.purge_leads(actor=current_user(request), leads=chosen(request))
    count = len(outcome.changed)
    done = ngettext("%(n)s lead deleted for good.", "%(n)s leads deleted for good.", count)
    tell(request, outcome, done % {"n": count})
    return redirect("crm:lead_bin")
