from django.urls import URLPattern, path

from visits.views import check_in, panel, sync, visit, visit_list

urls: list[URLPattern] = [
    path("visits/", visit_list.VisitListView.as_view(), name="visit_list"),
    path("visits/sync/", sync.sync, name="sync"),
    path("visits/check-in/<int:customer_pk>/", check_in.CheckInView.as_view(), name="check_in"),
    path("visits/photos/<int:pk>/", visit.photo, name="photo"),
    path("visits/<int:pk>/", visit.VisitDetailView.as_view(), name="visit_detail"),
    path("visits/<int:pk>/check-out/", visit.check_out, name="check_out"),
    path("visits/<int:pk>/photos/", visit.add_photos, name="photo_add"),
    path("customers/<int:pk>/visits/", panel.customer_panel, name="customer_panel"),
    path("customers/<int:pk>/photos/", panel.photo_panel, name="photo_panel"),
    path("customers/<int:pk>/shelf/", panel.shelf_panel, name="shelf_panel"),
]
