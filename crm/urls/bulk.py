from django.urls import path

from crm.views import bulk

urls = [
    path("customers/bulk/", bulk.BulkList.as_view(), name="bulk_list"),
    path("customers/bulk/<int:pk>/", bulk.bulk_detail, name="bulk_detail"),
    path("customers/bulk/<int:pk>/progress/", bulk.bulk_progress, name="bulk_progress"),
    path("customers/bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("customers/bulk/<int:pk>/resume/", bulk.bulk_resume, name="bulk_resume"),
    path("customers/bulk/<slug:kind>/", bulk.bulk_start, name="bulk_start"),
    path("customers/assign/", bulk.bulk_start, {"kind": "assign"}, name="customer_assign"),
]
