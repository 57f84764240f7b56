from django.urls import path

from sales.rules import OrderAction
from sales.views import deliveries, entry, order_imports, orders, panel, products, receipts, receivables

app_name = "sales"

orders_ = [
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
imports_ = [
    path("orders/import/", order_imports.import_start, name="order_import_start"),
    path("orders/imports/<int:pk>/", order_imports.import_detail, name="order_import_detail"),
    path("orders/imports/<int:pk>/mapping/", order_imports.import_mapping, name="order_import_mapping"),
    path("orders/imports/<int:pk>/run/", order_imports.import_run, name="order_import_run"),
    path("orders/imports/<int:pk>/resume/", order_imports.import_resume, name="order_import_resume"),
    path("orders/imports/<int:pk>/cancel/", order_imports.import_cancel, name="order_import_cancel"),
    path("orders/imports/<int:pk>/undo/", order_imports.import_undo, name="order_import_undo"),
    path("orders/imports/<int:pk>/progress/", order_imports.import_progress, name="order_import_progress"),
    path("orders/imports/<int:pk>/errors/", order_imports.import_errors, name="order_import_errors"),
]
deliveries_ = [
    path("deliveries/", deliveries.DeliveryList.as_view(), name="delivery_list"),
    path("deliveries/<int:pk>/", deliveries.delivery_detail, name="delivery_detail"),
    path("deliveries/<int:pk>/reverse/", deliveries.delivery_reverse, name="delivery_reverse"),
]
receipts_ = [
    path("receipts/", receipts.ReceiptList.as_view(), name="receipt_list"),
    path("receivables/", receivables.ReceivableList.as_view(), name="receivable_list"),
    path("receipts/new/", receipts.ReceiptCreate.as_view(), name="receipt_create"),
    path("receipts/<int:pk>/", receipts.receipt_detail, name="receipt_detail"),
    path("receipts/<int:pk>/reverse/", receipts.receipt_reverse, name="receipt_reverse"),
]
products_ = [
    path("products/", products.ProductList.as_view(), name="product_list"),
    path("products/new/", products.ProductCreate.as_view(), name="product_create"),
    path("products/<int:pk>/edit/", products.ProductEdit.as_view(), name="product_edit"),
    path("products/options/", products.product_options, name="product_options"),
]
urlpatterns = [
    *orders_,
    *imports_,
    *deliveries_,
    *receipts_,
    *products_,
    path("customers/<int:pk>/sales/", panel.customer_panel, name="customer_panel"),
]
