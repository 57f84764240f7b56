"""Writing an order, on the phone in the shop and at the desk."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View

from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries, services
from sales.enums import OrderStatus
from sales.forms.base import plain
from sales.forms.orders import BaseLineFormSet, LineFormSet, OrderForm, row_of
from sales.models import OrderLine, SalesOrder
from sales.views.shared import asked_customer, choose_customer, safe_next


class OrderEntry(PermissionRequiredMixin, View):
    """The page; subclasses know where the order comes from and how it is saved."""

    raise_exception = True
    order: SalesOrder | None = None
    customer: Customer

    def save(self, form: OrderForm, rows: BaseLineFormSet, *, submit: bool) -> SalesOrder:
        raise NotImplementedError

    def draw(self, form: OrderForm, rows: BaseLineFormSet) -> HttpResponse:
        last = queries.last_order(self.customer)
        usual = {product.pk for product in self.usual}
        context = {
            "order": self.order,
            "customer": self.customer,
            "form": form,
            "rows": rows,
            "usual": usual,
            "last_order": last,
            "last_lines": repeatable(queries.lines_of(last)) if last else [],
            "receivable": queries.receivables([self.customer.pk])[self.customer.pk],
            "back": safe_next(self.request, self.customer.get_absolute_url()),
        }
        return TemplateResponse(self.request, "sales/order_entry.html", context)

    def first(self, lines: list[OrderLine], form: OrderForm) -> HttpResponse:
        """The page as it is opened: the draft's lines, then what the customer usually takes."""
        chosen = {line.product_id for line in lines}
        rows = [row_of(line.product, line) for line in lines]
        rows += [row_of(product) for product in self.usual if product.pk not in chosen]
        known = {product.pk: product for product in [*(line.product for line in lines), *self.usual]}
        return self.draw(form, LineFormSet(prefix="lines", initial=rows, known=known))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = OrderForm(request.POST)
        rows = LineFormSet(request.POST, prefix="lines")
        if not (form.is_valid() & rows.is_valid()):
            return self.draw(form, rows)
        submit = request.POST.get("then") != "draft"
        try:
            order = self.save(form, rows, submit=submit)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.draw(form, rows)
        self.tell(order)
        return redirect(safe_next(request, order.get_absolute_url()))

    def tell(self, order: SalesOrder) -> None:
        text = (
            _("Draft %(number)s is saved.")
            if order.status == OrderStatus.DRAFT
            else _("Order %(number)s, %(total)s.")
        )
        messages.success(self.request, text % {"number": order.number, "total": money(order.total)})


class OrderCreate(OrderEntry):
    permission_required = "sales.add_salesorder"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if customer is None:
            return choose_customer(request, title=_("New order"))
        self.customer = customer
        self.usual = queries.usual_products(customer)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.first([], OrderForm())

    def save(self, form: OrderForm, rows: BaseLineFormSet, *, submit: bool) -> SalesOrder:
        return services.create_order(
            actor=self.request.user,
            customer=self.customer,
            lines=rows.lines(),
            client_uuid=form.cleaned_data["client_uuid"],
            submit=submit,
            **form.values(),
        )


class OrderEdit(OrderEntry):
    permission_required = "sales.change_salesorder"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        orders = SalesOrder.objects.visible_to(request.user).select_related("customer__owner")
        self.order = get_object_or_404(orders, pk=kwargs["pk"])
        if self.order.status != OrderStatus.DRAFT:
            messages.error(
                request, _("Order %(number)s is not a draft any more.") % {"number": self.order.number}
            )
            return redirect(self.order)
        self.customer = self.order.customer
        self.usual = queries.usual_products(self.customer)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        assert self.order is not None
        values = {"discount": plain(self.order.discount * 100), "note": self.order.note}
        return self.first(queries.lines_of(self.order), OrderForm(initial=values))

    def save(self, form: OrderForm, rows: BaseLineFormSet, *, submit: bool) -> SalesOrder:
        assert self.order is not None
        return services.update_order(
            actor=self.request.user, order=self.order, lines=rows.lines(), submit=submit, **form.values()
        )


def repeatable(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Last order's lines for the script, at today's prices; what is not on sale any more is left out."""
    return [
        product_data(line.product) | {"quantity": plain(line.quantity)}
        for line in lines
        if line.product.is_active
    ]


def product_data(product: Any) -> dict[str, Any]:
    """What the script needs to draw a row."""
    return {
        "id": product.pk,
        "name": product.name,
        "code": product.code,
        "barcode": product.barcode,
        "unit": product.unit,
        "box_unit": product.box_unit,
        "box": product.box_quantity,
        "packing": product.packing,
        "price": str(product.price),
    }
