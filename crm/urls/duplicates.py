from django.urls import path

from crm.views import duplicate_check, duplicates, merges

urls = [
    path("customers/duplicate-check/", duplicate_check.duplicate_check, name="duplicate_check"),
    path("customers/duplicates/", duplicates.duplicate_list, name="duplicate_list"),
    path("customers/duplicates/dismiss/", duplicates.duplicate_dismiss, name="duplicate_dismiss"),
    path("customers/merge/", merges.merge_page, name="merge_page"),
    path("customers/merges/", merges.merge_list, name="merge_list"),
    path("customers/merges/<int:pk>/undo/", merges.merge_undo, name="merge_undo"),
]
