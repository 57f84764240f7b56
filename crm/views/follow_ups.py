"""One follow-up, its photos and voice note, and the parts that the pages of customers and leads load (B6)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from crm.forms.customers import attach_errors
from crm.forms.follow_ups import FollowUpEditForm
from crm.models import FollowUp, Lead
from crm.queries import follow_ups as queries
from crm.querysets import FollowUpQuerySet
from crm.rules.follow_ups import VOICE_TYPES
from crm.services import follow_ups as services
from crm.views.access import current_user, visible_customer


def visible_follow_up(request: HttpRequest, pk: int) -> FollowUp:
    """The follow-up, if the user may see it; else 404."""
    rows = queries.with_files(FollowUp.objects.visible_to(current_user(request)))
    follow_up: FollowUp = get_object_or_404(rows, pk=pk)
    return follow_up


def may_write(request: HttpRequest, follow_up: FollowUp) -> bool:
    """Whether the page offers to correct it: the customer or lead is the user's to change, and so is the record."""
    rows = FollowUp.objects.filter(queries.writable_q(current_user(request)), pk=follow_up.pk)
    return rows.exists()


class FollowUpDetail(PermissionRequiredMixin, View):
    raise_exception = True
    permission_required = "crm.view_followup"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up = visible_follow_up(request, pk)
        return self.render(follow_up, FollowUpEditForm(follow_up=follow_up))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up = visible_follow_up(request, pk)
        if not may_write(request, follow_up):
            raise PermissionDenied
        form = FollowUpEditForm(request.POST, follow_up=follow_up)
        if form.is_valid():
            try:
                services.update_follow_up(
                    actor=current_user(request), follow_up=follow_up, **form.cleaned_data
                )
                messages.success(request, _("Follow-up changed."))
                return redirect(follow_up)
            except ValidationError as error:
                attach_errors(form, error)
        return self.render(follow_up, form, status=422)

    def render(self, follow_up: FollowUp, form: FollowUpEditForm, *, status: int = 200) -> HttpResponse:
        writable = may_write(self.request, follow_up)
        queries.add_links([follow_up], current_user(self.request))
        context = {
            "row": follow_up,
            "form": form if writable else None,
            "is_open": form.is_bound,
            "may_delete": writable
            and queries.may_delete(current_user(self.request), follow_up, timezone.now()),
        }
        return TemplateResponse(self.request, "crm/follow_up_detail.html", context, status=status)


@require_POST
@permission_required("crm.change_followup", raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    follow_up = visible_follow_up(request, pk)
    if not may_write(request, follow_up):
        raise PermissionDenied
    target: Any = follow_up.customer or follow_up.lead
    try:
        services.delete_follow_up(actor=current_user(request), follow_up=follow_up)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(follow_up)
    messages.success(request, _("Follow-up deleted."))
    return redirect(target)


# --- parts of other pages
@permission_required("crm.view_followup", raise_exception=True)
def customer_follow_ups(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the customer's follow-ups, newest first; `page` for older ones."""
    customer = visible_customer(request, pk)
    rows = FollowUp.objects.filter(customer=customer)
    may_record = queries.may_record(current_user(request), customer=customer)
    return _fragment(request, rows, may_record=may_record, target=f"customer={pk}")


@permission_required(["crm.view_followup", "crm.view_lead"], raise_exception=True)
def lead_follow_ups(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the lead's follow-ups; those of a lead that was converted are its customer's."""
    lead = get_object_or_404(Lead.objects.visible_to(current_user(request)), pk=pk)
    rows = FollowUp.objects.filter(lead=lead)
    return _fragment(
        request, rows, may_record=queries.may_record(current_user(request), lead=lead), target=f"lead={pk}"
    )


def _fragment(request: HttpRequest, rows: FollowUpQuerySet, *, may_record: bool, target: str) -> HttpResponse:
    page = Paginator(queries.with_files(rows), queries.FRAGMENT_SIZE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    queries.add_links(page.object_list, current_user(request))
    template = "crm/_follow_ups.html#items" if page.number > 1 else "crm/_follow_ups.html"
    context = {"page": page, "may_record": may_record, "target": target}
    return TemplateResponse(request, template, context)


# --- files, for those who may see their follow-up; browsers keep them, proxies do not
@permission_required("crm.view_followup", raise_exception=True)
def photo(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    row = get_object_or_404(queries.visible_photos(current_user(request)), pk=pk)
    return _private(FileResponse(_opened(row.image), content_type="image/jpeg"))


@permission_required("crm.view_followup", raise_exception=True)
def voice(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The voice note, whole or the range asked for: iPhones play nothing that cannot be asked for in parts."""
    follow_up = get_object_or_404(FollowUp.objects.visible_to(current_user(request)).exclude(voice=""), pk=pk)
    suffix = PurePosixPath(str(follow_up.voice.name)).suffix.lstrip(".")
    # From the bytes it was accepted by; never what the sender called it.
    content_type = VOICE_TYPES.get(suffix, "application/octet-stream")
    file = _opened(follow_up.voice)
    size = follow_up.voice.size
    wanted = _range(request.headers.get("Range", ""), size)
    if wanted is None:
        response: HttpResponse | FileResponse = FileResponse(file, content_type=content_type)
    else:
        first, last = wanted
        with file:
            file.seek(first)
            response = HttpResponse(file.read(last - first + 1), content_type=content_type, status=206)
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Accept-Ranges"] = "bytes"
    return _private(response)


def _opened(file: FieldFile) -> Any:
    try:
        return file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error


def _range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range within the file; None for none, several, or one outside."""
    match = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", header.strip())
    if match is None:
        return None
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    return (first, last) if first <= last else None


def _private(response: Any) -> Any:
    response["Cache-Control"] = "private, max-age=604800, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
