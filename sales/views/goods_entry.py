"""A page on which goods are entered in the rows of the order entry: loads, counts, sales, returns, documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.views import View

from common import business_calendar
from sales.forms.stock import GoodsRows
from sales.models import Product, StockBalance, StockLocation
from sales.rules.stock import in_words
from sales.views.product_data import offers, with_stock
from sales.views.shared import asked_customer, of_category


class GoodsEntry(PermissionRequiredMixin, View):
    """Subclasses give the form, the rows and what saving means; a refusal is shown above what was typed."""

    raise_exception = True
    template_name = "sales/goods_entry.html"
    rows_class: Any = GoodsRows
    gift_rows: Any = None
    counts = False  # 0 is a number that somebody counted
    submit_label: Any = ""

    # --- for subclasses
    def form(self, data: Any = None) -> forms.Form:
        raise NotImplementedError

    def initial(self) -> list[dict[str, Any]]:
        """Rows the page opens with."""
        return []

    def known(self) -> dict[int, Product]:
        """Products of those rows, so that nobody asks for them again."""
        return {}

    def row_options(self) -> dict[str, Any]:
        """More arguments for the rows: what is there, which ask for a reason."""
        return {}

    def gifts(self, data: Any = None) -> Any:
        """Rows of what comes with the goods for nothing; None on pages that know no gifts."""
        return None

    def save(self, form: forms.Form, rows: Any) -> HttpResponse:
        raise NotImplementedError

    def page(self) -> dict[str, Any]:
        """title, pretitle, back, options (address of the product search), facts, …"""
        raise NotImplementedError

    # --- the page
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        rows = self.rows_class(
            prefix="lines", initial=self.initial(), known=self.known(), **self.row_options()
        )
        self.gift_rows = self.gifts()
        return self.draw(self.form(), rows)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        rows = self.rows_class(request.POST, prefix="lines", known=self.known(), **self.row_options())
        self.gift_rows = self.gifts(request.POST)
        if not (form.is_valid() & rows.is_valid() & (self.gift_rows is None or self.gift_rows.is_valid())):
            return self.draw(form, rows)
        try:
            return self.save(form, rows)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.draw(form, rows)

    def draw(self, form: forms.Form, rows: Any) -> HttpResponse:
        context = {
            "form": form,
            "rows": rows,
            "gifts": self.gift_rows,
            "counts": self.counts,
            "has_total": "price" in rows.empty_form.fields,
            "submit_label": self.submit_label,
            "last_lines": [],
            "search_hint": gettext("Search for a product above to add it."),
            "reasons": [
                gettext("Broken"),
                gettext("Past its date"),
                gettext("Not loaded"),
                gettext("Too many loaded"),
                pgettext("stock", "Lost"),
                gettext("Miscounted"),
            ],
            **self.page(),
        }
        return TemplateResponse(self.request, self.template_name, context)


def search_address(*, place: StockLocation | None = None, only: bool = False, **more: Any) -> str:
    """Address of the product search that tells what `place` has; `only` what is there is offered."""
    pairs = {"place": place.pk if place else "", "only": 1 if only else "", **more}
    query = "&".join(f"{key}={value}" for key, value in pairs.items() if value)
    return f"{reverse('sales:stock_products')}?{query}"


@permission_required("sales.view_product", raise_exception=True)
def stock_products(request: HttpRequest) -> JsonResponse:
    """JSON list of at most 20 products that match ?q=, as rows need them; at most 60 of ?category= or below it.

    With ?place= `there` says what that place has (`have` as a number), with only=1 nothing else is offered; with
    ?customer= `price` is that customer's. A place or customer out of scope is 404.
    """
    customer = asked_customer(request)
    found = Product.objects.visible_to(request.user).search(request.GET.get("q", ""))
    found, limit = of_category(request, found)
    wanted, have = request.GET.get("place", ""), None
    if wanted:
        places = StockLocation.objects.visible_to(request.user)
        place = get_object_or_404(places, pk=wanted if wanted.isdecimal() and len(wanted) < 19 else 0)
        balances = StockBalance.objects.filter(location=place)
        if request.GET.get("only"):
            found = found.filter(balances__in=balances.filter(quantity__gt=0))
        products = list(found[:limit])
        have = dict(balances.filter(product__in=products).values_list("product_id", "quantity"))
    else:
        products = list(found[:limit])
    options = offers(customer, products, business_calendar.today(), text=request.GET.get("q", ""))
    if have is not None:
        gifts = {gift["id"] for option in options for gift in option["gifts"]}
        at_place = (
            dict(balances.filter(product__in=gifts).values_list("product_id", "quantity")) if gifts else {}
        )
        for option, product in zip(options, products, strict=True):
            quantity = have.get(product.pk, Decimal(0))
            words = in_words(quantity, product)
            option["gifts"] = with_stock(option["gifts"], at_place)
            option |= {"have": f"{quantity:f}", "there": words, "available": f"{quantity:f}"}
    return JsonResponse(options, safe=False)
