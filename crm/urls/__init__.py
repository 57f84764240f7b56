"""Addresses of crm, a file for each prefix or family."""

from django.urls import URLPattern

from crm.urls import (
    bulk,
    capture,
    competitors,
    customers,
    duplicates,
    follow_ups,
    imports,
    leads,
    pool,
    sharing,
)

app_name = "crm"

urlpatterns: list[URLPattern] = [
    *customers.urls,
    *duplicates.urls,
    *bulk.urls,
    *sharing.urls,
    *imports.urls,
    *leads.urls,
    *pool.urls,
    *capture.urls,
    *follow_ups.urls,
    *competitors.urls,
]
