from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sales import services
from sales.enums import PostingStatus
from sales.filters.deliveries import DeliveryFilterSet
from sales.models import Delivery
from sales.services.van_sales import receipt_of
from sales.tables.deliveries import DELIVERY_COLUMNS
from sales.views.reversals import reversal_page
from sales.views.shared import SummedList


class DeliveryList(SummedList):
    permission_required = "sales.view_delivery"
    title = _("Deliveries")
    columns = DELIVERY_COLUMNS
    filterset_class = DeliveryFilterSet
    default_sort = "-issued_on"
    sum_label = _("Delivered")
    export_permission = "sales.export_salesorder"
    export_name = "deliveries"
    empty_text = _("No deliveries yet. They are made on the page of an approved order.")
    next_url = reverse_lazy("sales:order_list")
    next_label = _("Sales orders")
    next_permission = "sales.view_salesorder"

    def get_queryset(self) -> QuerySet:
        return Delivery.objects.visible_to(self.request.user).with_names().select_related("order")


def find_delivery(request: HttpRequest, pk: int) -> Delivery:
    rows = Delivery.objects.visible_to(request.user).select_related(
        "customer", "rep", "order", "created_by", "location"
    )
    delivery: Delivery = get_object_or_404(rows, pk=pk)
    return delivery


@permission_required("sales.view_delivery", raise_exception=True)
def delivery_detail(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = find_delivery(request, pk)
    context = {
        "delivery": delivery,
        "lines": delivery.lines.select_related("product", "order_line"),
        "receipt": receipt_of(delivery),
    }
    return TemplateResponse(request, "sales/delivery_detail.html", context)


@permission_required("sales.change_delivery", raise_exception=True)
def delivery_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(Delivery.objects.visible_to(request.user).select_related("order"), pk=pk)
    if delivery.status != PostingStatus.POSTED:
        text = gettext("%(number)s has been reversed already.")
        messages.error(request, text % {"number": delivery.number})
        return redirect(delivery)
    return reversal_page(
        request,
        number=delivery.number,
        consequence=gettext("Its goods can be delivered again and its amount is not owed any more."),
        back=delivery.get_absolute_url(),
        do=lambda reason: services.reverse_delivery(actor=request.user, delivery=delivery, reason=reason),
    )
