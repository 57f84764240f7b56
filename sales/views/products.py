"""The catalogue: list, page, form, picture, and the JSON that order entries search in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import CreateView, UpdateView

from common import business_calendar
from common.exports import workbook_response
from common.tables import Column
from common.views import BulkAction, ListPage
from sales import services
from sales.filters.products import ProductFilterSet
from sales.forms.products import ProductForm, attach
from sales.models import Product
from sales.queries import prices as price_queries
from sales.queries import products as queries
from sales.services.products import set_on_sale, thumbnail_name
from sales.tables.prices import audience, period, state
from sales.tables.products import export_columns, product_columns

EXPORT = "sales.export_product"


class ProductList(ListPage):
    permission_required = "sales.view_product"
    title = _("Products")
    filterset_class = ProductFilterSet
    template_name = "sales/product_list.html"
    default_sort = "code"
    export_permission = EXPORT
    export_name = "products"
    empty_text = _("No products yet. What is sold stands here, with prices and stock; orders are made of it.")
    create_url = reverse_lazy("sales:product_create")
    create_label = _("New product")
    create_permission = "sales.add_product"
    next_url = reverse_lazy("sales:product_import")
    next_label = _("Import a file")
    next_permission = ("sales.add_product", "sales.change_product")
    bulk_actions = (
        BulkAction(
            _("Stop the sale"),
            reverse_lazy("sales:product_stop"),
            icon="ban",
            permission="sales.change_product",
            confirm=_("Stop the sale of the selected products? They can no longer be ordered."),
        ),
        BulkAction(
            _("Resume the sale"),
            reverse_lazy("sales:product_resume"),
            icon="player-play",
            permission="sales.change_product",
        ),
    )

    @cached_property
    def stock(self) -> dict[int, Any]:
        """Filled with what the rows shown need, once they are known."""
        return {}

    @cached_property
    def may_see_cost(self) -> bool:
        return self.request.user.has_perm("sales.view_margin")

    def get_columns(self) -> Sequence[Column]:
        return product_columns(self.stock, may_see_cost=self.may_see_cost)

    def get_queryset(self) -> QuerySet:
        return Product.objects.visible_to(self.request.user).select_related("category")

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        self.stock.update(price_queries.available([row.pk for row in page.object_list]))
        context = super().get_context_data(page=page, **kwargs)
        if not self.wants_results_only(self.request):
            context |= {"branches": queries.branches(), "chosen": self.request.GET.get("category", "")}
        return context

    def export(self, rows: QuerySet) -> StreamingHttpResponse | FileResponse:
        """In the columns of the import, unless the person chose his own."""
        self.stock.update(price_queries.available(rows.order_by().values_list("pk", flat=True)))
        if self.request.GET.get("cols") or not self.request.user.has_perm(EXPORT):
            return super().export(rows)
        self.record_export(rows)
        name = f"{self.export_name}-{business_calendar.today():%Y%m%d}.xlsx"
        return workbook_response(name, export_columns(self.stock, may_see_cost=self.may_see_cost), rows)


@require_GET
@permission_required("sales.view_product", raise_exception=True)
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    user = request.user
    product = get_object_or_404(Product.objects.visible_to(user).select_related("category"), pk=pk)
    today = business_calendar.today()
    may_see_lists = user.has_perm("sales.view_pricelist")
    context = {
        "product": product,
        "may_see_cost": user.has_perm("sales.view_margin"),
        "lines": [_line(line) for line in queries.list_prices(product, user)] if may_see_lists else None,
        "available": price_queries.available([pk])[pk],
        "stock": queries.stock_by_location(product, user)
        if user.has_perm("sales.view_stocklocation")
        else None,
        "months": queries.monthly_sales(product, user, today=today)
        if user.has_perm("sales.view_delivery")
        else None,
    }
    return TemplateResponse(request, "sales/product_detail.html", context)


def _line(line: Any) -> dict[str, Any]:
    price_list = line.price_list
    return {
        "line": line,
        "list": price_list,
        "from": price_queries.unit_of(line.product).words(line.min_quantity) if line.min_quantity else "",
        "audience": audience(price_list),
        "period": period(price_list),
        "state": state(price_list),
    }


class ProductEntry(PermissionRequiredMixin):
    raise_exception = True
    model = Product
    form_class = ProductForm
    template_name = "sales/product_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: ProductForm) -> HttpResponse:
        try:
            self.object = services.save_product(product=form.save(commit=False), **form.picture())
        except ValidationError as refusal:
            attach(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("%(product)s is saved.") % {"product": self.object})
        return redirect(self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        saved = self.object if self.object and self.object.pk else None
        back = saved.get_absolute_url() if saved else reverse("sales:product_list")
        return super().get_context_data(title=self.title, cancel_url=back, product=saved, **kwargs)


class ProductCreate(ProductEntry, CreateView):
    permission_required = "sales.add_product"
    title = _("New product")


class ProductEdit(ProductEntry, UpdateView):
    permission_required = "sales.change_product"
    title = _("Edit product")


@require_POST
@permission_required("sales.change_product", raise_exception=True)
def product_sale(request: HttpRequest, *, on_sale: bool) -> HttpResponse:
    """Stop or resume the sale of the products ?pk=… of the list."""
    chosen = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19]
    count = set_on_sale(actor=request.user, products=chosen, on_sale=on_sale)
    text = (
        ngettext("%(n)s product is on sale again.", "%(n)s products are on sale again.", count)
        if on_sale
        else ngettext("%(n)s product is no longer on sale.", "%(n)s products are no longer on sale.", count)
    )
    messages.success(request, text % {"n": count})
    query = request.POST.get("query", "")
    return redirect(reverse("sales:product_list") + (f"?{query}" if query else ""))


@require_GET
@permission_required("sales.view_product", raise_exception=True)
def product_picture(request: HttpRequest, pk: int, size: str) -> FileResponse:
    """The picture's file, "small" or "full"; browsers keep it, proxies do not."""
    product = get_object_or_404(Product.objects.visible_to(request.user).exclude(picture=""), pk=pk)
    name = str(product.picture.name)
    try:
        file = product.picture.storage.open(thumbnail_name(name) if size == "small" else name, "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=604800, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
