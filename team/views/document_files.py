"""Attachments and pictures of documents, for those who see the document; browsers keep pictures, proxies nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.business_calendar import today
from team.forms.documents import AttachForm
from team.models import Document, DocumentFile, DocumentPicture
from team.queries.documents import may_change, visible_files
from team.rules.document_files import KINDS, byte_range
from team.services import document_files as services
from team.views.document_edit import asked_document, may_add
from team.views.documents import draw, may_view, me, visible_document

_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


@may_view
@require_POST
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    document = asked_document(request, pk)
    form = AttachForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            rows = services.add_files(
                actor=me(request), document=document, uploads=form.cleaned_data["files"]
            )
        except ValidationError as refusal:
            form.add_error("files", refusal)
        else:
            messages.success(request, _("%(n)s files are added.") % {"n": len(rows)})
            return redirect(document)
    return draw(request, document, status=422, file_errors=form.errors.get("files", []))


def _visible_file(request: HttpRequest, pk: int) -> DocumentFile:
    rows = visible_files(me(request), today()).select_related("document")
    found: DocumentFile = get_object_or_404(rows, pk=pk)
    return found


@may_view
@require_safe
def file_show(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file under its own name, with the type its content was checked for; a film in the parts asked for."""
    row = _visible_file(request, pk)
    kind = KINDS[row.suffix]
    content = _opened(row.file)
    size = row.file.size
    wanted = byte_range(request.headers.get("Range", ""), size) if row.suffix == "mp4" else None
    if wanted is not None:
        return _part(content, wanted, size, kind.content_type)
    response = FileResponse(
        content,
        as_attachment=not kind.inline or "download" in request.GET,
        filename=row.name,
        content_type=kind.content_type,
        headers=_SAFE,
    )
    if row.suffix == "mp4":
        response["Accept-Ranges"] = "bytes"
    return response


_MOST_AT_ONCE = 2 * 1024 * 1024  # of a film, whatever range is asked for


def _part(content: Any, wanted: tuple[int, int], size: int, content_type: str) -> HttpResponse:
    first, last = wanted[0], min(wanted[1], wanted[0] + _MOST_AT_ONCE - 1)
    with content:
        content.seek(first)
        data = content.read(last - first + 1)
    response = HttpResponse(data, content_type=content_type, status=206, headers=_SAFE)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


@may_view
@require_safe
def file_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The words of an attachment, as the search reads them: a look into Office files without Office."""
    row = _visible_file(request, pk)
    return TemplateResponse(request, "team/document_file_text.html", {"row": row, "document": row.document})


@may_view
@require_POST
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = _visible_file(request, pk)
    if not may_change(me(request), row.document):
        raise PermissionDenied
    services.remove_file(actor=me(request), file=row)
    messages.success(request, _("%(name)s is removed.") % {"name": row.name})
    return redirect(row.document)


# --- pictures within the text
@may_add
@require_POST
def picture_add(request: HttpRequest) -> HttpResponse:
    """POST image, and document when it is saved already; answers {url} or 422 {error}."""
    upload = request.FILES.get("image")
    if upload is None:
        return JsonResponse({"error": _("Choose a picture.")}, status=422)
    asked = request.POST.get("document", "")
    document = visible_document(request, int(asked)) if asked.isdecimal() and len(asked) < 19 else None
    try:
        row = services.store_picture(actor=me(request), upload=upload, document=document)
    except ValidationError as refusal:
        return JsonResponse({"error": " ".join(refusal.messages)}, status=422)
    return JsonResponse({"url": row.get_absolute_url()})


@may_view
@require_safe
def picture(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """A picture of a document that this person sees, or one that he put into a text just now."""
    visible = Document.objects.visible_to(me(request), today()).values("pk")
    mine = Q(document__in=visible) | Q(document__isnull=True, created_by=me(request))
    row = get_object_or_404(DocumentPicture.objects.filter(mine), pk=pk)
    headers = _SAFE | {"Cache-Control": "private, max-age=604800, immutable"}
    return FileResponse(_opened(row.image), content_type="image/jpeg", headers=headers)


def _opened(file: Any) -> Any:
    try:
        return file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
