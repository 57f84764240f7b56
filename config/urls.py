from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("comms.urls")),
    path("", include("crm.urls")),
    path("", include("sales.urls")),
    path("", include("visits.urls")),
    path("", include("territory.urls")),
    path("", include("alerts.urls")),
    path("", include("team.urls")),
    path("", include("reports.urls")),
]
