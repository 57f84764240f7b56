from django.urls import URLPattern, path

from crm.views.import_list import ImportList
from crm.views.imports import CustomerImport

urls: list[URLPattern] = [
    path("customers/import/", CustomerImport.as_view(page="start"), name="import_start"),
    path("customers/imports/", ImportList.as_view(), name="import_list"),
    path("customers/imports/template/", CustomerImport.as_view(page="template"), name="import_template"),
    *CustomerImport.paths("customers/imports/"),
]
