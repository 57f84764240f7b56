"""Goods that customers give back: list, page, entry, reversal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.money import round_money
from common.templatetags.paodian import day as day_words
from common.templatetags.paodian import money
from sales import queries
from sales.enums import PostingStatus
from sales.filters.stock import ReturnFilterSet
from sales.forms.stock import ReturnForm, ReturnRows
from sales.models import Delivery, Product, SalesReturn
from sales.queries.products import category_chips
from sales.queries.returns import last_paid, returnable_lines
from sales.queries.stock import van_of
from sales.rules.stock import in_words
from sales.services import returns as services
from sales.tables.base import POSTING_COLOURS
from sales.tables.stock import RETURN_COLUMNS
from sales.views.goods_entry import GoodsEntry, search_address
from sales.views.reversals import reversal_page
from sales.views.shared import SummedList, asked_customer, choose_customer, safe_next


class ReturnList(SummedList):
    permission_required = "sales.view_salesreturn"
    title = _("Sales returns")
    columns = RETURN_COLUMNS
    filterset_class = ReturnFilterSet
    default_sort = "-returned_on"
    sum_label = _("Credited")
    export_permission = "sales.export_delivery"
    export_name = "returns"
    empty_text = _(
        "Nothing was returned yet. Returns are taken at the customer, or from the page of a delivery."
    )
    create_url = reverse_lazy("sales:return_create")
    create_label = _("New return")
    create_permission = "sales.add_salesreturn"

    def get_queryset(self) -> QuerySet:
        return SalesReturn.objects.visible_to(self.request.user).with_names().select_related("location")


@permission_required("sales.view_salesreturn", raise_exception=True)
def return_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = SalesReturn.objects.visible_to(request.user)
    slip = get_object_or_404(
        rows.select_related("customer", "rep", "created_by", "delivery", "location"), pk=pk
    )
    is_posted = slip.status == PostingStatus.POSTED
    allocations = slip.allocations.filter(released_on__isnull=True).select_related("bill__delivery")
    context = {
        "slip": slip,
        "lines": slip.lines.select_related("product"),
        "allocations": allocations,
        "colour": dict(POSTING_COLOURS).get(slip.status, "secondary"),
        "may_reverse": is_posted and request.user.has_perm("sales.change_salesreturn"),
    }
    return TemplateResponse(request, "sales/return_detail.html", context)


@permission_required("sales.change_salesreturn", raise_exception=True)
def return_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    slip = get_object_or_404(SalesReturn.objects.visible_to(request.user), pk=pk)
    return reversal_page(
        request,
        number=slip.number,
        consequence=gettext("The goods are the customer's again, and the credit is taken back."),
        back=slip.get_absolute_url(),
        do=lambda reason: services.reverse_return(actor=request.user, slip=slip, reason=reason),
    )


class ReturnCreate(GoodsEntry):
    """?customer= or ?delivery=; with a delivery only its goods come back, at what was paid for them."""

    permission_required = "sales.add_salesreturn"
    rows_class = ReturnRows
    submit_label = _("Take the goods back")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        self.delivery = self._delivery()
        if self.delivery is not None and self.delivery.is_history:
            messages.warning(request, services.from_history(self.delivery))
            address = f"{reverse('sales:return_create')}?customer={self.delivery.customer_id}"
            come_back = f"&next={quote(request.GET['next'])}" if request.GET.get("next") else ""
            return redirect(f"{address}{come_back}")
        customer = self.delivery.customer if self.delivery else asked_customer(request)
        if customer is None:
            return choose_customer(request, title=gettext("New return"), back="sales:return_list")
        self.customer = customer
        self.van = van_of(request.user)
        self._load_rows()
        return super().dispatch(request, *args, **kwargs)

    def _delivery(self) -> Delivery | None:
        wanted = self.request.GET.get("delivery", "")
        if not wanted:
            return None
        if not wanted.isdecimal() or len(wanted) > 18:
            raise Http404
        rows = Delivery.objects.visible_to(self.request.user).posted().select_related("customer__owner")
        found: Delivery = get_object_or_404(rows, pk=wanted)
        return found

    def _load_rows(self) -> None:
        """The goods the page opens with, and the price that each is credited at unless somebody types another."""
        if self.delivery is not None:
            lines = returnable_lines(self.delivery)
            self.products = {line.product_id: line.product for line in lines}
            self.offered = {line.pk: round_money(line.amount / line.quantity) for line in lines}
            self.rows = [
                {"product": line.product_id, "delivery_line": line.pk, "price": self.offered[line.pk]}
                for line in lines
            ]
            self.left: dict[int, Decimal] = {}
            for line in lines:
                left = line.quantity - line.returned
                self.left[line.product_id] = self.left.get(line.product_id, Decimal(0)) + left
        else:
            usual = queries.usual_products(self.customer)
            self.products = {product.pk: product for product in usual}
            self.offered = last_paid(self.customer, usual)
            self.rows = [{"product": product.pk, "price": self.offered[product.pk]} for product in usual]
            self.left = {}

    def form(self, data: Any = None) -> ReturnForm:
        return ReturnForm(data, user=self.request.user, own_van=self.van)

    def known(self) -> dict[int, Product]:
        return self.products

    def initial(self) -> list[dict[str, Any]]:
        return self.rows

    def row_options(self) -> dict[str, Any]:
        return {"have": self.left, "label": gettext("may come back")}

    def page(self) -> dict[str, Any]:
        return {
            "title": self.customer.name,
            "pretitle": gettext("Sales return"),
            "back": safe_next(self.request, self.customer.get_absolute_url()),
            "options": "" if self.delivery else search_address(customer=self.customer.pk),
            "no_search": self.delivery is not None,
            "categories": [] if self.delivery else category_chips(),
            "chips_label": gettext("From delivery"),
            "chips": self._chips(),
            "hint": gettext(
                "Goods that cannot be sold go to the losses; the customer is credited all the same."
            ),
        }

    def _chips(self) -> list[dict[str, Any]]:
        """The customer's last deliveries, to return goods of one of them."""
        rows = Delivery.objects.visible_to(self.request.user).posted().filter(customer=self.customer)
        deliveries = list(rows.exclude(is_history=True)[:5])
        if self.delivery and self.delivery not in deliveries:
            deliveries.insert(0, self.delivery)
        address = reverse("sales:return_create")
        come_back = f"&next={self.request.GET['next']}" if self.request.GET.get("next") else ""
        chips = [
            {
                "text": f"{delivery.number} · {day_words(delivery.issued_on)}",
                "url": f"{address}?delivery={delivery.pk}{come_back}",
                "is_on": delivery == self.delivery,
            }
            for delivery in deliveries
        ]
        without = f"{address}?customer={self.customer.pk}{come_back}"
        return [{"text": gettext("Not known"), "url": without, "is_on": self.delivery is None}, *chips]

    def save(self, form: ReturnForm, rows: Any) -> HttpResponse:
        offered = dict(self.offered)
        if self.delivery is None:
            typed = [row.item for row in rows.rows if row.item.pk not in offered]
            offered |= last_paid(self.customer, typed)
        data = form.cleaned_data
        slip = services.take_back(
            actor=self.request.user,
            customer=self.customer,
            delivery=self.delivery,
            location=data["location"],
            lines=[line for row in rows.rows if (line := row.returned(offered))],
            note=data["note"],
            client_uuid=data["client_uuid"],
        )
        words = "、".join(
            f"{line.product} {in_words(line.quantity, line.product)}"
            for line in slip.lines.select_related("product")[:3]
        )
        messages.success(
            self.request,
            gettext("Return %(number)s, %(amount)s credited: %(goods)s.")
            % {"number": slip.number, "amount": money(slip.amount), "goods": words},
        )
        return redirect(safe_next(self.request, slip.get_absolute_url()))
