from django.urls import path

from crm.views import bulk, bulk_result

LEADS = {"leads": True}
urls = [
    path("customers/bulk/", bulk_result.BulkList.as_view(), name="bulk_list"),
    path("customers/bulk/<int:pk>/", bulk_result.bulk_detail, name="bulk_detail"),
    path("customers/bulk/<int:pk>/progress/", bulk_result.bulk_progress, name="bulk_progress"),
    path("customers/bulk/<int:pk>/undo/", bulk_result.bulk_undo, name="bulk_undo"),
    path("customers/bulk/<int:pk>/resume/", bulk_result.bulk_resume, name="bulk_resume"),
    path("customers/bulk/<slug:kind>/", bulk.bulk_start, name="bulk_start"),
    path("customers/assign/", bulk.bulk_start, {"kind": "assign"}, name="customer_assign"),
    path("leads/bulk/", bulk_result.LeadBulkList.as_view(), name="lead_bulk_list"),
    path("leads/bulk/<int:pk>/", bulk_result.bulk_detail, LEADS, name="lead_bulk_detail"),
    path("leads/bulk/<int:pk>/progress/", bulk_result.bulk_progress, LEADS, name="lead_bulk_progress"),
    path("leads/bulk/<int:pk>/undo/", bulk_result.bulk_undo, LEADS, name="lead_bulk_undo"),
    path("leads/bulk/<int:pk>/resume/", bulk_result.bulk_resume, LEADS, name="lead_bulk_resume"),
]
