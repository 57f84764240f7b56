"""Counting: where a stock count begins, its sheet on paper, and what was counted, also of a van load."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from sales.enums import StockDocumentKind, StockDocumentStatus
from sales.forms.stock import (
    CountForm,
    NoteForm,
    goods_row,
)
from sales.models import Product
from sales.rules.stock import COUNTED
from sales.services import stock_documents as services
from sales.views.goods_entry import GoodsEntry, search_address
from sales.views.shared import safe_next
from sales.views.stock_documents import documents, drives, places_of


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
