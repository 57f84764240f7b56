from django.urls import path

from crm.views import import_list, imports

urls = [
    path("customers/import/", imports.import_start, name="import_start"),
    path("customers/imports/", import_list.ImportList.as_view(), name="import_list"),
    path("customers/imports/template/", imports.import_template, name="import_template"),
    path("customers/imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("customers/imports/<int:pk>/mapping/", imports.import_mapping, name="import_mapping"),
    path("customers/imports/<int:pk>/run/", imports.import_run, name="import_run"),
    path("customers/imports/<int:pk>/resume/", imports.import_resume, name="import_resume"),
    path("customers/imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("customers/imports/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("customers/imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("customers/imports/<int:pk>/errors/", imports.import_errors, name="import_errors"),
]
