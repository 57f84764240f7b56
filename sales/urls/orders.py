from django.urls import URLPattern, path

from sales.rules import OrderAction
from sales.views import entry, order_bulk, order_details, orders, papers

urls: list[URLPattern] = [
    path("orders/", orders.OrderList.as_view(), name="order_list"),
    path("orders/new/", entry.OrderCreate.as_view(), name="order_create"),
    path("orders/bulk/approve/", order_bulk.bulk_approve, name="order_bulk_approve"),
    path("orders/bulk/deliver/", order_bulk.bulk_deliver, name="order_bulk_deliver"),
    path("orders/<int:pk>/", orders.order_detail, name="order_detail"),
    path("orders/<int:pk>/edit/", entry.OrderEdit.as_view(), name="order_edit"),
    path("orders/<int:pk>/details/", order_details.order_details, name="order_details"),
    path("orders/<int:pk>/paper/", papers.order_paper, name="order_paper"),
    *[
        path(f"orders/<int:pk>/{address}/", orders.order_action, {"action": action}, name=f"order_{action}")
        for action, address in (
            (OrderAction.SUBMIT, "submit"),
            (OrderAction.APPROVE, "approve"),
            (OrderAction.APPROVE_AND_DELIVER, "approve-and-deliver"),
            (OrderAction.REJECT, "reject"),
            (OrderAction.DELIVER, "deliver"),
            (OrderAction.CLOSE, "close"),
            (OrderAction.CANCEL, "cancel"),
        )
    ],
]
