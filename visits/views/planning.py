"""Plan visits (D2): customers × reps × days or a rhythm; a preview with load and conflicts; made in one go."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from accounts.models import SavedView, User
from common import business_calendar
from crm.models import Customer
from visits.forms.plans import MAX_DRAFTS, ONCE, PlanningForm, TermsForm
from visits.queries import drafts as queries
from visits.queries import plans as plan_queries
from visits.queries.drafts import DraftBoard, Load
from visits.rules.drafts import CONFLICT_LABELS, KEEP, LEAVE_OUT, MOVE, UNSEEN, Draft, Key
from visits.rules.plans import CYCLE_DAYS, PlanRule, read_days
from visits.services import drafts as draft_services
from visits.services import plans as plan_services
from visits.services.drafts import DraftResult
from visits.services.plans import PlanTerms
from visits.views.answers import whole_numbers
from visits.views.plans import tell

CHOICE_LABELS = {
    KEEP: gettext_lazy("Keep"),
    MOVE: gettext_lazy("Move to the next free day"),
    LEAVE_OUT: gettext_lazy("Leave out"),
}
SHOWN_CONFLICTS = 200


class PlanningView(PermissionRequiredMixin, View):
    """GET: the page; `customer` (many), `customers` (with commas) or all of the customer list's address `list` are
    chosen already. POST `pk` (many), or `all=1` and `query`: what is selected in the customer list, leads to that page.
    POST `step=preview`: the fragment with load and conflicts; POST else: makes it, the choices named
    `c-<rep>-<customer>-<day>`."""

    permission_required = ("visits.add_visittask", "visits.add_visitplan")
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        today = business_calendar.today()
        form = PlanningForm(user=request.user, today=today, initial={"date": today})
        return self.page(request, form, TermsForm(initial={"starts_on": today}))

    def post(self, request: HttpRequest) -> HttpResponse:
        if "how" not in request.POST:
            return HttpResponseRedirect(f"{reverse('visits:planning')}?{_selection(request.POST)}")
        today = business_calendar.today()
        form = PlanningForm(request.POST, user=request.user, today=today)
        terms = TermsForm(
            request.POST if request.POST.get("how") == "plan" else None, initial={"starts_on": today}
        )
        preview = request.POST.get("step") == "preview"
        if not form.is_valid() or (terms.is_bound and not terms.is_valid()):
            return self.refused(request, form, terms, preview)
        try:
            return self.done(request, form, terms, preview)
        except ValidationError as error:
            form.add_error(None, error)
            return self.refused(request, form, terms, preview)

    def done(self, request: HttpRequest, form: PlanningForm, terms: TermsForm, preview: bool) -> HttpResponse:
        pairs = form.pairs()
        if not pairs:
            raise ValidationError(_("None of these customers has a rep of yours. Choose who goes."))
        once = form.cleaned_data["how"] == ONCE
        if preview:
            context = _once_preview(request, form, pairs) if once else _plan_preview(form, terms, pairs)
            return render(request, "visits/planning_preview.html", context)
        if once:
            tell_drafts(request, self.create(request, form, pairs))
            first = form.cleaned_data["dates"][0]
            return HttpResponseRedirect(f"{reverse('visits:task_board')}?date={first}")
        left_out = {
            (rep, customer)
            for (rep, customer, _day), choice in chosen(request.POST).items()
            if choice == LEAVE_OUT
        }
        result = plan_services.save_plans(
            actor=request.user, pairs=[pair for pair in pairs if pair not in left_out], terms=terms.terms()
        )
        tell(request, result)
        return HttpResponseRedirect(reverse("visits:plan_list"))

    def create(
        self, request: HttpRequest, form: PlanningForm, pairs: Sequence[tuple[int, int]]
    ) -> DraftResult:
        return draft_services.create_drafts(
            actor=request.user,
            wanted=_wanted(form, pairs),
            chosen=chosen(request.POST),
            limit=form.cleaned_data["limit"],
            note=request.POST.get("note", ""),
        )

    def refused(
        self, request: HttpRequest, form: PlanningForm, terms: TermsForm, preview: bool
    ) -> HttpResponse:
        if preview:
            forms = [form, terms] if terms.is_bound else [form]
            errors = [
                (form.fields[name].label if name in form.fields else "", error)
                for form in forms
                for name, found in form.errors.items()
                for error in found
            ]
            return render(request, "visits/planning_preview.html", {"errors": errors})
        return self.page(request, form, terms, status=422)

    def page(
        self, request: HttpRequest, form: PlanningForm, terms: TermsForm, status: int = 200
    ) -> HttpResponse:
        typed = request.POST.get("customers", "").split(",") if request.method == "POST" else []
        ids = whole_numbers(
            [*typed, *request.GET.getlist("customer"), *request.GET.get("customers", "").split(",")]
        )
        found = Customer.objects.visible_to(request.user).active().select_related("owner").in_bulk(ids)
        ready = [
            [c.pk, c.name, c.level, c.owner.name if c.owner else "", c.latitude, c.longitude, c.last_visit_on]
            for c in (found[pk] for pk in dict.fromkeys(ids) if pk in found)
        ]
        views = SavedView.objects.visible_to(request.user).filter(page="/customers/")
        context = {
            "form": form,
            "terms": terms,
            "ready": ready,
            "views": views,
            "note": request.POST.get("note", ""),
            "whole_list": request.GET.get("list", "") if request.method == "GET" else "",
        }
        return render(request, "visits/planning.html", context, status=status)


def _selection(data: QueryDict) -> str:
    """The selection of a list as this page's own address, so that it lasts when the page is loaded again."""
    if data.get("all") == "1":
        return urlencode({"list": data.get("query", "") or "all"})
    return urlencode({"customers": ",".join(str(pk) for pk in whole_numbers(data.getlist("pk")))}, safe=",")


def chosen(data: QueryDict) -> dict[Key, str]:
    """What the planner decided: `c-<rep>-<customer>-<YYYYMMDD>` → keep, move or out; nonsense is nothing."""
    found: dict[Key, str] = {}
    for name, choice in data.items():
        parts = str(name).split("-")
        if len(parts) != 4 or parts[0] != "c" or not all(part.isdecimal() for part in parts[1:]):
            continue
        try:
            day = dt.date.fromisoformat(parts[3])
        except ValueError:
            continue
        found[int(parts[1]), int(parts[2]), day] = str(choice)
    return found


def _wanted(form: PlanningForm, pairs: Sequence[tuple[int, int]]) -> list[Key]:
    data = form.cleaned_data
    if data["each_once"]:
        reps = {rep for rep, _customer in pairs}
        load = plan_queries.task_load(_people(reps), data["dates"][0], data["dates"][-1])
        return queries.shared_out(pairs, data["dates"], load)
    if len(pairs) * len(data["dates"]) > MAX_DRAFTS:
        raise ValidationError(_("At most %(count)s tasks at once.") % {"count": MAX_DRAFTS})
    return queries.each_day(pairs, data["dates"])


def _people(ids: set[int]) -> list[User]:
    return list(User.objects.filter(pk__in=ids).select_related("role").order_by("name", "pk"))


def _once_preview(
    request: HttpRequest, form: PlanningForm, pairs: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    data = form.cleaned_data
    reps, wanted = _people({rep for rep, _customer in pairs}), _wanted(form, pairs)
    customers = {customer.pk: customer for customer in data["customers"]}
    board = queries.draft_board(reps=reps, customers=customers.values(), wanted=wanted, limit=data["limit"])
    outcome, load = board.settled(chosen(request.POST))
    days = sorted({*data["dates"], *outcome.place.values()})
    return {
        "grid": _grid(reps, days, board.load, load, data["limit"]),
        "new": len(outcome.place),
        "moved": outcome.moved,
        "left_out": outcome.left_out,
        "existing": outcome.existing,
        "limit": data["limit"],
        **_conflicts(board, chosen(request.POST), outcome.place, customers, {rep.pk: rep for rep in reps}),
    }


def _conflicts(
    board: DraftBoard,
    choices: Mapping[Key, str],
    place: Mapping[Draft, dt.date],
    customers: Mapping[int, Customer],
    reps: Mapping[int, User],
) -> dict[str, Any]:
    hard = [draft for draft in board.drafts if draft.conflicts]
    rows = [
        {
            "name": f"c-{draft.rep_id}-{draft.customer_id}-{draft.day:%Y%m%d}",
            "customer": customers[draft.customer_id].name,
            "rep": reps[draft.rep_id].name,
            "day": draft.day,
            "kinds": " ".join(draft.conflicts),
            "words": [CONFLICT_LABELS[code] for code in draft.conflicts],
            "choice": choices.get(draft.key, draft.usual),
            "choices": [(code, CHOICE_LABELS[code]) for code in draft.choices],
            "to": place.get(draft) if place.get(draft) != draft.day else None,
        }
        for draft in hard[:SHOWN_CONFLICTS]
    ]
    counts = Counter(code for draft in hard for code in draft.conflicts)
    kinds = [(code, CONFLICT_LABELS[code], number, code != UNSEEN) for code, number in counts.items()]
    return {"conflicts": rows, "more_conflicts": len(hard) - len(rows), "kinds": kinds}


def _plan_preview(form: PlanningForm, terms: TermsForm, pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    values = plan_services.check_terms(terms.terms())
    reps = _people({rep for rep, _customer in pairs})
    customers = {customer.pk: customer for customer in form.cleaned_data["customers"]}
    drafts = queries.plan_drafts(reps=reps, customers=customers.values(), pairs=pairs)
    welcome = [draft for draft in drafts if UNSEEN not in draft.conflicts]
    first = max(values.starts_on, business_calendar.today())
    last = first + dt.timedelta(days=CYCLE_DAYS - 1)
    before = plan_queries.task_load(reps, first, last)
    added = queries.plan_load(
        [draft for draft in welcome if not draft.is_change], customers, _rule(values), values.frequency, last
    )
    names = {rep.pk: rep.name for rep in reps}
    rows = [
        {
            "name": f"c-{draft.rep_id}-{draft.customer_id}-{values.starts_on:%Y%m%d}",
            "customer": customers[draft.customer_id].name,
            "rep": names[draft.rep_id],
            "kinds": " ".join(draft.conflicts),
            "words": [PLAN_LABELS[code] for code in draft.conflicts],
            "choice": LEAVE_OUT if UNSEEN in draft.conflicts else KEEP,
            "choices": [
                (code, CHOICE_LABELS[code])
                for code in ((LEAVE_OUT,) if UNSEEN in draft.conflicts else (KEEP, LEAVE_OUT))
            ],
        }
        for draft in drafts
        if draft.conflicts
    ]
    days = [first + dt.timedelta(days=n) for n in range(CYCLE_DAYS)]
    return {
        "grid": _grid(reps, days, before, before + added, form.cleaned_data["limit"]),
        "plans": len(welcome),
        "changes": sum(draft.is_change for draft in welcome),
        "left_out": len(drafts) - len(welcome),
        "limit": form.cleaned_data["limit"],
        "conflicts": rows[:SHOWN_CONFLICTS],
        "more_conflicts": max(0, len(rows) - SHOWN_CONFLICTS),
    }


PLAN_LABELS = {**CONFLICT_LABELS, "other_rep": gettext_lazy("Another rep has a plan for this customer")}


def _rule(terms: PlanTerms) -> PlanRule:
    return PlanRule(
        rhythm=terms.rhythm,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        every=terms.every,
        weekdays=read_days(terms.weekdays),
        on_holiday=terms.on_holiday,
    )


def _grid(
    reps: Sequence[User], days: Sequence[dt.date], before: Load, after: Load, limit: int
) -> dict[str, Any]:
    """Rows of reps, columns of days: tasks there already, tasks that come, over the limit."""
    return {
        "days": [(day, not business_calendar.is_working_day(day)) for day in days],
        "rows": [
            {
                "rep": rep,
                "cells": [
                    {
                        "before": before[rep.pk, day],
                        "new": after[rep.pk, day] - before[rep.pk, day],
                        "total": after[rep.pk, day],
                        "over": after[rep.pk, day] > limit,
                        "off": not business_calendar.is_working_day(day),
                    }
                    for day in days
                ],
                "new": sum(after[rep.pk, day] - before[rep.pk, day] for day in days),
            }
            for rep in reps
        ],
        "over": sum(after[rep.pk, day] > limit for rep in reps for day in days),
    }


def tell_drafts(request: HttpRequest, result: DraftResult) -> None:
    """What became of the draft, in one toast."""
    words = [ngettext("%(n)s task planned.", "%(n)s tasks planned.", result.created) % {"n": result.created}]
    if result.moved:
        words.append(_("%(n)s of them moved to another day.") % {"n": result.moved})
    if result.existing:
        words.append(_("%(n)s existed already.") % {"n": result.existing})
    if result.left_out:
        words.append(_("%(n)s left out.") % {"n": result.left_out})
    if result.other_rep:
        words.append(_("At %(n)s of them another rep has a task on that day, too.") % {"n": result.other_rep})
    (messages.success if result.created else messages.warning)(request, " ".join(words))
