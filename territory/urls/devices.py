from django.urls import path

from territory.views import devices, ingest

urls = [
    # what is stored about oneself
    path("tracks/mine/", devices.mine, name="my_track"),
    path("tracks/mine/pause/", devices.pause, name="track_pause"),
    path("tracks/mine/resume/", devices.resume, name="track_resume"),
    path("tracks/devices/new/", devices.create, name="device_create"),
    path("tracks/devices/<int:pk>/token/", devices.renew, name="device_renew"),
    path("tracks/devices/<int:pk>/revoke/", devices.revoke, name="device_revoke"),
    # tracker apps
    path("ingest/osmand/", ingest.osmand, name="ingest_osmand"),
    path("ingest/owntracks/", ingest.owntracks, name="ingest_owntracks"),
]
