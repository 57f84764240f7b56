"""My van (我的车): what is on it, and what a rep does with it, each on a page for one thumb."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries
from sales.enums import OrderStatus, SettlementStatus, StockDocumentKind
from sales.forms.orders import DeliverForm, GiftFormSet
from sales.forms.stock import (
    DeliverFromVanForm,
    GoodsRows,
    NoteForm,
    SaleForm,
    SaleRows,
    SettlementForm,
    goods_row,
)
from sales.models import DaySettlement, Product, SalesOrder, StockLocation
from sales.queries import stock as stock_queries
from sales.queries.credit import credit_of
from sales.queries.products import category_chips
from sales.rules.stock import in_words
from sales.services import ledger, settlements, stock_documents, van_sales
from sales.services.van_sales import Payment
from sales.views.entry import gift_data
from sales.views.goods_entry import GoodsEntry, search_address
from sales.views.product_data import offers, with_stock
from sales.views.shared import asked_customer, choose_customer, safe_next


@permission_required("sales.count_van", raise_exception=True)
def van_home(request: HttpRequest) -> HttpResponse:
    """What is on the van, what waits for the driver, and the buttons."""
    van = stock_queries.van_of(request.user)
    if van is None:
        return no_van(request)
    today = business_calendar.today()
    goods = stock_queries.goods_on(van)
    for row in goods:
        row.words = in_words(row.quantity, row.product)
    context = {
        "van": van,
        "goods": goods,
        "loads": stock_queries.waiting_loads(van),
        "orders": stock_queries.open_orders(request.user),
        "sold": stock_queries.sold_today(van, today),
        "cash": stock_queries.cash_of_day(van, today),
        "settlement": DaySettlement.objects.filter(location=van, day=today).first(),
        "last": stock_queries.last_settlement(van),
    }
    return TemplateResponse(request, "sales/van_home.html", context)


def no_van(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "sales/van_none.html", {})


class VanEntry(GoodsEntry):
    """Pages about the person's own van; whoever has none is told who can give him one."""

    permission_required = "sales.count_van"
    van: StockLocation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        van = stock_queries.van_of(request.user)
        if van is None:
            return no_van(request)
        self.van = van
        self.goods = stock_queries.goods_on(van)
        return self.prepare() or super().dispatch(request, *args, **kwargs)

    def prepare(self) -> HttpResponse | None:
        """What else the page needs; an answer instead of it, if any."""
        return None

    def known(self) -> dict[int, Product]:
        return {row.product_id: row.product for row in self.goods}

    def initial(self) -> list[dict[str, Any]]:
        return [goods_row(row.product) for row in self.goods]

    def row_options(self) -> dict[str, Any]:
        return {
            "have": {row.product_id: row.quantity for row in self.goods},
            "label": gettext("on the van"),
        }

    def done(self, text: str) -> HttpResponse:
        messages.success(self.request, text)
        return redirect(safe_next(self.request, reverse("sales:van_home")))

    def back(self) -> str:
        return safe_next(self.request, reverse("sales:van_home"))


# --- selling
class VanSale(VanEntry):
    permission_required = "sales.sell_from_van"
    rows_class = SaleRows
    submit_label = _("Sell")
    customer: Customer

    def prepare(self) -> HttpResponse | None:
        customer = asked_customer(self.request)
        if customer is None:
            return choose_customer(self.request, title=gettext("Van sale"), back="sales:van_home")
        self.customer = customer
        self.goods = [row for row in self.goods if row.product.is_active]
        products = [row.product for row in self.goods]
        there = {row.product_id: row.quantity for row in self.goods}
        self.offered = {
            offer["id"]: offer
            | {"available": f"{there[offer['id']]:f}", "gifts": with_stock(offer["gifts"], there)}
            for offer in offers(self.customer, products, business_calendar.today())
        }
        return None

    def form(self, data: Any = None) -> SaleForm:
        return SaleForm(data)

    def gifts(self, data: Any = None) -> Any:
        """The script fills them by the rules; what stands there when it is sent is given."""
        posted = None if data is None else gift_data(self.request)
        return GiftFormSet(posted, prefix="gifts", known=self.known())

    def initial(self) -> list[dict[str, Any]]:
        prices = {pk: offer["price"] for pk, offer in self.offered.items()}
        return [
            goods_row(row.product, price=prices[row.product_id], offered=prices[row.product_id])
            for row in self.goods
        ]

    def page(self) -> dict[str, Any]:
        credit = credit_of(self.customer, business_calendar.today())
        facts = [(gettext("Receivable"), money(credit.receivable))]
        if credit.left is not None:
            facts.append((gettext("Credit left"), money(credit.left)))
        return {
            "title": self.customer.name,
            "pretitle": gettext("Van sale"),
            "back": safe_next(self.request, self.customer.get_absolute_url()),
            "options": search_address(place=self.van, only=True, customer=self.customer.pk),
            "facts": facts,
            "goods": self.offered,
            "categories": category_chips({row.product.category_id for row in self.goods}),
            "empty": gettext("The van is empty. Load it first."),
        }

    def save(self, form: SaleForm, rows: Any) -> HttpResponse:
        data = form.cleaned_data
        delivery = van_sales.sell_from_van(
            actor=self.request.user,
            customer=self.customer,
            lines=[*rows.lines(), *self.gift_rows.lines()],
            discount=form.share,
            payment=Payment(data["paid"], data["method"]) if data["method"] else None,
            with_gifts="gifts-TOTAL_FORMS" not in self.request.POST,
            note=data["note"],
            client_uuid=data["client_uuid"],
        )
        text = gettext("Sold: %(number)s, %(amount)s.")
        messages.success(self.request, text % {"number": delivery.number, "amount": money(delivery.amount)})
        return redirect(safe_next(self.request, delivery.get_absolute_url()))


@permission_required("sales.sell_from_van", raise_exception=True)
def van_deliver(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliver an approved order from the van."""
    orders = SalesOrder.objects.visible_to(request.user).select_related("customer")
    order = get_object_or_404(orders, pk=pk)
    van = stock_queries.van_of(request.user)
    if van is None:
        return no_van(request)
    if order.status not in (OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED):
        messages.error(request, gettext("%(number)s cannot be delivered now.") % {"number": order.number})
        return redirect(order)
    lines = [line for line in queries.lines_of(order) if line.left]
    form = DeliverFromVanForm(request.POST or None)
    quantities = DeliverForm(request.POST or None, lines=lines)
    if request.method == "POST" and form.is_valid() and quantities.is_valid():
        data = form.cleaned_data
        try:
            delivery = van_sales.deliver_from_van(
                actor=request.user,
                order=order,
                quantities=quantities.quantities(),
                payment=Payment(data["paid"], data["method"]) if data["method"] else None,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            text = gettext("Delivered: %(number)s, %(amount)s.")
            messages.success(request, text % {"number": delivery.number, "amount": money(delivery.amount)})
            return redirect(safe_next(request, reverse("sales:van_home")))
    there = stock_queries.on_hand(van)
    for line in lines:
        have = there.get(line.product_id, Decimal(0))
        line.there, line.left_words = in_words(have, line.product), in_words(line.left, line.product)
        line.field = quantities[f"line-{line.pk}"]
        line.take = (
            line.field.value() if quantities.is_bound else ledger.plain(max(min(line.left, have), Decimal(0)))
        )
        there[line.product_id] = max(have - line.left, Decimal(0))
    context = {
        "order": order,
        "lines": lines,
        "form": form,
        "back": safe_next(request, reverse("sales:van_home")),
    }
    return TemplateResponse(request, "sales/van_deliver.html", context)


# --- loading and unloading
class VanLoad(VanEntry):
    """A rep loads without a plan of the warehouse: what he types is moved. Presold goods are proposed."""

    submit_label = _("Load")
    kind = StockDocumentKind.LOAD

    def prepare(self) -> HttpResponse | None:
        self.presold = stock_queries.presold(self.van)
        self.products = Product.objects.in_bulk(self.presold)
        return None

    def known(self) -> dict[int, Product]:
        return self.products

    def initial(self) -> list[dict[str, Any]]:
        return [
            goods_row(product, self.presold[pk], presold=self.presold[pk])
            for pk, product in sorted(self.products.items(), key=lambda pair: pair[1].code)
        ]

    def row_options(self) -> dict[str, Any]:
        return {"have": self.presold, "label": gettext("presold")}

    def form(self, data: Any = None) -> NoteForm:
        return NoteForm(data)

    def page(self) -> dict[str, Any]:
        warehouse = ledger.default_warehouse()
        return {
            "title": gettext("Load the van"),
            "pretitle": str(self.van),
            "back": self.back(),
            "options": search_address(place=warehouse),
            "facts": [(pgettext("stock", "From"), str(warehouse))],
        }

    def save(self, form: NoteForm, rows: Any) -> HttpResponse:
        document = stock_documents.create_document(
            actor=self.request.user,
            kind=self.kind,
            **self.ends(),
            lines=rows.stock_lines(),
            note=form.cleaned_data["note"],
            client_uuid=form.cleaned_data["client_uuid"],
            post=True,
        )
        return self.done(gettext("%(number)s is posted.") % {"number": document.number})

    def ends(self) -> dict[str, StockLocation]:
        return {"source": ledger.default_warehouse(), "target": self.van}


class VanUnload(VanLoad):
    """Back into the warehouse, all or in part."""

    submit_label = _("Unload")
    kind = StockDocumentKind.UNLOAD
    rows_class = GoodsRows

    def prepare(self) -> HttpResponse | None:
        return None

    known = VanEntry.known
    initial = VanEntry.initial
    row_options = VanEntry.row_options

    def page(self) -> dict[str, Any]:
        return {
            "title": gettext("Unload the van"),
            "pretitle": str(self.van),
            "back": self.back(),
            "options": search_address(place=self.van, only=True),
            "facts": [(pgettext("stock", "To"), str(ledger.default_warehouse()))],
            "fill_label": gettext("Everything"),
            "empty": gettext("The van is empty."),
        }

    def ends(self) -> dict[str, StockLocation]:
        return {"source": self.van, "target": ledger.default_warehouse()}


# --- closing the day
class VanSettle(VanEntry):
    """?day=, else today; a day that is settled shows its settlement."""

    permission_required = "sales.add_daysettlement"
    counts = True
    submit_label = _("Settle the day")

    def prepare(self) -> HttpResponse | None:
        self.day = self._day()
        self.settlement = DaySettlement.objects.filter(location=self.van, day=self.day).first()
        if self.settlement and self.settlement.status == SettlementStatus.SETTLED:
            return redirect(self.settlement)
        self.lines = stock_queries.van_day(self.van, self.day)
        self.expected = {line.product.pk: line.expected for line in self.lines}
        self.before = (
            {row.product_id: row for row in self.settlement.lines.select_related("product")}
            if self.settlement
            else {}
        )
        self.asked = frozenset(pk for pk, row in self.before.items() if row.difference)
        return None

    def _day(self) -> dt.date:
        today = business_calendar.today()
        try:
            day = dt.date.fromisoformat(self.request.GET.get("day") or today.isoformat())
        except ValueError as error:
            raise Http404 from error
        return min(day, today)

    def form(self, data: Any = None) -> SettlementForm:
        initial = {}
        if self.settlement:
            initial = {
                "cash": self.settlement.cash_counted,
                "cash_reason": self.settlement.cash_reason,
                "note": self.settlement.note,
            }
        return SettlementForm(data, initial=initial)

    def known(self) -> dict[int, Product]:
        return {line.product.pk: line.product for line in self.lines} | {
            pk: row.product for pk, row in self.before.items()
        }

    def initial(self) -> list[dict[str, Any]]:
        rows = []
        for pk, product in sorted(self.known().items(), key=lambda pair: pair[1].code):
            row = self.before.get(pk)
            if self.expected.get(pk) or row:
                rows.append(
                    goods_row(product, row.counted if row else None, reason=row.reason if row else "")
                )
        return rows

    def row_options(self) -> dict[str, Any]:
        return {"have": self.expected, "label": gettext("books"), "asks": self.asked}

    def page(self) -> dict[str, Any]:
        expected = stock_queries.cash_of_day(self.van, self.day)
        return {
            "title": gettext("Settle the day"),
            "pretitle": f"{self.van} · {self.day:%m-%d}",
            "back": self.back(),
            "options": search_address(place=self.van),
            "facts": [(gettext("Cash received"), money(expected))],
            "fill_label": gettext("All as in the books"),
            "empty": gettext("The van is empty: only the cash is left to hand over."),
            "days": self._open_days(),
        }

    def _open_days(self) -> list[dt.date]:
        """Days since the last settlement on which something moved, the asked one apart."""
        last = stock_queries.last_settlement(self.van)
        return [
            day
            for day in stock_queries.moved_days(self.van, since=last.day if last else None)
            if day != self.day
        ]

    def save(self, form: SettlementForm, rows: Any) -> HttpResponse:
        """Hand in; rows that differ come back with a field for the reason."""
        data, counts = form.cleaned_data, rows.quantities()
        self.asked = frozenset(
            pk for pk, counted in counts.items() if counted != self.expected.get(pk, Decimal(0))
        )
        rows.asks = self.asked
        settlement = settlements.settle_day(
            actor=self.request.user,
            van=self.van,
            day=self.day,
            counts=counts,
            reasons=rows.reasons(),
            cash=data["cash"],
            cash_reason=data["cash_reason"],
            note=data["note"],
        )
        if settlement.status == SettlementStatus.SETTLED:
            return self.done(
                gettext("%(number)s is settled; the day is closed.") % {"number": settlement.number}
            )
        return self.done(
            gettext("%(number)s is handed in with differences and waits for a manager.")
            % {"number": settlement.number}
        )
