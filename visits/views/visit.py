"""One visit: the in-store page while it is open, the record afterwards; its photos and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import DetailView

from accounts.models import User
from common import business_calendar
from visits import queries, services
from visits.enums import PhraseUse, StepKind
from visits.forms import CheckOutForm
from visits.models import Visit
from visits.rules import StepState, missing
from visits.rules.evidence import PART_LABELS
from visits.tables import flag_words, map_names
from visits.views.answers import form_error, refused, wants_json, went_well

# A phone that sends its action at once is never this late.
LATE_SECONDS = 600


class VisitDetailView(PermissionRequiredMixin, DetailView):
    permission_required = "visits.view_visit"
    raise_exception = True
    context_object_name = "visit"

    def get_queryset(self) -> Any:
        return queries.visit_detail(user=self.request.user)

    def get_template_names(self) -> list[str]:
        return ["visits/in_store.html" if self.is_inside() else "visits/record.html"]

    def is_inside(self) -> bool:
        return self.object.status == "open" and self.object.rep_id == self.request.user.pk

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CheckOutForm(initial={"summary": self.object.summary})
        context = super().get_context_data(**visit_context(self.object), form=form, **kwargs)
        if self.is_inside():
            return context | work_context(self.object, self.request.user)
        return context | record_context(self.object) | self.way_on()

    def way_on(self) -> dict[str, Any]:
        """Whoever has just left a store is told where to go next."""
        visit = self.object
        if visit.rep_id != self.request.user.pk or visit.day != business_calendar.today():
            return {}
        found = queries.next_stop(visit=visit)
        links = map_names(queries.map_links(found.task.customer)) if found.task else []
        return {"next_stop": found, "next_links": links}


def work_context(visit: Visit, user: User) -> dict[str, Any]:
    """The page while one is in the store: steps with their links, phrases, what is still missing."""
    states = queries.step_states(visit=visit, user=user)
    summary = next((state for state in states if state.kind == StepKind.SUMMARY), None)
    return {
        "steps": [step_row(state, visit) for state in states if state.kind != StepKind.SUMMARY],
        "missing": [state.label for state in missing(states) if state.kind != StepKind.SUMMARY],
        "summary_required": bool(summary and summary.is_required),
        "phrases": queries.phrases(user=user, use=PhraseUse.SUMMARY),
    }


def record_context(visit: Visit) -> dict[str, Any]:
    """The record afterwards: what was done, and how well it is proven."""
    parts = visit.evidence.items()
    return {
        "reports": queries.visit_reports(visit),
        "proof": [(PART_LABELS.get(code, code), points) for code, points in parts],
        "points": sum(points for _code, points in parts),
    }


_ICONS = {
    StepKind.ORDER: "shopping-cart",
    StepKind.VAN_SALE: "truck-delivery",
    StepKind.RETURN: "truck-return",
    StepKind.RECEIPT: "cash",
    StepKind.STOCK_COUNT: "clipboard-list",
    StepKind.SELL_OUT: "chart-bar",
    StepKind.DISPLAY: "layout-grid",
    StepKind.COMPETITOR: "swords",
    StepKind.PHOTO: "camera",
    StepKind.FORM: "forms",
    StepKind.MATURITY: "plant-2",
}
_SALES = {
    StepKind.ORDER: "sales:order_create",
    StepKind.VAN_SALE: "sales:van_sell",
    StepKind.RETURN: "sales:return_create",
    StepKind.RECEIPT: "sales:receipt_create",
    StepKind.COMPETITOR: "crm:competitor_create",
}


def step_row(state: StepState, visit: Visit) -> dict[str, Any]:
    """One line of the step list; photos are taken on the page itself."""
    kind = StepKind(state.kind)
    if kind in _SALES:
        query = {"customer": visit.customer_id, "visit": visit.pk, "next": visit.get_absolute_url()}
        url = f"{reverse(_SALES[kind])}?{urlencode(query)}"
    elif kind == StepKind.FORM:
        url = reverse("visits:step_form", args=[visit.pk, state.form_id])
    elif kind == StepKind.PHOTO:
        url = "#photos"
    else:
        url = reverse(f"visits:step_{kind}", args=[visit.pk])
    return {"state": state, "url": url, "icon": _ICONS[kind]}


def visit_context(visit: Visit) -> dict[str, Any]:
    sent_later = visit.check_in_received_at - visit.check_in_at
    return {
        "orders": [link.order for link in visit.visit_orders.all()],
        "photos": list(visit.photos.all()),
        # The place has a badge of its own on these pages.
        "flags": flag_words([flag for flag in visit.flags if flag != visit.fence]),
        "sent_later": sent_later if sent_later.total_seconds() > LATE_SECONDS else None,
        "next": reverse("visits:visit_detail", args=[visit.pk]),
        "now": timezone.now(),
    }


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def check_out(request: HttpRequest, pk: int) -> HttpResponse:
    visit = get_object_or_404(queries.visit_detail(user=request.user), pk=pk)
    form = CheckOutForm(request.POST)
    try:
        if not form.is_valid():
            raise form_error(form)
        services.check_out(
            actor=request.user,
            visit=visit,
            fix=form.fix(),
            occurred_at=form.cleaned_data["occurred_at"],
            summary=form.cleaned_data["summary"],
            outcome=form.cleaned_data["outcome"],
        )
    except ValidationError as error:
        if wants_json(request):
            return refused(error)
        context = {"visit": visit, "form": form, "error": error, **visit_context(visit)}
        context |= work_context(visit, request.user)
        return render(request, "visits/in_store.html", context, status=422)
    messages.success(request, _("Checked out from %(customer)s.") % {"customer": visit.customer.name})
    return went_well(request, visit.get_absolute_url())


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def add_photos(request: HttpRequest, pk: int) -> HttpResponse:
    visit = get_object_or_404(queries.visit_detail(user=request.user), pk=pk)
    try:
        services.add_photos(actor=request.user, visit=visit, photos=request.FILES.getlist("photos"))
    except ValidationError as error:
        if wants_json(request):
            return refused(error)
        messages.error(request, " ".join(error.messages))
    return went_well(request, visit.get_absolute_url())


@permission_required("visits.view_visit", raise_exception=True)
def photo(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """A photo's file, for those who may see its visit; browsers keep it, proxies do not."""
    row = get_object_or_404(queries.visible_photos(user=request.user), pk=pk)
    try:
        file = row.image.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=604800, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
