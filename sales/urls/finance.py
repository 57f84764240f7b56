from django.urls import URLPattern, path

from sales.views import costs, finance, margins, refunds

urls: list[URLPattern] = [
    path("finance/", finance.SlipInbox.as_view(), name="finance_inbox"),
    path("finance/check/", finance.finance_check, name="finance_check"),
    path("finance/count/", finance.finance_count, name="finance_count"),
    path("finance/<int:pk>/send-back/", finance.finance_send_back, name="finance_send_back"),
    path("refunds/", refunds.RefundList.as_view(), name="refund_list"),
    path("refunds/<int:pk>/", refunds.refund_detail, name="refund_detail"),
    path("refunds/<int:pk>/reverse/", refunds.refund_reverse, name="refund_reverse"),
    path("receipts/<int:pk>/refund/", refunds.refund_create, {"kind": "receipt"}, name="receipt_refund"),
    path("returns/<int:pk>/refund/", refunds.refund_create, {"kind": "return"}, name="return_refund"),
    path("costs/", costs.CostList.as_view(), name="cost_list"),
    path("costs/new/", costs.cost_create, name="cost_create"),
    path("costs/<int:pk>/", costs.cost_detail, name="cost_detail"),
    path("costs/<int:pk>/reverse/", costs.cost_reverse, name="cost_reverse"),
    path("margins/", margins.margin_page, name="margins"),
]
