"""Visit plans: the list, one plan's terms, and what is done to many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common import business_calendar
from common.tables import Column
from common.views import BulkAction, ListPage
from visits.filters.plans import PlanFilter
from visits.forms.plans import HandOverForm, TermsForm
from visits.queries import plans as queries
from visits.rules.plans import read_days
from visits.services import plans as services
from visits.services.plans import PlanResult
from visits.tables.plans import plan_columns, rhythm_words
from visits.views.answers import safe_next, whole_numbers

CHANGE = "visits.change_visitplan"


class PlanListView(ListPage):
    permission_required = "visits.view_visitplan"
    title = gettext_lazy("Visit plans")
    filterset_class = PlanFilter
    default_sort = "customer"
    template_name = "visits/plan_list.html"
    export_permission = "visits.export_visit"
    export_name = "visit-plans"
    empty_text = gettext_lazy("No visit plans yet. A plan says how often a rep comes to a customer.")
    create_url = reverse_lazy("visits:planning")
    create_label = gettext_lazy("Plan visits")
    create_permission = "visits.add_visitplan"
    bulk_actions = (
        BulkAction(gettext_lazy("Change rep"), reverse_lazy("visits:plan_hand_over"), "user-share", CHANGE),
        BulkAction(
            gettext_lazy("Stop"),
            reverse_lazy("visits:plan_stop"),
            "player-stop",
            CHANGE,
            gettext_lazy("Stop these plans? Their visits go from the third day on."),
        ),
        BulkAction(gettext_lazy("Resume"), reverse_lazy("visits:plan_resume"), "player-play", CHANGE),
    )

    def get_queryset(self) -> QuerySet[Any]:
        return queries.plan_rows(user=self.request.user)

    @cached_property
    def all_columns(self) -> Sequence[Column]:
        by_level, today = queries.frequencies(), business_calendar.today()
        return plan_columns(lambda plan: queries.next_date(plan, by_level, today))

    def get_columns(self) -> Sequence[Column]:
        return self.all_columns


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The terms of one plan; its tasks follow from the third day on."""
    plan = get_object_or_404(queries.plan_rows(user=request.user), pk=pk)
    initial = {
        **{name: getattr(plan, name) for name in ("rhythm", "every", "frequency", "on_holiday", "starts_on")},
        **{name: getattr(plan, name) for name in ("ends_on", "visit_type", "note")},
        "weekdays": sorted(read_days(plan.weekdays)),
    }
    form = TermsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            result = services.save_plans(
                actor=request.user, pairs=[(plan.rep_id, plan.customer_id)], terms=form.terms()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            tell(request, result)
            return HttpResponseRedirect(safe_next(request, reverse("visits:plan_list")))
    today = business_calendar.today()
    context = {
        "form": form,
        "plan": plan,
        "rhythm": rhythm_words(plan),
        "next_on": queries.next_date(plan, queries.frequencies(), today),
        "cancel_url": reverse("visits:plan_list"),
    }
    return render(request, "visits/plan_form.html", context)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def plan_stop(request: HttpRequest) -> HttpResponse:
    return _done(request, services.stop_plans)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def plan_resume(request: HttpRequest) -> HttpResponse:
    return _done(request, services.resume_plans)


def _done(request: HttpRequest, service: Any) -> HttpResponse:
    try:
        tell(request, service(actor=request.user, plan_ids=whole_numbers(request.POST.getlist("pk"))))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(reverse("visits:plan_list"))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def plan_hand_over(request: HttpRequest) -> HttpResponse:
    """Asks for the rep, then hands the chosen plans over."""
    ids = whole_numbers(request.POST.getlist("pk"))
    plans = list(queries.plan_rows(user=request.user).filter(pk__in=ids))
    if not plans:
        messages.error(request, _("Choose plans first."))
        return HttpResponseRedirect(reverse("visits:plan_list"))
    form = HandOverForm(request.POST if "rep" in request.POST else None, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            result = services.hand_over_plans(
                actor=request.user, plan_ids=[plan.pk for plan in plans], rep=form.cleaned_data["rep"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            tell(request, result)
            return HttpResponseRedirect(reverse("visits:plan_list"))
    return render(request, "visits/plan_hand_over.html", {"form": form, "plans": plans})


def tell(request: HttpRequest, result: PlanResult) -> None:
    """What became of the plans and their visits, in one toast."""
    words = []
    if result.created:
        words.append(
            ngettext("%(n)s plan made.", "%(n)s plans made.", result.created) % {"n": result.created}
        )
    if result.changed:
        words.append(
            ngettext("%(n)s plan changed.", "%(n)s plans changed.", result.changed) % {"n": result.changed}
        )
    if result.same:
        words.append(_("%(n)s stayed as they were.") % {"n": result.same})
    if result.refused:
        words.append(
            _("%(n)s refused: the rep does not see the customer, or has a plan for it.")
            % {"n": result.refused}
        )
    if result.tasks_made or result.tasks_removed:
        numbers = {"made": result.tasks_made, "gone": result.tasks_removed}
        words.append(_("Visits in the next two weeks: %(made)s new, %(gone)s taken away.") % numbers)
    done = result.created or result.changed
    (messages.success if done else messages.warning)(request, " ".join(words) or _("Nothing changed."))
