"""Addresses of visits, a file for each family."""

from django.urls import URLPattern

from visits.urls import in_store, offline, tasks, visits

app_name = "visits"

urlpatterns: list[URLPattern] = [*tasks.urls, *visits.urls, *offline.urls, *in_store.urls]
