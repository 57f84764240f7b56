"""Stock documents at the desk: list, page and what is done with one."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from common.views import ListPage
from sales.enums import LocationKind, StockDocumentKind, StockDocumentStatus
from sales.filters.stock import StockDocumentFilterSet
from sales.models import StockDocument, StockDocumentLine, StockLocation
from sales.rules.stock import COUNTED
from sales.services import stock_documents as services
from sales.tables.stock import DOCUMENT_COLOURS, DOCUMENT_COLUMNS

KINDS = (
    (StockDocumentKind.RECEIPT, "package-import"),
    (StockDocumentKind.LOAD, "truck-loading"),
    (StockDocumentKind.UNLOAD, "truck-return"),
    (StockDocumentKind.TRANSFER, "arrows-exchange"),
    (StockDocumentKind.LOSS, "trash"),
    (StockDocumentKind.COUNT, "clipboard-check"),
)


class StockDocumentList(ListPage):
    permission_required = "sales.view_stockdocument"
    title = _("Stock documents")
    columns = DOCUMENT_COLUMNS
    filterset_class = StockDocumentFilterSet
    default_sort = "-happened_on"
    export_permission = "sales.export_stockmove"
    export_name = "stock-documents"
    empty_text = _(
        "No stock documents yet. Goods received, van loads, transfers, losses and counts are kept here."
    )
    create_permission = "sales.add_stockdocument"
    create_label = _("New document")

    @property
    def create_url(self) -> str:  # type: ignore[override]
        return reverse("sales:stock_document_start")

    def get_queryset(self) -> QuerySet:
        rows = StockDocument.objects.visible_to(self.request.user)
        return rows.select_related("source", "target", "created_by").annotate(line_count=Count("lines"))


@permission_required("sales.add_stockdocument", raise_exception=True)
def stock_document_start(request: HttpRequest) -> HttpResponse:
    """The choice of what happened to the goods."""
    vans = StockLocation.objects.visible_to(request.user).active().filter(kind=LocationKind.VAN)
    context = {"kinds": KINDS, "vans": vans.select_related("rep")}
    return TemplateResponse(request, "sales/stock_document_start.html", context)


def documents(request: HttpRequest) -> QuerySet:
    rows = StockDocument.objects.visible_to(request.user)
    return rows.select_related("source", "target", "rep", "created_by", "posted_by")


def may_edit(document: StockDocument, lines: list[StockDocumentLine]) -> bool:
    return (
        document.status == StockDocumentStatus.DRAFT
        and document.kind != StockDocumentKind.COUNT
        and all(line.counted is None for line in lines)
    )


def is_blind(request: HttpRequest, document: StockDocument) -> bool:
    """The driver does not see what was planned before he has counted it."""
    return (
        document.kind == StockDocumentKind.LOAD
        and document.status == StockDocumentStatus.DRAFT
        and not request.user.has_perm("sales.add_stockdocument")
    )


def places_of(document: StockDocument) -> list[tuple[str, str]]:
    """From and to, in words."""
    facts = [(pgettext("stock", "From"), str(document.source))] if document.source else []
    return facts + ([(pgettext("stock", "To"), str(document.target))] if document.target else [])


@permission_required("sales.view_stockdocument", raise_exception=True)
def stock_document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents(request), pk=pk)
    lines = list(document.lines.select_related("product"))
    is_draft = document.status == StockDocumentStatus.DRAFT
    user = request.user
    may_write = user.has_perm("sales.add_stockdocument")
    context = {
        "document": document,
        "lines": lines,
        "colour": dict(DOCUMENT_COLOURS).get(document.status) or "secondary",
        "is_counted": document.kind in COUNTED,
        "has_presold": any(line.presold for line in lines),
        "has_reasons": any(line.reason for line in lines),
        "shows_cost": document.kind == StockDocumentKind.RECEIPT and user.has_perm("sales.view_margin"),
        "cost": sum((line.unit_cost * line.quantity for line in lines if line.unit_cost), Decimal(0)),
        "is_blind": is_blind(request, document),
        "may_edit": may_write and may_edit(document, lines),
        "may_count": is_draft and document.kind in COUNTED and (may_write or drives(request, document)),
        "may_cancel": is_draft and may_write,
        "may_post": is_draft and user.has_perm("sales.post_stockdocument"),
        "may_reverse": document.status == StockDocumentStatus.POSTED
        and user.has_perm("sales.post_stockdocument"),
    }
    return TemplateResponse(request, "sales/stock_document_detail.html", context)


def drives(request: HttpRequest, document: StockDocument) -> bool:
    """Whether this load is for the person's own van."""
    return bool(
        request.user.has_perm("sales.count_van")
        and document.kind == StockDocumentKind.LOAD
        and document.target
        and document.target.rep_id == request.user.pk
    )


@require_POST
@permission_required("sales.view_stockdocument", raise_exception=True)
def stock_document_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Post, reverse or cancel; what the document refuses is said in a toast."""
    verbs = {
        "post": (services.post_document, "sales.post_stockdocument", _("%(number)s is posted.")),
        "reverse": (services.reverse_document, "sales.post_stockdocument", _("%(number)s is reversed.")),
        "cancel": (services.cancel_document, "sales.add_stockdocument", _("%(number)s is cancelled.")),
    }
    verb, permission, text = verbs[action]
    document = get_object_or_404(documents(request), pk=pk)
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        verb(actor=request.user, document=document)
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, text % {"number": document.number})
    return redirect(document)
