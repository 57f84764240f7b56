from django.urls import URLPattern, path

from sales.rules import OrderAction
from sales.views import entry, orders

urls: list[URLPattern] = [
    path("orders/", orders.OrderList.as_view(), name="order_list"),
    path("orders/new/", entry.OrderCreate.as_view(), name="order_create"),
    path("orders/<int:pk>/", orders.order_detail, name="order_detail"),
    path("orders/<int:pk>/edit/", entry.OrderEdit.as_view(), name="order_edit"),
    *[
        path(f"orders/<int:pk>/{address}/", orders.order_action, {"action": action}, name=f"order_{action}")
        for action, address in (
            (OrderAction.SUBMIT, "submit"),
            (OrderAction.APPROVE, "approve"),
            (OrderAction.APPROVE_AND_DELIVER, "approve-and-deliver"),
            (OrderAction.DELIVER, "deliver"),
            (OrderAction.CLOSE, "close"),
            (OrderAction.CANCEL, "cancel"),
        )
    ],
]
