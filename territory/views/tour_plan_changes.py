"""What changes a tour plan's tours: the search, moves by hand, undo; copies; publishing and taking back."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from territory import tasks
from territory.forms.tour_plans import MoveForm
from territory.models import TourPlan
from territory.services import tour_plan_jobs as jobs
from territory.services import tour_plan_moves as moves
from territory.services import tour_plan_tasks as publishing
from territory.services import tour_plans as services
from territory.views import user_of
from territory.views.tour_plans import get_plan, may_change, page_context

may_publish = permission_required("territory.publish_tourplan", raise_exception=True)


@require_POST
@may_change
def search(request: HttpRequest, pk: int) -> HttpResponse:
    """Search for tours as a job; with `keep=1` from those that are there, moved stops staying where they are."""
    plan = get_plan(request, pk)
    try:
        jobs.ask_for_tours(actor=user_of(request), plan=plan, keep_moved=request.POST.get("keep") == "1")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        transaction.on_commit(partial(tasks.run_tour_plan.delay, plan.pk), robust=True)
    return redirect(plan)


@require_POST
@may_change
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_plan(request, pk)
    if jobs.cancel_search(actor=user_of(request), plan=plan):
        messages.success(request, _("The search is cancelled; the tours stay as they were."))
    else:
        messages.warning(request, _("The search had ended already."))
    return redirect(plan)


@require_POST
@may_change
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a visit into another tour or place; answers the board."""
    plan = get_plan(request, pk)
    form = MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This move cannot be read."))
        return _board(request, plan)
    data = form.cleaned_data
    try:
        moves.move_stop(
            actor=user_of(request),
            plan=plan,
            shop_id=data["shop"],
            source=data["source"],
            target=data["target"],
            position=data["position"],
            seen=data["seen"],
        )
    except services.PlanChangedError:
        messages.warning(
            request, _("Somebody else has changed this plan meanwhile. Here are its present tours.")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _board(request, plan)


@require_POST
@may_change
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the tours before the last change by hand; answers the board."""
    plan = get_plan(request, pk)
    seen = request.POST.get("seen", "")
    try:
        moves.undo_move(actor=user_of(request), plan=plan, seen=int(seen) if seen.isdecimal() else -1)
    except services.PlanChangedError:
        messages.warning(
            request, _("Somebody else has changed this plan meanwhile. Here are its present tours.")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The last change is undone."))
    return _board(request, plan)


def _board(request: HttpRequest, plan: TourPlan) -> HttpResponse:
    return TemplateResponse(
        request, "territory/tour_plan_board.html", page_context(request, get_plan(request, plan.pk))
    )


# --- the whole
@require_POST
@permission_required("territory.add_tourplan", raise_exception=True)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The same question again, to try other terms."""
    plan = get_plan(request, pk)
    name = _("%(name)s (copy)") % {"name": plan.name[:50]}
    made = services.copy_tour_plan(actor=user_of(request), plan=plan, name=name)
    messages.success(request, _("Change what shall be tried, and search for tours."))
    return redirect("territory:tour_plan_edit", made.pk)


@require_POST
@permission_required("territory.delete_tourplan", raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_plan(request, pk)
    try:
        services.delete_tour_plan(actor=user_of(request), plan=plan)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(plan)
    text = _("Tour plan %(name)s is deleted. Tasks made of it stay.") % {"name": plan.name}
    messages.success(request, text)
    return redirect("territory:tour_plan_list")


@require_POST
@may_publish
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the reps their tasks."""
    plan = get_plan(request, pk)
    try:
        result = publishing.publish_tour_plan(actor=user_of(request), plan=plan, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(plan)
    text = _("%(created)s visit tasks made, %(existing)s were there already.") % {
        "created": result.created,
        "existing": result.existing,
    }
    if result.refused:
        words = ngettext(
            "%(n)s visit was refused; see below.",
            "%(n)s visits were refused; see below.",
            len(result.refused),
        )
        text += " " + words % {"n": len(result.refused)}
    (messages.warning if result.refused else messages.success)(request, text)
    return redirect(plan)


@require_POST
@may_publish
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the tasks that nobody has touched."""
    plan = get_plan(request, pk)
    try:
        result = publishing.unpublish_tour_plan(actor=user_of(request), plan=plan, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(plan)
    text = ngettext("%(n)s task taken back.", "%(n)s tasks taken back.", result.withdrawn)
    text = text % {"n": result.withdrawn}
    if result.kept:
        words = ngettext(
            "%(n)s stays: begun, done, skipped, moved or past.",
            "%(n)s stay: begun, done, skipped, moved or past.",
            result.kept,
        )
        text += " " + words % {"n": result.kept}
    messages.success(request, text)
    return redirect(plan)
