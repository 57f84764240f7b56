from django.urls import path

from crm.views import lead_bulk, lead_detail, lead_funnel, lead_list

urls = [
    path("leads/", lead_list.LeadList.as_view(), name="lead_list"),
    path("leads/new/", lead_detail.LeadCreate.as_view(), name="lead_create"),
    path("leads/pool/", lead_list.LeadPool.as_view(), name="lead_pool"),
    path(
        "leads/pool/assign/",
        lead_bulk.lead_bulk,
        {"kind": "lead_assign", "back": "crm:lead_pool"},
        name="lead_pool_assign",
    ),
    path("leads/bin/", lead_list.LeadBin.as_view(), name="lead_bin"),
    path(
        "leads/bin/restore/",
        lead_bulk.lead_bulk,
        {"kind": "lead_restore", "back": "crm:lead_bin"},
        name="lead_restore",
    ),
    path(
        "leads/bin/purge/",
        lead_bulk.lead_bulk,
        {"kind": "lead_purge", "back": "crm:lead_bin"},
        name="lead_purge",
    ),
    path("leads/funnel/", lead_funnel.lead_funnel, name="lead_funnel"),
    path("leads/assign/", lead_bulk.lead_bulk, {"kind": "lead_assign"}, name="lead_assign"),
    path("leads/stages/", lead_bulk.lead_bulk, {"kind": "lead_stage"}, name="lead_stages"),
    path("leads/release/", lead_bulk.lead_bulk, {"kind": "lead_release"}, name="lead_release"),
    path("leads/delete/", lead_bulk.lead_bulk, {"kind": "lead_delete"}, name="lead_delete"),
    path("leads/<int:pk>/", lead_detail.lead_detail, name="lead_detail"),
    path("leads/<int:pk>/edit/", lead_detail.LeadEdit.as_view(), name="lead_edit"),
    path("leads/<int:pk>/stage/", lead_detail.lead_stage, name="lead_stage"),
    path("leads/<int:pk>/claim/", lead_detail.lead_claim, name="lead_claim"),
    path("leads/<int:pk>/convert/", lead_detail.lead_convert, name="lead_convert"),
]
