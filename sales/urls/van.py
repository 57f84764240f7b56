from django.urls import URLPattern, path

from sales.views import van

urls: list[URLPattern] = [
    path("van/", van.van_home, name="van_home"),
    path("van/sell/", van.VanSale.as_view(), name="van_sell"),
    path("van/orders/<int:pk>/", van.van_deliver, name="van_deliver"),
    path("van/load/", van.VanLoad.as_view(), name="van_load"),
    path("van/unload/", van.VanUnload.as_view(), name="van_unload"),
    path("van/settle/", van.VanSettle.as_view(), name="van_settle"),
]
