"""Writing an order, on the phone in the shop and at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View

from accounts.enums import RoleCode
from accounts.models import SystemOptions
from common import business_calendar
from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries, rules, services
from sales.enums import OrderSource, OrderStatus
from sales.forms.base import plain
from sales.forms.orders import DetailsForm, GiftFormSet, LineFormSet, OrderForm, gift_of, row_of
from sales.models import OrderLine, Product, SalesOrder
from sales.queries.credit import credit_of
from sales.queries.entry import usual_details
from sales.queries.products import category_chips
from sales.rules import LineInput, OrderAction, OrderDetails
from sales.views.product_data import offers, product_data
from sales.views.shared import asked_customer, choose_customer, safe_next


class OrderEntry(PermissionRequiredMixin, View):
    """The page; subclasses know where the order comes from and how it is saved."""

    raise_exception = True
    order: SalesOrder | None = None
    customer: Customer

    def save(self, *, lines: list[LineInput], details: OrderDetails, submit: bool) -> SalesOrder:
        raise NotImplementedError

    # --- the page
    def first(
        self, lines: Sequence[OrderLine], *, values: dict[str, Any], details: dict[str, Any] | None
    ) -> HttpResponse:
        """The page as it is opened: the lines there are, then what the customer usually takes."""
        paid = [line for line in lines if not line.is_gift]
        chosen = {line.product_id for line in paid}
        rest = [product for product in self.usual if product.pk not in chosen]
        self.offer([line.product for line in lines] + self.usual)
        rows = [row_of(line.product, line) for line in paid] + [self.open_row(product) for product in rest]
        self.form = OrderForm(initial=values)
        self.details = self.details_form(initial=details) if details is not None else self.details_form()
        self.rows = LineFormSet(prefix="lines", initial=rows, known=self.known)
        gifts = [gift_of(line) for line in lines if line.is_gift]
        self.gifts = GiftFormSet(prefix="gifts", initial=gifts, known=self.known)
        return self.draw()

    def open_row(self, product: Product) -> dict[str, Any]:
        price = self.goods[product.pk]["price"]
        return row_of(product) | {"price": price, "offered": price}

    def offer(self, products: Sequence[Product]) -> None:
        """Take products to the page, with what this customer pays for them."""
        self.known = {product.pk: product for product in [*products, *self.usual]}  # usual ones know more
        rows = offers(self.customer, list(self.known.values()), self.day)
        self.goods = {row["id"]: row for row in rows}

    def details_form(self, data: Any = None, **kwargs: Any) -> DetailsForm:
        office = self.request.user.has_perm("sales.approve_salesorder")
        return DetailsForm(data, order=self.order, office=office, **kwargs)

    def draw(self) -> HttpResponse:
        last = queries.last_order(self.customer, besides=self.order)
        credit = credit_of(self.customer, business_calendar.today())
        context = {
            "order": self.order,
            "customer": self.customer,
            "form": self.form,
            "details": self.details,
            "rows": self.rows,
            "gifts": self.gifts,
            "goods": self.goods,
            "categories": category_chips(),
            "credit": credit,
            "credit_data": {
                "left": None if credit.left is None else f"{credit.left:f}",
                "blocked": credit.is_blocked,
            }
            if SystemOptions.load().credit_control
            else None,
            "last_order": last,
            "last_lines": self.repeatable(last) if last else [],
            "back": safe_next(self.request, (self.order or self.customer).get_absolute_url()),
        }
        return TemplateResponse(self.request, "sales/order_entry.html", context)

    def repeatable(self, order: SalesOrder) -> list[dict[str, Any]]:
        """The last order's lines; what it has and the page does not know yet is told now."""
        lines = [line for line in queries.lines_of(order) if line.product.is_active and not line.is_gift]
        new = {line.product_id: line.product for line in lines if line.product_id not in self.goods}
        self.goods |= {row["id"]: row for row in offers(self.customer, list(new.values()), self.day)}
        return [self.goods[line.product_id] | {"quantity": plain(line.quantity)} for line in lines]

    @property
    def day(self) -> Any:
        """The day whose prices hold."""
        submitted = self.order is not None and self.order.status != OrderStatus.DRAFT
        return self.order.ordered_on if self.order and submitted else business_calendar.today()

    # --- saving
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.form, self.details = OrderForm(request.POST), self.details_form(request.POST)
        known = {product.pk: product for product in self.usual}
        self.rows = LineFormSet(request.POST, prefix="lines", known=known)
        self.gifts = GiftFormSet(gift_data(request), prefix="gifts", known=known)
        parts = (self.form, self.details, self.rows, self.gifts)
        valid = [part.is_valid() for part in parts]  # all of them, so that each says what is wrong with it
        if all(valid):
            try:
                order = self.save(
                    lines=[*self.rows.lines(), *self.gifts.lines()],
                    details=self.details.details(),
                    submit=request.POST.get("then") != "draft",
                )
            except ValidationError as refusal:
                self.form.add_error(None, refusal)
                if getattr(refusal, "code", "") == "revision":
                    self.see_again()
            else:
                self.tell(order)
                return redirect(safe_next(request, order.get_absolute_url()))
        self.offer([row.item for part in (self.rows, self.gifts) for row in part.rows])
        return self.draw()

    def see_again(self) -> None:
        """Somebody was faster: what was typed stays, and saving it once more is a decision now."""
        assert self.order is not None
        self.order.refresh_from_db()
        typed = self.request.POST.copy()
        typed["revision"] = str(self.order.revision)
        self.form.data = typed
        self.form.add_error(
            None, _("What you typed is still here. Save again to put it in the place of the other change.")
        )

    def tell(self, order: SalesOrder) -> None:
        text = (
            _("Draft %(number)s is saved.")
            if order.status == OrderStatus.DRAFT
            else _("Order %(number)s, %(total)s.")
        )
        messages.success(self.request, text % {"number": order.number, "total": money(order.total)})
        if order.status == OrderStatus.SUBMITTED and order.approval_reason:
            text = _("Order %(number)s needs a manager's approval: %(reason)s")
            messages.warning(self.request, text % {"number": order.number, "reason": order.approval_words})


_NO_GIFTS = {"gifts-TOTAL_FORMS": "0", "gifts-INITIAL_FORMS": "0"}


def gift_data(request: HttpRequest) -> Any:
    """What was posted, for the rows of gifts; a page without any posts none."""
    return request.POST if "gifts-TOTAL_FORMS" in request.POST else _NO_GIFTS


class OrderCreate(OrderEntry):
    """?customer=, ?copy= another order, ?visit= in a shop."""

    permission_required = "sales.add_salesorder"
    copied: SalesOrder | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if wanted := request.GET.get("copy", ""):
            self.copied = self.find_copied(wanted)
            visible = Customer.objects.visible_to(request.user).select_related("owner")
            customer = customer or get_object_or_404(visible, pk=self.copied.customer_id)
        if customer is None:
            return choose_customer(request, title=_("New order"), back="sales:order_list")
        self.customer = customer
        self.usual = queries.usual_products(customer)
        return super().dispatch(request, *args, **kwargs)

    def find_copied(self, wanted: str) -> SalesOrder:
        if not wanted.isdecimal() or len(wanted) > 18:
            raise Http404
        order: SalesOrder = get_object_or_404(SalesOrder.objects.visible_to(self.request.user), pk=wanted)
        return order

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        details = rules.filled(usual_details(self.customer), self.copied_details())
        if self.copied is None:
            return self.first([], values={}, details=details)
        lines = [line for line in queries.lines_of(self.copied) if not line.is_gift]
        if stopped := [line.product.name for line in lines if not line.product.is_active]:
            text = _("Not on sale any more, so not copied: %(products)s.")
            messages.warning(request, text % {"products": "、".join(stopped)})
        lines = [line for line in lines if line.product.is_active]
        for line in lines:  # at the prices of today
            line.list_price = line.price
        values = {"discount": plain(self.copied.discount * 100), "note": self.copied.note}
        return self.first(lines, values=values, details=details)

    def copied_details(self) -> OrderDetails | None:
        """Where a copied order of the same customer went; its day and its invoice are its own."""
        copied = self.copied
        if copied is None or copied.customer_id != self.customer.pk:
            return None
        return OrderDetails(
            consignee=copied.consignee,
            consignee_phone=copied.consignee_phone,
            delivery_address=copied.delivery_address,
            shipping_method=copied.shipping_method,
            payment_method=copied.payment_method,
            consignor=copied.consignor,
        )

    def save(self, *, lines: list[LineInput], details: OrderDetails, submit: bool) -> SalesOrder:
        return services.create_order(
            actor=self.request.user,
            customer=self.customer,
            lines=lines,
            client_uuid=self.form.cleaned_data["client_uuid"],
            details=details,
            source=self.source(),
            submit=submit,
            **self.form.values(),
        )

    def source(self) -> OrderSource:
        if self.request.GET.get("visit"):
            return OrderSource.VISIT
        is_rep = self.request.user.role_code == RoleCode.REP
        return OrderSource.PHONE if is_rep else OrderSource.OFFICE


class OrderEdit(OrderEntry):
    """A draft by whoever wrote it, a submitted order by the back office."""

    permission_required = "sales.change_salesorder"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        orders = SalesOrder.objects.visible_to(request.user).select_related("customer__owner")
        order = get_object_or_404(orders, pk=kwargs["pk"])
        if OrderAction.EDIT not in rules.allowed_actions(order.status, request.user.has_perm):
            text = (
                _("Order %(number)s is submitted: the back office changes it.")
                if order.status == OrderStatus.SUBMITTED
                else _("Order %(number)s is not a draft any more.")
            )
            messages.error(request, text % {"number": order.number})
            return redirect(order)
        self.order, self.customer = order, order.customer
        self.usual = queries.usual_products(self.customer, besides=order)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        assert self.order is not None
        values = {
            "discount": plain(self.order.discount * 100),
            "note": self.order.note,
            "revision": self.order.revision,
        }
        return self.first(queries.lines_of(self.order), values=values, details=None)

    def save(self, *, lines: list[LineInput], details: OrderDetails, submit: bool) -> SalesOrder:
        assert self.order is not None
        return services.update_order(
            actor=self.request.user,
            order=self.order,
            lines=lines,
            details=details,
            revision=self.form.cleaned_data["revision"],
            submit=submit,
            **self.form.values(),
        )


def repeatable(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Last order's lines for the script, at today's prices; what is not on sale any more is left out."""
    return [
        product_data(line.product) | {"quantity": plain(line.quantity)}
        for line in lines
        if line.product.is_active and not line.is_gift
    ]
