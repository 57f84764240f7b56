from django.urls import path

from territory.views import places

urls = [
    path("map/unlocated/", places.unlocated, name="unlocated"),
    path("map/unlocated/<int:pk>/pin/", places.pin, name="unlocated_pin"),
    path("map/unlocated/look-up/", places.geocode_start, name="geocode_start"),
    path("map/look-ups/<int:pk>/", places.geocode_detail, name="geocode_detail"),
    path("map/look-ups/<int:pk>/progress/", places.geocode_progress, name="geocode_progress"),
    path("map/look-ups/<int:pk>/undo/", places.geocode_undo, name="geocode_undo"),
    path("map/look-ups/<int:pk>/resume/", places.geocode_resume, name="geocode_resume"),
]
