from django.urls import path

from crm.views import lead_captured, lead_channels, lead_hooks
from crm.views.import_list import LeadImportList
from crm.views.lead_imports import LeadImportWizard

urls = [
    path("hooks/leads/<str:token>/", lead_hooks.lead_hook, name="lead_hook"),
    path("forms/leads/<str:token>/", lead_hooks.lead_form, name="lead_form"),
    path("leads/channels/", lead_channels.channel_list, name="channel_list"),
    path("leads/channels/new/", lead_channels.channel_create, name="channel_create"),
    path("leads/channels/regions/", lead_channels.region_people, name="region_people"),
    path("leads/channels/<int:pk>/", lead_channels.channel_detail, name="channel_detail"),
    path("leads/channels/<int:pk>/edit/", lead_channels.channel_edit, name="channel_edit"),
    path("leads/channels/<int:pk>/secret/", lead_channels.channel_secret, name="channel_secret"),
    path("leads/channels/<int:pk>/address/", lead_channels.channel_address, name="channel_address"),
    path("leads/channels/<int:pk>/qr.svg", lead_channels.channel_qr, name="channel_qr"),
    path("leads/channels/<int:pk>/test/", lead_channels.channel_test, name="channel_test"),
    path("leads/channels/<int:pk>/mapping/", lead_channels.channel_mapping, name="channel_mapping"),
    path(
        "leads/channels/<int:pk>/mapping/preview/",
        lead_channels.channel_mapping_preview,
        name="channel_mapping_preview",
    ),
    path("leads/captured/", lead_captured.CapturedList.as_view(), name="captured_list"),
    path("leads/captured/replay/", lead_captured.captured_replay, name="captured_replay"),
    path("leads/captured/<int:pk>/", lead_captured.captured_detail, name="captured_detail"),
    path("leads/import/", LeadImportWizard.as_view(page="start"), name="lead_import"),
    path("leads/imports/", LeadImportList.as_view(), name="lead_import_list"),
    path("leads/imports/template/", LeadImportWizard.as_view(page="template"), name="lead_import_template"),
    *LeadImportWizard.paths("leads/imports/"),
]
