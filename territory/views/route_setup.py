"""How a route is walked, its paper, and its copy for another rep."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SystemOptions
from common import business_calendar
from territory import queries, services
from territory.forms import CopyForm, WayForm
from territory.models import Route
from territory.tables import weekday_names
from territory.views import user_of
from territory.views.routes import can_see, changed_answer, get_route, may_change, remeasure


@require_POST
@may_change
def way(request: HttpRequest, pk: int) -> HttpResponse:
    """Start, end, round trip and clock; answers the stop list with the way form beside it."""
    route = get_route(request, pk)
    form = WayForm(request.POST, route=route)
    if form.is_valid():
        try:
            services.set_way(actor=user_of(request), route=route, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            route = get_route(request, pk)
        else:
            messages.success(request, _("Route %(name)s is saved.") % {"name": route.name})
    answer = changed_answer(request, route)
    assert isinstance(answer, TemplateResponse)
    assert answer.context_data is not None
    answer.context_data |= {"way_form": form, "show_way": not form.is_valid()}
    return answer


@permission_required("territory.add_route", raise_exception=True)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_route(request, pk)
    first = {"name": route.name, "starts_on": business_calendar.today()}
    form = CopyForm(request.POST or None, initial=first, user=user_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            made, left_out = services.copy_route(actor=user_of(request), route=route, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            remeasure(made)
            _tell(request, made, left_out)
            return redirect(made)
    context = {
        "form": form,
        "title": _("Copy %(name)s") % {"name": route.name},
        "intro": _("Days, way and stops are copied; customers that the rep may not see are left out."),
        "submit_label": _("Copy route"),
        "cancel_url": route.get_absolute_url(),
    }
    return TemplateResponse(request, "territory/route_form.html", context)


def _tell(request: HttpRequest, made: Route, left_out: int) -> None:
    text = _("Route %(name)s of %(rep)s is made.") % {"name": made.name, "rep": made.rep}
    if left_out:
        words = ngettext(
            "%(n)s stop was left out: inactive, or not visible to the rep.",
            "%(n)s stops were left out: inactive, or not visible to the rep.",
            left_out,
        )
        text += " " + words % {"n": left_out}
    (messages.warning if left_out else messages.success)(request, text)


@require_safe
@can_see
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The route on a sheet: a drawing without base map, and the stops with address, phone and room to write."""
    route = get_route(request, pk)
    view = queries.route_view(route, user_of(request))
    phones = queries.stop_phones(view)
    context = {
        "route": route,
        "view": view,
        "weekdays": weekday_names(route),
        "company": SystemOptions.load().company_name,
        "drawing": queries.route_drawing(view),
        "lines": [(row, phones.get(row.stop.customer_id, "")) for row in view.rows],
    }
    return TemplateResponse(request, "territory/route_paper.html", context)
