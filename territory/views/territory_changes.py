"""What changes a territory scenario (F4): moves by hand, pins, reckoning again, publishing, taking back."""

from __future__ import annotations

import json
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from territory import tasks
from territory.forms.territories import PublishForm
from territory.models import TerritoryScenario
from territory.services import territories as services
from territory.services import territory_handover as handover
from territory.views import user_of
from territory.views.territories import get_scenario, may_change, nudge, page_context

PARTS = "territory/scenario_parts.html"


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [int(value) for value in request.POST.getlist(name) if value.isdecimal() and len(value) < 19]


def _parts(request: HttpRequest, scenario: TerritoryScenario) -> HttpResponse:
    """Figures and table anew; the map hears `scenario-changed` and asks for its columns."""
    answer = TemplateResponse(request, PARTS, page_context(request, scenario))
    answer["HX-Trigger"] = json.dumps({"scenario-changed": True})
    return answer


@require_POST
@may_change
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """`row` (many) go to `rep`; with `do=pin` or `do=unpin` they are kept with their owner, or need not be."""
    scenario, user = get_scenario(request, pk), user_of(request)
    rows, does = _numbers(request, "row"), request.POST.get("do", "")
    try:
        if does in ("pin", "unpin"):
            count = services.pin_customers(actor=user, scenario=scenario, rows=rows, pinned=does == "pin")
            if not count:
                raise ValidationError(
                    _("Nothing changed: choose customers whose owner is a rep of this scenario.")
                )
            text = ngettext("%(n)s customer changed.", "%(n)s customers changed.", count)
        else:
            rep = next(iter(_numbers(request, "rep")), 0)
            count = services.move_customers(actor=user, scenario=scenario, rows=rows, rep=rep)
            text = ngettext("%(n)s customer moved.", "%(n)s customers moved.", count)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, text % {"n": count})
    return _parts(request, scenario)


@require_POST
@may_change
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    scenario = get_scenario(request, pk)
    try:
        count = services.undo_move(actor=user_of(request), scenario=scenario)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(n)s customer is back.", "%(n)s customers are back.", count) % {"n": count}
        messages.success(request, text if count else _("There is no change by hand to take back."))
    return _parts(request, scenario)


@require_POST
@may_change
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Reckon with the customers of now."""
    scenario = get_scenario(request, pk)
    try:
        services.reckon_again(actor=user_of(request), scenario=scenario)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        nudge(scenario)
    return redirect(scenario)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    if not user_of(request).has_perm("territory.delete_territoryscenario"):
        raise PermissionDenied
    scenario = get_scenario(request, pk)
    try:
        services.delete_scenario(actor=user_of(request), scenario=scenario)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(scenario)
    messages.success(request, _("Scenario %(name)s is deleted.") % {"name": scenario.name})
    return redirect("territory:scenario_list")


# --- publishing
@require_POST
@may_change
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the customers over; `sure` comes from the button, so that a stray form publishes nothing."""
    user = user_of(request)
    if not user.has_perm("crm.assign_customer"):
        raise PermissionDenied
    scenario = get_scenario(request, pk)
    form = PublishForm(request.POST)
    if request.POST.get("sure") != "1" or not form.is_valid():
        messages.error(request, _("Nothing was published. Press the button on this page."))
        return redirect(scenario)
    try:
        count = handover.publish_scenario(actor=user, scenario=scenario, note=form.cleaned_data["note"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _hand_over(scenario)
        text = ngettext(
            "%(n)s customer is being handed over.", "%(n)s customers are being handed over.", count
        )
        messages.success(request, text % {"n": count})
    return redirect(scenario)


@require_POST
@may_change
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Every customer goes back to whom it had, where nobody has changed its owner since."""
    user = user_of(request)
    if not user.has_perm("crm.assign_customer"):
        raise PermissionDenied
    scenario = get_scenario(request, pk)
    try:
        handover.undo_handover(actor=user, scenario=scenario)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _hand_over(scenario)
        messages.success(request, _("The customers are being given back."))
    return redirect(scenario)


def _hand_over(scenario: TerritoryScenario) -> None:
    transaction.on_commit(partial(tasks.run_handover.delay, scenario.pk), robust=True)
