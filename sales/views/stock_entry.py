"""Entry of stock documents with fast rows: new, from a van's pre-sold orders, and changed as a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sales.enums import LocationKind, StockDocumentKind, StockDocumentStatus
from sales.forms.stock import (
    CostRows,
    DocumentForm,
    GoodsRows,
    NoteForm,
    ReasonRows,
    goods_row,
)
from sales.models import Product, StockDocument, StockLocation
from sales.queries import stock as queries
from sales.services import stock_documents as services
from sales.views.goods_entry import GoodsEntry, search_address
from sales.views.shared import safe_next
from sales.views.stock_documents import documents, may_edit, places_of


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
