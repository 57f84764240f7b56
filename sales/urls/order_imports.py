from django.urls import URLPattern, path

from sales.views.order_imports import OrderImportWizard

urls: list[URLPattern] = [
    path("orders/import/", OrderImportWizard.as_view(page="start"), name="order_import_start"),
    *OrderImportWizard.paths("orders/imports/"),
]
