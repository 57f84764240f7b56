from django.urls import path

from territory.views import tracks

urls = [
    path("tracks/", tracks.day, name="track"),
    path("tracks/live/", tracks.live, name="live"),
    path("tracks/recorder/", tracks.recorder, name="recorder"),
    path("tracks/points/", tracks.points, name="points"),
]
