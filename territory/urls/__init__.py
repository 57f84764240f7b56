"""Addresses of territory, a file a family."""

from django.urls import URLPattern

from territory.urls import devices, maps, routes, territories, tracks

app_name = "territory"

urlpatterns: list[URLPattern] = [*maps.urls, *routes.urls, *tracks.urls, *devices.urls, *territories.urls]
