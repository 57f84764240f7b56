"""Addresses of sales, a file for each family."""

from django.urls import URLPattern, path

from sales.urls import (
    agreements,
    bills,
    deliveries,
    finance,
    order_imports,
    order_lines,
    orders,
    prices,
    products,
    quotes,
    receipts,
    returns,
    stock,
    targets,
    van,
)
from sales.views import offers_panel, panel

app_name = "sales"

urlpatterns: list[URLPattern] = [
    *orders.urls,
    *quotes.urls,
    *agreements.urls,
    *order_imports.urls,
    *order_lines.urls,
    *deliveries.urls,
    *receipts.urls,
    *returns.urls,
    *stock.urls,
    *van.urls,
    *bills.urls,
    *finance.urls,
    *products.urls,
    *prices.urls,
    *targets.urls,
    path("customers/<int:pk>/sales/", panel.customer_panel, name="customer_panel"),
    path("customers/<int:pk>/offers/", offers_panel.customer_offers, name="customer_offers"),
]
