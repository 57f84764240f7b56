"""Addresses of sales, a file for each family."""

from django.urls import URLPattern, path

from sales.urls import deliveries, order_imports, orders, products, receipts
from sales.views import panel

app_name = "sales"

urlpatterns: list[URLPattern] = [
    *orders.urls,
    *order_imports.urls,
    *deliveries.urls,
    *receipts.urls,
    *products.urls,
    path("customers/<int:pk>/sales/", panel.customer_panel, name="customer_panel"),
]
