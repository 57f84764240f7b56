"""Addresses of team work, a file for each family."""

from django.urls import URLPattern

from team.urls import documents, reports, schedule, supervision, tasks

app_name = "team"

urlpatterns: list[URLPattern] = [
    *tasks.urls,
    *schedule.urls,
    *reports.urls,
    *supervision.urls,
    *documents.urls,
]
