"""The suggested order of a route: asked for, shown beside today's, taken, undone or left."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from territory import services, tasks
from territory.models import RouteSuggestion
from territory.views import user_of
from territory.views.routes import can_see, changed_answer, get_route, may_change, page_context

PANEL = "territory/route_suggestion.html"


def get_suggestion(request: HttpRequest, pk: int, suggestion_pk: int) -> RouteSuggestion:
    route = get_route(request, pk)
    return get_object_or_404(route.suggestions.select_related("route"), pk=suggestion_pk)


@require_POST
@may_change
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """Look for a better order; at once where that takes a moment, else as a job whose panel asks for itself."""
    route = get_route(request, pk)
    try:
        suggestion, is_long = services.ask_for_order(actor=user_of(request), route=route)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if is_long:
            transaction.on_commit(partial(tasks.run_suggestion.delay, suggestion.pk), robust=True)
        else:
            services.run_suggestion(suggestion.pk)
    return TemplateResponse(request, PANEL, page_context(request, route))


@require_safe
@can_see
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel again, while the search goes on."""
    return TemplateResponse(request, PANEL, page_context(request, get_route(request, pk)))


@require_POST
@may_change
def accept(request: HttpRequest, pk: int, suggestion_pk: int) -> HttpResponse:
    suggestion = get_suggestion(request, pk, suggestion_pk)
    try:
        services.accept_suggestion(actor=user_of(request), suggestion=suggestion)
    except services.StopsChangedError:
        messages.warning(
            request, _("The route has changed since this order was suggested. Ask for a new one.")
        )
    else:
        messages.success(request, _("The suggested order is in use."))
    return changed_answer(request, suggestion.route)


@require_POST
@may_change
def undo(request: HttpRequest, pk: int, suggestion_pk: int) -> HttpResponse:
    suggestion = get_suggestion(request, pk, suggestion_pk)
    try:
        services.undo_suggestion(actor=user_of(request), suggestion=suggestion)
    except services.StopsChangedError:
        messages.warning(
            request, _("The route has changed since; its order from before cannot be brought back.")
        )
    else:
        messages.success(request, _("The order from before is back."))
    return changed_answer(request, suggestion.route)


@require_POST
@may_change
def drop(request: HttpRequest, pk: int, suggestion_pk: int) -> HttpResponse:
    suggestion = get_suggestion(request, pk, suggestion_pk)
    services.drop_suggestion(actor=user_of(request), suggestion=suggestion)
    return TemplateResponse(request, PANEL, page_context(request, suggestion.route))
