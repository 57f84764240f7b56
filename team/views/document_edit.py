"""Writing documents (H6): the editor, publishing and archiving, versions."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from team.enums import DocumentStatus
from team.forms.documents import DocumentForm
from team.models import Document, DocumentVersion
from team.queries.documents import may_change
from team.rules.document_compare import compare
from team.rules.document_html import clean_body, plain_text
from team.services import documents as services
from team.views.documents import may_view, me, visible_document

may_add = permission_required(["team.view_document", "team.add_document"], raise_exception=True)


@may_add
@require_http_methods(["GET", "POST"])
def document_new(request: HttpRequest) -> HttpResponse:
    folder = request.GET.get("folder", "")
    initial = {"folder": folder} if folder.isdecimal() and len(folder) < 19 else {}
    form = DocumentForm(request.POST or None, instance=Document(), initial=initial)
    return _edit(request, form, None)


@may_view
@require_http_methods(["GET", "POST"])
def document_edit(request: HttpRequest, pk: int) -> HttpResponse:
    document = asked_document(request, pk)
    form = DocumentForm(request.POST or None, instance=document)
    return _edit(request, form, document)


def asked_document(request: HttpRequest, pk: int) -> Document:
    """The document, if this person may change it; 404 when he does not see it, 403 when he only reads."""
    document = visible_document(request, pk)
    if not may_change(me(request), document):
        raise PermissionDenied
    return document


def _edit(request: HttpRequest, form: DocumentForm, document: Document | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(request, form, document)
        except ValidationError as refusal:
            attach(form, refusal)
        else:
            messages.success(request, _("The document is saved."))
            return redirect(saved)
    context = {
        "form": form,
        "document": document,
        # Sanitised also when it comes back after a refusal: nothing but that may stand in a page.
        "body": clean_body(str(form["body_html"].value() or "")),
        "title": _("Change document") if document else _("Write document"),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "team/document_form.html", context, status=status)


def _save(request: HttpRequest, form: DocumentForm, document: Document | None) -> Document:
    if document is None:
        return services.create_document(actor=me(request), content=form.content())
    return services.update_document(
        actor=me(request),
        document=document,
        content=form.content(),
        base_version=form.cleaned_data["base_version"] or 0,
        ask_again=form.cleaned_data["ask_again"],
    )


def attach(form: DocumentForm, refusal: ValidationError) -> None:
    """The service's words at the form's fields."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


@may_view
@require_POST
def document_publish(request: HttpRequest, pk: int) -> HttpResponse:
    return _move(request, pk, DocumentStatus.PUBLISHED, _("The document is published."))


@may_view
@require_POST
def document_archive(request: HttpRequest, pk: int) -> HttpResponse:
    return _move(request, pk, DocumentStatus.ARCHIVED, _("The document is archived."))


def _move(request: HttpRequest, pk: int, to: DocumentStatus, done: str) -> HttpResponse:
    document = asked_document(request, pk)
    try:
        services.move(actor=me(request), document=document, to=to)
        messages.success(request, done)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(document)


@may_view
@require_POST
def document_delete(request: HttpRequest, pk: int) -> HttpResponse:
    document = asked_document(request, pk)
    try:
        services.delete_draft(actor=me(request), document=document)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(document)
    messages.success(request, _("The draft is deleted."))
    return redirect("team:document_list")


# --- versions: for those who may change the document; readers see the present one
@may_view
@require_safe
def document_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions, and one of them compared with another. GET: version (the newer), with (the older)."""
    document = asked_document(request, pk)
    versions = list(document.versions.select_related("by").defer("body_html")[:200])
    shown = _asked_version(document, request.GET.get("version", ""), document.version)
    older = (
        _asked_version(document, request.GET.get("with", ""), shown.number - 1) if shown.number > 1 else None
    )
    lines = []
    if older is not None:
        lines = compare(*(f"{row.title}\n{plain_text(row.body_html)}" for row in (older, shown)))
    context = {"document": document, "versions": versions, "shown": shown, "older": older, "lines": lines}
    return TemplateResponse(request, "team/document_versions.html", context)


def _asked_version(document: Document, text: str, usual: int) -> DocumentVersion:
    if text and not (text.isdecimal() and len(text) < 10):
        raise Http404
    found: DocumentVersion = get_object_or_404(document.versions, number=int(text) if text else usual)
    return found


@may_view
@require_POST
def document_restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    document = asked_document(request, pk)
    get_object_or_404(document.versions, number=number)
    try:
        services.restore_version(actor=me(request), document=document, number=number)
        messages.success(
            request, _("Version %(number)s stands again, as a new version.") % {"number": number}
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("team:document_versions", pk=pk)
