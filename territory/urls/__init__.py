"""Addresses of territory, a file a family."""

from django.urls import URLPattern

from territory.urls import devices, maps, places, routes, territories, tour_plans, tracks, white_space

app_name = "territory"

urlpatterns: list[URLPattern] = [
    *maps.urls,
    *places.urls,
    *routes.urls,
    *tracks.urls,
    *devices.urls,
    *territories.urls,
    *tour_plans.urls,
    *white_space.urls,
]
