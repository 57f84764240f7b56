from django.urls import URLPattern, path

from sales.views import papers, receipts, receivables

urls: list[URLPattern] = [
    path("receipts/", receipts.ReceiptList.as_view(), name="receipt_list"),
    path("receivables/", receivables.ReceivableList.as_view(), name="receivable_list"),
    path("receipts/new/", receipts.ReceiptCreate.as_view(), name="receipt_create"),
    path("receipts/<int:pk>/", receipts.receipt_detail, name="receipt_detail"),
    path("receipts/<int:pk>/paper/", papers.receipt_paper, name="receipt_paper"),
    path("receipts/<int:pk>/reverse/", receipts.receipt_reverse, name="receipt_reverse"),
]
