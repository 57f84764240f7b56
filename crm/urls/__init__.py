"""Addresses of crm, a file for each prefix or family."""

from django.urls import URLPattern

from crm.urls import customers, imports

app_name = "crm"

urlpatterns: list[URLPattern] = [*customers.urls, *imports.urls]
