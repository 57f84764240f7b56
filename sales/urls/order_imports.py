from django.urls import URLPattern, path

from sales.views import order_imports

urls: list[URLPattern] = [
    path("orders/import/", order_imports.import_start, name="order_import_start"),
    path("orders/imports/<int:pk>/", order_imports.import_detail, name="order_import_detail"),
    path("orders/imports/<int:pk>/mapping/", order_imports.import_mapping, name="order_import_mapping"),
    path("orders/imports/<int:pk>/run/", order_imports.import_run, name="order_import_run"),
    path("orders/imports/<int:pk>/resume/", order_imports.import_resume, name="order_import_resume"),
    path("orders/imports/<int:pk>/cancel/", order_imports.import_cancel, name="order_import_cancel"),
    path("orders/imports/<int:pk>/undo/", order_imports.import_undo, name="order_import_undo"),
    path("orders/imports/<int:pk>/progress/", order_imports.import_progress, name="order_import_progress"),
    path("orders/imports/<int:pk>/errors/", order_imports.import_errors, name="order_import_errors"),
]
