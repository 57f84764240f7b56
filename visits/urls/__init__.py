"""Addresses of visits, a file for each family."""

from django.urls import URLPattern

from visits.urls import tasks, visits

app_name = "visits"

urlpatterns: list[URLPattern] = [*tasks.urls, *visits.urls]
