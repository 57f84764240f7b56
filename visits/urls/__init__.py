"""Addresses of visits, a file for each family."""

from django.urls import URLPattern

from visits.urls import day_end, in_store, offline, plans, reports, tasks, visits

app_name = "visits"

urlpatterns: list[URLPattern] = [
    *day_end.urls,
    *plans.urls,
    *tasks.urls,
    *visits.urls,
    *offline.urls,
    *in_store.urls,
    *reports.urls,
]
