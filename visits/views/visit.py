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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import DetailView

from visits import queries, services
from visits.forms import CheckOutForm
from visits.models import Visit
from visits.tables import flag_words
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
        return super().get_context_data(**visit_context(self.object), form=CheckOutForm(), **kwargs)


def visit_context(visit: Visit) -> dict[str, Any]:
    sent_later = visit.check_in_received_at - visit.check_in_at
    return {
        "orders": [link.order for link in visit.visit_orders.all()],
        "photos": list(visit.photos.all()),
        "flags": flag_words(visit.flags),
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
