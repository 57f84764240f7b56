from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView, UpdateView

from common.tables import Column, LinkColumn
from common.views import ListPage
from sales import services
from sales.filters.products import ProductFilterSet
from sales.forms.products import ProductForm
from sales.models import Product
from sales.tables.products import PRODUCT_COLUMNS
from sales.views.entry import product_data

LIMIT = 20


class ProductList(ListPage):
    permission_required = "sales.view_product"
    title = _("Products")
    filterset_class = ProductFilterSet
    default_sort = "code"
    empty_text = _("No products yet. Add what you sell; orders are made of it.")
    create_url = reverse_lazy("sales:product_create")
    create_label = _("New product")
    create_permission = "sales.add_product"

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """The name leads to the form for those who may change it."""
        if not self.request.user.has_perm("sales.change_product"):
            return PRODUCT_COLUMNS
        return [
            LinkColumn(c.key, c.label, order=c.order, phone=c.phone) if c.key == "name" else replace(c)
            for c in PRODUCT_COLUMNS
        ]

    def get_queryset(self) -> QuerySet:
        return Product.objects.visible_to(self.request.user).select_related("category")


class ProductEntry(PermissionRequiredMixin):
    raise_exception = True
    model = Product
    form_class = ProductForm
    template_name = "common/form.html"
    success_url = reverse_lazy("sales:product_list")

    def form_valid(self, form: ProductForm) -> HttpResponse:
        self.object = services.save_product(product=form.save(commit=False))
        messages.success(self.request, gettext("%(product)s is saved.") % {"product": self.object})
        return HttpResponse(status=302, headers={"Location": self.get_success_url()})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, cancel_url=self.success_url, **kwargs)


class ProductCreate(ProductEntry, CreateView):
    permission_required = "sales.add_product"
    title = _("New product")


class ProductEdit(ProductEntry, UpdateView):
    permission_required = "sales.change_product"
    title = _("Edit product")


@permission_required("sales.view_product", raise_exception=True)
def product_options(request: HttpRequest) -> JsonResponse:
    """JSON list of at most 20 products on sale that match ?q= (name, pinyin initials, barcode, code)."""
    rows = Product.objects.visible_to(request.user).active().search(request.GET.get("q", ""))
    return JsonResponse([product_data(product) for product in rows[:LIMIT]], safe=False)
