from django.urls import URLPattern, path

from visits.views import photos, reports

urls: list[URLPattern] = [
    path("visit-report/", reports.VisitReportView.as_view(), name="visit_report"),
    path("photo-wall/", photos.PhotoWallView.as_view(), name="photo_wall"),
    path("photo-wall/<int:pk>/", photos.photo_page, name="photo_page"),
    path("photo-wall/<int:pk>/small/", photos.small_photo, name="photo_small"),
]
