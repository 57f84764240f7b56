from django.urls import path

from crm.views import sharing

urls = [
    path("customers/shares/", sharing.ShareList.as_view(), name="share_list"),
    path("customers/shares/revoke/", sharing.shares_revoke, name="shares_revoke"),
    path("customers/<int:pk>/share/", sharing.customer_share, name="customer_share"),
    path("customers/<int:pk>/share/<int:share_pk>/revoke/", sharing.share_revoke, name="share_revoke"),
]
