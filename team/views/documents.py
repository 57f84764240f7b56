"""资料 (H6): the library with its tree and search, one document to read, and the picker of the follow-up form."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_safe

from accounts.models import User
from common.business_calendar import today
from common.paging import BoundedPaginator
from common.views import ListPage
from crm.models import Customer
from team.enums import DocumentStatus
from team.filters.documents import DocumentFilter
from team.models import Document
from team.queries import documents as queries
from team.rules.documents import is_current
from team.services import documents as services
from team.tables.documents import DOCUMENT_COLUMNS
from team.views.document_paging import TieredPaginator

VIEW = "team.view_document"
may_view = permission_required(VIEW, raise_exception=True)
_PICKED = 8


def me(request: HttpRequest) -> User:
    """The user; every view needs a login."""
    return cast(User, request.user)


def visible_document(request: HttpRequest, pk: int) -> Document:
    """The document, if this person may see it; else 404."""
    found: Document = get_object_or_404(queries.visible_documents(me(request), today()), pk=pk)
    return found


class DocumentList(ListPage):
    permission_required = VIEW
    title = pgettext_lazy("library", "Documents")
    columns = DOCUMENT_COLUMNS
    filterset_class = DocumentFilter
    page_size = 30
    template_name = "team/document_list.html"
    empty_text = _(
        "No documents yet. Price policies, training sheets and catalogues stand here, for those they are for."
    )
    create_url = reverse_lazy("team:document_new")
    create_label = _("Write document")
    create_permission = "team.add_document"

    def paginator_class(self, rows: QuerySet, per_page: int) -> BoundedPaginator:
        """The best matches first, unless the list is sorted by a column."""
        query = self.request.GET.get("q", "")[:80].strip()
        if not query or self.request.GET.get("sort"):
            return BoundedPaginator(rows, per_page)
        return TieredPaginator(self.unsearched(), per_page, query=query)

    def unsearched(self) -> Any:
        """The rows of the list by its filters alone: the search reads them in an order of its own."""
        asked = self.request.GET.copy()
        asked.pop("q", None)
        filterset = DocumentFilter(asked, queryset=self.get_queryset(), request=self.request)
        return filterset.qs if filterset.is_valid() else filterset.queryset.none()

    def get_queryset(self) -> QuerySet:
        rows = queries.list_rows(me(self.request), today())
        archived = self.request.GET.get("state") == DocumentStatus.ARCHIVED
        return rows if archived else rows.exclude(status=DocumentStatus.ARCHIVED)

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "")[:80]
        rows = page.object_list = list(page.object_list)
        for row in rows:
            row.query = query
        queries.add_snippets(rows, query)
        context = super().get_context_data(filterset=filterset, page=page)
        return context | self.tree_context()

    def tree_context(self) -> dict[str, Any]:
        """The tree beside the list, and where in it we are; the list alone (HTMX) needs none of it."""
        if self.wants_results_only(self.request):
            return {}
        tree = queries.visible_tree(me(self.request), today())
        asked = self.request.GET.get("folder", "")
        here = int(asked) if asked.isdecimal() and len(asked) < 19 else None
        return {
            "tree": tree,
            "here": here,
            "path": queries.path_of(tree, here),
            "inside": [node for node in tree if node.parent_id == here],
            "can_follow": queries.may_follow(me(self.request)),
        }


@may_view
@require_GET
def document_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The reading page; opening it is noted, confirming is a button."""
    document = visible_document(request, pk)
    read = services.mark_seen(user=me(request), document=document)
    return draw(request, document, read=read)


def draw(request: HttpRequest, document: Document, *, status: int = 200, **more: Any) -> HttpResponse:
    """The reading page of a document that this person sees."""
    read = more.get("read")
    day = today()
    current = is_current(
        status=document.status,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        today=day,
    )
    waits = (
        document.must_read and Document.objects.waiting_for(me(request), day).filter(pk=document.pk).exists()
    )
    context = {
        "document": document,
        "current": current,
        "waits": waits,
        "confirmed_at": read.confirmed_at
        if read and read.confirmed_version >= document.asked_version
        else None,
        "files": list(document.files.defer("text")),
        "folders": queries.path_of(queries.folder_tree(), document.folder_id),
        "audience": document.audience.select_related("department", "role", "user")
        if not document.for_all
        else (),
        "may_change": queries.may_change(me(request), document),
        "can_follow": queries.may_follow(me(request)),
    }
    return TemplateResponse(request, "team/document.html", context | more, status=status)


@may_view
@require_safe
def picker(request: HttpRequest) -> HttpResponse:
    """Fragment of the follow-up form: search, and what is ticked as `documents`. GET: documents_q, documents (many)."""
    query = request.GET.get("documents_q", "")[:80]
    chosen_ids = [int(key) for key in request.GET.getlist("documents") if key.isdecimal() and len(key) < 19][
        :20
    ]
    mine = Document.objects.visible_to(me(request), today())
    chosen = list(mine.filter(pk__in=chosen_ids).only("pk", "title")) if chosen_ids else []
    found = [row for row in queries.pick(me(request), today(), query, _PICKED) if row not in chosen]
    context = {"query": query, "chosen": chosen, "found": found}
    return TemplateResponse(request, "team/_document_picker.html", context)


@permission_required([VIEW, "crm.view_followup"], raise_exception=True)
@require_safe
def customer_documents(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the customer's page: what was shown there, when and by whom."""
    customer = get_object_or_404(Customer.objects.visible_to(me(request)), pk=pk)
    shown = queries.shown_to(customer, me(request), today())
    return TemplateResponse(request, "team/customer_documents.html", {"customer": customer, "shown": shown})
