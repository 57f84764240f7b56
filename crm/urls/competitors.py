from django.urls import path

from crm.views import competitors

urls = [
    path("competitors/", competitors.SightingList.as_view(), name="competitor_list"),
    path("competitors/prices/", competitors.competitor_prices, name="competitor_prices"),
    path("competitors/new/", competitors.sighting_create, name="competitor_create"),
    path("competitors/<int:pk>/edit/", competitors.sighting_edit, name="competitor_edit"),
    path("competitors/<int:pk>/delete/", competitors.sighting_delete, name="competitor_delete"),
    path("customers/<int:pk>/competitors/", competitors.customer_competitors, name="customer_competitors"),
]
