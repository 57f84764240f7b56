from django.urls import URLPattern, path

from visits.views import field, sync

urls: list[URLPattern] = [
    path("field/", field.shell, name="field"),
    path("field/session/", field.session, name="field_session"),
    path("field/data/", field.data, name="field_data"),
    path("field/kit/", field.kit, name="field_kit"),
    path("visits/uploads/<uuid:uuid>/", sync.upload, name="upload"),
    path("manifest.webmanifest", field.manifest, name="manifest"),
    path("sw.js", field.service_worker, name="service_worker"),
]
