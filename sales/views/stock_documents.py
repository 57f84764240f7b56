"""Stock documents at the desk: list, page, entry with fast rows, stock counts and their sheets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.http import require_POST

from common.views import ListPage
from sales.enums import LocationKind, StockDocumentKind, StockDocumentStatus
from sales.filters.stock import StockDocumentFilterSet
from sales.forms.stock import (
    CostRows,
    CountForm,
    DocumentForm,
    GoodsRows,
    NoteForm,
    ReasonRows,
    goods_row,
)
from sales.models import Product, StockDocument, StockDocumentLine, StockLocation
from sales.queries import stock as queries
from sales.rules.stock import COUNTED
from sales.services import stock_documents as services
from sales.tables.stock import DOCUMENT_COLOURS, DOCUMENT_COLUMNS
from sales.views.goods_entry import GoodsEntry, search_address
from sales.views.shared import safe_next

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
    export_permission = "sales.view_stockmove"
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


# --- entry
class DocumentEntry(GoodsEntry):
    """Subclasses know whether the document is new."""

    kind: StockDocumentKind

    @property
    def rows_class(self) -> Any:  # type: ignore[override]
        return {StockDocumentKind.RECEIPT: CostRows, StockDocumentKind.LOSS: ReasonRows}.get(
            self.kind, GoodsRows
        )

    def save_lines(self, form: Any, rows: Any, *, post: bool) -> StockDocument:
        raise NotImplementedError

    def save(self, form: Any, rows: Any) -> HttpResponse:
        post = self.request.POST.get("then") == "post"
        if post and not self.request.user.has_perm("sales.post_stockdocument"):
            raise PermissionDenied
        document = self.save_lines(form, rows, post=post)
        text = _("%(number)s is saved.")
        if document.status == StockDocumentStatus.POSTED:
            text = _("%(number)s is posted.")
        messages.success(self.request, text % {"number": document.number})
        return redirect(safe_next(self.request, document.get_absolute_url()))

    def buttons(self) -> dict[str, Any]:
        may_post = self.request.user.has_perm("sales.post_stockdocument")
        return {"draft_label": gettext("Save draft"), "post_label": gettext("Post") if may_post else ""}


class DocumentCreate(DocumentEntry):
    permission_required = "sales.add_stockdocument"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        kind = request.GET.get("kind", "")
        if kind not in StockDocumentKind.values:
            return redirect("sales:stock_document_start")
        if kind == StockDocumentKind.COUNT:
            return redirect("sales:stock_count_begin")
        self.kind = StockDocumentKind(kind)
        self.place = self._place()
        return super().dispatch(request, *args, **kwargs)

    def _place(self) -> StockLocation | None:
        """The van of ?van=, for which goods are proposed; one out of scope is 404."""
        wanted = self.request.GET.get("van", "")
        if not wanted:
            return None
        if not wanted.isdecimal() or len(wanted) > 18:
            raise Http404
        vans = StockLocation.objects.visible_to(self.request.user).active().filter(kind=LocationKind.VAN)
        found: StockLocation = get_object_or_404(vans.select_related("rep"), pk=wanted)
        return found

    def form(self, data: Any = None) -> DocumentForm:
        initial = {}
        if self.place is not None:
            initial["source" if self.kind == StockDocumentKind.UNLOAD else "target"] = self.place.pk
        return DocumentForm(data, user=self.request.user, kind=self.kind, initial=initial)

    def proposed(self) -> dict[int, Decimal]:
        """A load starts from what is presold, an unload from what is on the van."""
        if self.place is None:
            return {}
        if self.kind == StockDocumentKind.LOAD:
            return queries.presold(self.place)
        return queries.on_hand(self.place) if self.kind == StockDocumentKind.UNLOAD else {}

    def known(self) -> dict[int, Product]:
        if not hasattr(self, "_known"):
            self._proposed = self.proposed()
            self._known = Product.objects.in_bulk(self._proposed)
        return self._known

    def initial(self) -> list[dict[str, Any]]:
        products = sorted(self.known().values(), key=lambda product: product.code)
        if self.kind == StockDocumentKind.LOAD:
            return [
                goods_row(product, self._proposed[product.pk], presold=self._proposed[product.pk])
                for product in products
            ]
        return [goods_row(product) for product in products]

    def row_options(self) -> dict[str, Any]:
        self.known()
        label = gettext("presold") if self.kind == StockDocumentKind.LOAD else gettext("there")
        return {"have": self._proposed, "label": label}

    def page(self) -> dict[str, Any]:
        return {
            "title": self.kind.label,
            "pretitle": gettext("New document"),
            "back": safe_next(self.request, reverse("sales:stock_document_list")),
            "options": search_address(),
            **self.buttons(),
        }

    def save_lines(self, form: DocumentForm, rows: Any, *, post: bool) -> StockDocument:
        data = form.cleaned_data
        return services.create_document(
            actor=self.request.user,
            kind=self.kind,
            source=data.get("source"),
            target=data.get("target"),
            lines=rows.stock_lines(),
            happened_on=data["happened_on"],
            note=data["note"],
            client_uuid=data["client_uuid"],
            post=post,
        )


class DocumentEdit(DocumentEntry):
    permission_required = "sales.add_stockdocument"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        self.document = get_object_or_404(documents(request), pk=kwargs["pk"])
        self.kind = StockDocumentKind(self.document.kind)
        self.lines = list(self.document.lines.select_related("product"))
        if not may_edit(self.document, self.lines):
            messages.error(
                request,
                gettext("%(number)s cannot be changed any more.") % {"number": self.document.number},
            )
            return redirect(self.document)
        return super().dispatch(request, *args, **kwargs)

    def form(self, data: Any = None) -> NoteForm:
        return NoteForm(data, initial={"note": self.document.note})

    def known(self) -> dict[int, Product]:
        return {line.product_id: line.product for line in self.lines}

    def initial(self) -> list[dict[str, Any]]:
        return [
            goods_row(
                line.product, line.quantity, presold=line.presold, price=line.unit_cost, reason=line.reason
            )
            for line in self.lines
        ]

    def page(self) -> dict[str, Any]:
        return {
            "title": self.document.number,
            "pretitle": self.document.get_kind_display(),
            "back": self.document.get_absolute_url(),
            "options": search_address(),
            "facts": places_of(self.document),
            **self.buttons(),
        }

    def save_lines(self, form: NoteForm, rows: Any, *, post: bool) -> StockDocument:
        return services.update_document(
            actor=self.request.user,
            document=self.document,
            lines=rows.stock_lines(),
            note=form.cleaned_data["note"],
            post=post,
        )


# --- one document
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


# --- counting
class CountBegin(PermissionRequiredMixin, View):
    """Where a count begins."""

    permission_required = "sales.add_stockdocument"
    raise_exception = True

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.ask(CountForm(user=request.user, initial={"location": request.GET.get("location")}))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = CountForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.ask(form)
        try:
            document = services.begin_count(actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.ask(form)
        return redirect(document)

    def ask(self, form: CountForm) -> HttpResponse:
        context = {
            "title": gettext("Begin a stock count"),
            "intro": gettext("What the books say is frozen now; what moves while you count does no harm."),
            "form": form,
            "submit_label": gettext("Begin"),
            "cancel_url": reverse("sales:stock_document_list"),
        }
        return TemplateResponse(self.request, "common/form.html", context)


@permission_required("sales.view_stockdocument", raise_exception=True)
def count_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """A sheet to print and take along: what is to be counted, without what the books say."""
    document = get_object_or_404(documents(request), pk=pk)
    if document.kind not in COUNTED:
        raise Http404
    lines = document.lines.select_related("product__category").order_by(
        "product__category__position", "product__code"
    )
    return TemplateResponse(request, "sales/count_sheet.html", {"document": document, "lines": lines})


class CountEntry(GoodsEntry):
    """What was counted, of a van load or a stock count: blind at first, then each difference with its reason."""

    permission_required = "sales.view_stockdocument"
    counts = True
    submit_label = _("Save the count")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        self.document = get_object_or_404(documents(request), pk=kwargs["pk"])
        if self.document.kind not in COUNTED:
            raise Http404
        if not (request.user.has_perm("sales.add_stockdocument") or drives(request, self.document)):
            raise PermissionDenied
        if self.document.status != StockDocumentStatus.DRAFT:
            messages.error(
                request,
                gettext("%(number)s cannot be changed any more.") % {"number": self.document.number},
            )
            return redirect(self.document)
        self.lines = list(self.document.lines.select_related("product"))
        return super().dispatch(request, *args, **kwargs)

    @property
    def is_first(self) -> bool:
        """Nothing is counted yet: the planned quantities stay hidden."""
        return all(line.counted is None for line in self.lines)

    def form(self, data: Any = None) -> NoteForm:
        return NoteForm(data, initial={"note": self.document.note})

    def known(self) -> dict[int, Product]:
        return {line.product_id: line.product for line in self.lines}

    def initial(self) -> list[dict[str, Any]]:
        return [goods_row(line.product, line.counted, reason=line.reason) for line in self.lines]

    def row_options(self) -> dict[str, Any]:
        counted = [line for line in self.lines if line.counted is not None]
        label = gettext("books") if self.document.kind == StockDocumentKind.COUNT else gettext("planned")
        return {
            "have": {line.product_id: line.quantity for line in counted if line.difference},
            "label": label,
            "asks": frozenset(line.product_id for line in counted if line.difference),
        }

    def page(self) -> dict[str, Any]:
        differing = sum(1 for line in self.lines if line.difference)
        return {
            "title": self.document.number,
            "pretitle": self.document.get_kind_display(),
            "back": safe_next(self.request, self.document.get_absolute_url()),
            "options": search_address(),
            "facts": places_of(self.document),
            "hint": gettext("Count what is there and type it in. What should be there is shown afterwards.")
            if self.is_first
            else gettext("%(n)s products differ: count again, or say why.") % {"n": differing}
            if differing
            else "",
        }

    def save(self, form: NoteForm, rows: Any) -> HttpResponse:
        """Keep the count; post a van load at once when all is well, and ask for the reasons when not."""
        actor, reasons = self.request.user, rows.reasons()
        services.count_document(
            actor=actor, document=self.document, counts=rows.quantities(), reasons=reasons
        )
        self.lines = list(self.document.lines.select_related("product"))
        silent = [line for line in self.lines if line.difference and not line.reason]
        if self.document.kind == StockDocumentKind.LOAD:
            missing = [line.product for line in self.lines if line.counted is None]
            if missing:
                raise ValidationError(
                    [
                        ValidationError(gettext("%(product)s is not counted.") % {"product": product})
                        for product in missing
                    ]
                )
        if silent:
            messages.warning(self.request, gettext("The count is kept. Say why it differs."))
            return redirect(self.request.get_full_path())
        if self.document.kind == StockDocumentKind.LOAD:
            services.post_document(actor=actor, document=self.document)
            messages.success(
                self.request,
                gettext("%(number)s: the goods are on the van.") % {"number": self.document.number},
            )
        else:
            messages.success(self.request, gettext("The count is kept."))
        return redirect(safe_next(self.request, self.document.get_absolute_url()))
