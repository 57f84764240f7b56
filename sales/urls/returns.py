from django.urls import URLPattern, path

from sales.views import returns

urls: list[URLPattern] = [
    path("returns/", returns.ReturnList.as_view(), name="return_list"),
    path("returns/new/", returns.ReturnCreate.as_view(), name="return_create"),
    path("returns/<int:pk>/", returns.return_detail, name="return_detail"),
    path("returns/<int:pk>/reverse/", returns.return_reverse, name="return_reverse"),
]
