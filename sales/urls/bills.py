from django.urls import URLPattern, path

from sales.views import (
    aging,
    allocations,
    bills,
    collection,
    customer_terms,
    opening_files,
    payment_plans,
    statements,
)

urls: list[URLPattern] = [
    path("bills/", bills.BillList.as_view(), name="bill_list"),
    path("bills/opening/", bills.opening_create, name="opening_create"),
    path("bills/opening/import/", opening_files.opening_import, name="opening_import"),
    path("bills/<int:pk>/", bills.bill_detail, name="bill_detail"),
    path("bills/<int:pk>/reverse/", bills.bill_reverse, name="bill_reverse"),
    path("receipts/<int:pk>/allocate/", allocations.allocate, {"kind": "receipt"}, name="receipt_allocate"),
    path("returns/<int:pk>/allocate/", allocations.allocate, {"kind": "return"}, name="return_allocate"),
    path("allocations/<int:pk>/release/", allocations.release, name="allocation_release"),
    path("customers/<int:pk>/offset/", allocations.offset, name="customer_offset"),
    path("aging/", aging.aging_list, name="aging"),
    path("customers/<int:pk>/statement/", statements.statement_page, name="statement"),
    path("overdue/", collection.OverdueList.as_view(), name="overdue_list"),
    path("customers/<int:pk>/collect/", collection.collection_create, name="collection_create"),
    path("customers/<int:pk>/terms/", customer_terms.terms_edit, name="terms_edit"),
    path("orders/<int:pk>/plan/", payment_plans.order_plan, name="order_plan"),
    path("orders/<int:pk>/plan/edit/", payment_plans.order_plan_edit, name="order_plan_edit"),
]
