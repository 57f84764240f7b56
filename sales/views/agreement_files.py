"""Files of agreements: added, shown to those who may see the agreement, removed (G3)."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sales.enums import AgreementFileKind
from sales.forms.agreements import FileForm
from sales.forms.base import attach_errors
from sales.queries.agreements import visible_files
from sales.rules.agreements import CONTENT_TYPES, AgreementAction
from sales.services import agreement_files as services
from sales.views.agreements import asked_agreement, draw

INLINE = ("pdf", "jpg")  # shown in the browser; everything else is only saved


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    agreement = asked_agreement(request, pk, AgreementAction.ADD_FILE)
    form = FileForm(request.POST, request.FILES, prefix="file")
    if not form.is_valid():
        return draw(request, agreement, 422, file_form=form)
    try:
        files = services.prepare_files(form.cleaned_data["files"])
        kind = AgreementFileKind(form.cleaned_data["kind"])
        services.add_files(actor=request.user, agreement=agreement, files=files, kind=kind)
    except ValidationError as refusal:
        attach_errors(form, refusal)
        return draw(request, agreement, 422, file_form=form)
    messages.success(request, _("%(n)s files are added.") % {"n": len(files)})
    return redirect(agreement)


@permission_required("sales.view_agreement", raise_exception=True)
def file_show(request: HttpRequest, pk: int) -> FileResponse:
    """The file, under its own name and with the type its bytes were checked for."""
    row = get_object_or_404(visible_files(request.user), pk=pk)
    suffix = PurePosixPath(str(row.file.name)).suffix.lstrip(".")
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    kind = CONTENT_TYPES.get(suffix, "application/octet-stream")
    return FileResponse(
        content,
        as_attachment=suffix not in INLINE or "download" in request.GET,
        filename=row.name,
        content_type=kind,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(visible_files(request.user).select_related("agreement"), pk=pk)
    if not request.user.has_perm("sales.change_agreement"):
        raise PermissionDenied
    try:
        services.remove_file(actor=request.user, file=row)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("%(name)s is removed.") % {"name": row.name})
    return redirect(row.agreement)
