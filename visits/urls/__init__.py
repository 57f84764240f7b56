"""Addresses of visits, a file for each family."""

from django.urls import URLPattern

from visits.urls import in_store, offline, plans, tasks, visits

app_name = "visits"

urlpatterns: list[URLPattern] = [*plans.urls, *tasks.urls, *visits.urls, *offline.urls, *in_store.urls]
