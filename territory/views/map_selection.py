"""What is selected on the customer map: an area drawn, or all in view; and what can be done with it (F1)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from territory.filters.maps import MapFilterSet, map_filterset, map_query
from territory.forms.map_look import MapRouteForm
from territory.queries.map_selection import selection_facts
from territory.services.map_routes import put_on_route
from territory.views import user_of
from territory.views.maps import can_see_map
from territory.views.routes import remeasure

SHOWN = 12  # names in the panel
MOST_STOPS = 200  # customers that go onto a route at once
# Address of the action (kind of crm.enums.BulkKind or a path), words, icon, permission.
_ACTIONS = (
    ("/tasks/planning/", gettext_lazy("Plan visits"), "calendar-plus", "visits.add_visitplan"),
    ("assign", gettext_lazy("Assign"), "user-share", "crm.assign_customer"),
    ("transfer", gettext_lazy("Hand over"), "arrows-exchange", "crm.assign_customer"),
    ("share", gettext_lazy("Share"), "users-plus", "crm.change_customer"),
    ("add_tags", gettext_lazy("Add tags"), "tag-plus", "crm.change_customer"),
    ("change", gettext_lazy("Change fields"), "edit", "crm.change_customer"),
    ("release", gettext_lazy("To the pool"), "arrow-back-up", "crm.change_customer"),
)


def _filterset(request: HttpRequest, data: QueryDict) -> MapFilterSet:
    return map_filterset(request, Customer.objects.visible_to(user_of(request)), data)


def _actions(user: User) -> list[tuple[str, Any, str]]:
    found = []
    for target, label, icon, permission in _ACTIONS:
        if user.has_perm(permission) and user.has_perm("crm.view_customer"):
            url = target if target.startswith("/") else reverse("crm:bulk_start", args=[target])
            found.append((url, label, icon))
    return found


@require_safe
@can_see_map
def panel(request: HttpRequest) -> HttpResponse:
    """The customers of the filters within the area `within`: counted, the first few named, and the actions."""
    filterset = _filterset(request, request.GET)
    if not filterset.is_valid() or not filterset.form.cleaned_data.get("within"):
        return HttpResponseBadRequest()
    user = user_of(request)
    context = {
        "facts": selection_facts(filterset.qs, business_calendar.today()),
        "named": filterset.qs.select_related("owner").order_by("name", "pk")[:SHOWN],
        "query": map_query(request.GET).urlencode(),
        "actions": _actions(user),
        "route_form": MapRouteForm(user=user) if _may_route(user) else None,
        "most": MOST_STOPS,
    }
    return TemplateResponse(request, "territory/map_selection.html", context)


def _may_route(user: User) -> bool:
    return user.has_perm("territory.add_route") or user.has_perm("territory.change_route")


@require_POST
@can_see_map
@permission_required("territory.change_route", raise_exception=True)
def to_route(request: HttpRequest) -> HttpResponse:
    """POST `query` (the selection) with `route`, or with `name` and `rep` of a new one: leads to the route."""
    user = user_of(request)
    form, filterset = (
        MapRouteForm(request.POST, user=user),
        _filterset(request, QueryDict(request.POST.get("query", ""))),
    )
    back = f"{reverse('territory:map')}?{filterset.data.urlencode()}"
    if not filterset.is_valid() or not form.is_valid():
        for text in form.errors.get("__all__", [_("This selection cannot be read; draw it again.")]):
            messages.error(request, text)
        return redirect(back)
    ids = list(filterset.qs.order_by("pk").values_list("pk", flat=True)[: MOST_STOPS + 1])
    if not ids or len(ids) > MOST_STOPS:
        messages.error(
            request, _("A route takes 1 to %(n)s customers at once; draw another area.") % {"n": MOST_STOPS}
        )
        return redirect(back)
    try:
        route, added = put_on_route(
            actor=user, customer_ids=ids, today=business_calendar.today(), **form.cleaned_data
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(back)
    remeasure(route)
    text = ngettext("%(n)s customer is on route %(name)s.", "%(n)s customers are on route %(name)s.", added)
    messages.success(request, text % {"n": added, "name": route.name})
    return redirect(route)
