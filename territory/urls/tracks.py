from django.urls import path

from territory.views import live, track_month, tracks

urls = [
    path("tracks/", tracks.day, name="track"),
    path("tracks/gpx/", tracks.export, name="track_gpx"),
    path("tracks/month/", track_month.month, name="track_month"),
    path("tracks/month/lines/", track_month.month_lines, name="track_month_lines"),
    path("tracks/live/", live.live, name="live"),
    path("tracks/nearest/", live.nearest, name="nearest_reps"),
    path("tracks/nearest/assign/", live.assign, name="nearest_assign"),
    path("tracks/recorder/", tracks.recorder, name="recorder"),
    path("tracks/points/", tracks.points, name="points"),
]
