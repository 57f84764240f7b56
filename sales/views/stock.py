"""What is where, what moved, and the places themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView, UpdateView

from common.paging import BoundedPaginator
from common.tables import Column, FormatColumn
from common.templatetags.paodian import money
from common.views import ListPage
from sales.filters.stock import LocationFilterSet, MoveFilterSet, StockFilterSet
from sales.forms.base import attach_errors
from sales.forms.stock import LocationForm
from sales.models import StockLocation, StockMove
from sales.queries import stock as queries
from sales.services.locations import save_location
from sales.tables.stock import LOCATION_COLUMNS, MOVE_COLUMNS, STOCK_COLUMNS, VALUE_COLUMNS


class StockPaginator(Paginator):
    """Counts the rows and adds up their value in one statement."""

    @cached_property
    def summary(self) -> queries.StockSummary:
        return queries.summary(self.object_list)

    @cached_property
    def count(self) -> int:
        return self.summary.count


class StockList(ListPage):
    permission_required = "sales.view_stocklocation"
    title = _("Stock")
    template_name = "sales/stock_list.html"
    filterset_class = StockFilterSet
    default_sort = "code"
    export_permission = "sales.export_stockmove"
    export_name = "stock"
    empty_text = _("Nothing is in stock yet. Goods received are entered as a stock document.")
    create_url = reverse_lazy("sales:stock_document_start")
    create_label = _("New document")
    create_permission = "sales.add_stockdocument"

    @property
    def sees_value(self) -> bool:
        return bool(self.request.user.has_perm("sales.view_margin"))

    @property
    def paginator_class(self) -> Any:  # type: ignore[override]
        return StockPaginator if self.sees_value else BoundedPaginator

    def get_columns(self) -> Sequence[Column]:
        columns = list(STOCK_COLUMNS)
        if not self.request.user.has_perm("sales.view_stockmove"):
            columns = [
                Column("product", c.label, path="product.name", order=c.order, phone=c.phone)
                if c.key == "product"
                else c
                for c in columns
            ]
        return [*columns, *VALUE_COLUMNS] if self.sees_value else columns

    def get_queryset(self) -> QuerySet:
        return queries.balances(self.request.user)

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(page=page, **kwargs)
        if self.sees_value:
            context["totals"] = [{"label": _("Value"), "text": money(page.paginator.summary.value)}]
        return context


class MoveList(ListPage):
    permission_required = "sales.view_stockmove"
    title = _("Stock moves")
    columns = MOVE_COLUMNS
    filterset_class = MoveFilterSet
    default_sort = "-moved_on"
    export_permission = "sales.export_stockmove"
    export_name = "stock-moves"
    empty_text = _("Nothing has moved yet.")
    next_url = reverse_lazy("sales:stock_list")
    next_label = _("Stock")
    next_permission = "sales.view_stocklocation"

    def get_queryset(self) -> QuerySet:
        slips = ("delivery", "sales_return", "document", "settlement")
        return StockMove.objects.visible_to(self.request.user).select_related(
            "product", "source", "target", "created_by", *slips
        )


class LocationList(ListPage):
    permission_required = "sales.view_stocklocation"
    title = _("Warehouses and vans")
    filterset_class = LocationFilterSet
    default_sort = "kind"
    empty_text = _("No places yet.")
    create_url = reverse_lazy("sales:location_create")
    create_label = _("New place")
    create_permission = "sales.add_stocklocation"

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        if not self.request.user.has_perm("sales.change_stocklocation"):
            return LOCATION_COLUMNS
        return [*LOCATION_COLUMNS, FormatColumn("edit", _("Settings"), path="code", draw=edit_link)]

    def get_queryset(self) -> QuerySet:
        there = Count("balances", filter=~Q(balances__quantity=0))
        rows = StockLocation.objects.visible_to(self.request.user).stocked()
        return rows.select_related("rep").annotate(products=there).order_by("-kind", "code")


def edit_link(row: StockLocation) -> SafeString:
    address = reverse("sales:location_edit", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, gettext("Edit"))


@permission_required("sales.view_stocklocation", raise_exception=True)
def location_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A place is what is there."""
    place = get_object_or_404(StockLocation.objects.visible_to(request.user).stocked(), pk=pk)
    return redirect(f"{reverse('sales:stock_list')}?location={place.pk}")


class LocationEntry(PermissionRequiredMixin):
    raise_exception = True
    model = StockLocation
    form_class = LocationForm
    template_name = "common/form.html"
    success_url = reverse_lazy("sales:location_list")

    def get_queryset(self) -> QuerySet:
        return StockLocation.objects.visible_to(self.request.user).stocked()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: LocationForm) -> HttpResponse:
        try:
            place = save_location(actor=self.request.user, location=form.save(commit=False))
        except ValidationError as refusal:
            attach_errors(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("%(place)s is saved.") % {"place": place})
        return redirect(self.success_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, cancel_url=self.success_url, **kwargs)


class LocationCreate(LocationEntry, CreateView):
    permission_required = "sales.add_stocklocation"
    title = _("New place")


class LocationEdit(LocationEntry, UpdateView):
    permission_required = "sales.change_stocklocation"
    title = _("Warehouse or van")
