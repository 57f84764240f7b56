from django.urls import URLPattern, path

from sales.views import order_lines

urls: list[URLPattern] = [
    path("orders/lines/", order_lines.OrderLineList.as_view(), name="order_line_list"),
]
