from django.urls import URLPattern, path

from sales.views import deliveries, papers

urls: list[URLPattern] = [
    path("deliveries/", deliveries.DeliveryList.as_view(), name="delivery_list"),
    path("deliveries/<int:pk>/", deliveries.delivery_detail, name="delivery_detail"),
    path("deliveries/<int:pk>/paper/", papers.delivery_paper, name="delivery_paper"),
    path("deliveries/<int:pk>/reverse/", deliveries.delivery_reverse, name="delivery_reverse"),
]
