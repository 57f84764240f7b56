"""Who has read what (H6): confirming, the readers of one document, the must-reads of one's people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common.business_calendar import today
from common.views import ListPage
from team.filters.documents import MustReadFilter
from team.models import Document
from team.queries import documents as queries
from team.services import documents as services
from team.tables.documents import MUST_READ_COLUMNS
from team.views.documents import may_view, me, visible_document


class MustReadList(ListPage):
    """What must be read, and who of one's people has not confirmed it."""

    permission_required = ("team.view_document", "team.change_document")
    title = _("Must-reads")
    columns = MUST_READ_COLUMNS
    filterset_class = MustReadFilter
    default_sort = "-published_at"
    page_size = 30
    template_name = "team/document_must_read.html"
    empty_text = _(
        "Nothing has to be read now. Tick “must be read” on a document to see here who has confirmed it."
    )

    def get_queryset(self) -> QuerySet:
        return queries.must_reads(me(self.request), today())

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        page.object_list = list(page.object_list)
        queries.add_progress(page.object_list, me(self.request))
        return super().get_context_data(filterset=filterset, page=page)


@may_view
@require_POST
def document_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    document = visible_document(request, pk)
    services.confirm(user=me(request), document=document)
    messages.success(request, _t("Thank you, it is confirmed."))
    return redirect(document)


@may_view
@require_safe
def document_readers(request: HttpRequest, pk: int) -> HttpResponse:
    document = _followed(request, pk)
    readers = queries.readers_of(document, me(request))
    done = sum(reader.confirmed_at is not None for reader in readers)
    context = {"document": document, "readers": readers, "confirmed": done, "missing": len(readers) - done}
    return TemplateResponse(request, "team/document_readers.html", context)


@may_view
@require_POST
def document_remind(request: HttpRequest, pk: int) -> HttpResponse:
    document = _followed(request, pk)
    count = services.remind(actor=me(request), document=document)
    text = ngettext("%(n)s person is reminded.", "%(n)s people are reminded.", count) % {"n": count}
    messages.success(request, text if count else _t("Everybody has confirmed."))
    return redirect("team:document_readers", pk=pk)


def _followed(request: HttpRequest, pk: int) -> Document:
    document = visible_document(request, pk)
    if not queries.may_follow(me(request)):
        raise PermissionDenied
    return document
