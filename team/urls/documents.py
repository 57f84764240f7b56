from django.urls import URLPattern, path

from team.views import document_edit, document_files, document_folders, document_reads, documents

urls: list[URLPattern] = [
    path("documents/", documents.DocumentList.as_view(), name="document_list"),
    path("documents/new/", document_edit.document_new, name="document_new"),
    path("documents/must-read/", document_reads.MustReadList.as_view(), name="document_must_read"),
    path("documents/picker/", documents.picker, name="document_picker"),
    path("documents/folders/", document_folders.folder_list, name="folder_list"),
    path("documents/folders/new/", document_folders.folder_new, name="folder_new"),
    path("documents/folders/<int:pk>/edit/", document_folders.folder_edit, name="folder_edit"),
    path("documents/folders/<int:pk>/delete/", document_folders.folder_delete, name="folder_delete"),
    path("documents/pictures/", document_files.picture_add, name="document_picture_add"),
    path("documents/pictures/<int:pk>/", document_files.picture, name="document_picture"),
    path("documents/files/<int:pk>/", document_files.file_show, name="document_file"),
    path("documents/files/<int:pk>/text/", document_files.file_text, name="document_file_text"),
    path("documents/files/<int:pk>/remove/", document_files.file_remove, name="document_file_remove"),
    path("customers/<int:pk>/documents/", documents.customer_documents, name="customer_documents"),
    path("documents/<int:pk>/", documents.document_page, name="document"),
    path("documents/<int:pk>/edit/", document_edit.document_edit, name="document_edit"),
    path("documents/<int:pk>/publish/", document_edit.document_publish, name="document_publish"),
    path("documents/<int:pk>/archive/", document_edit.document_archive, name="document_archive"),
    path("documents/<int:pk>/delete/", document_edit.document_delete, name="document_delete"),
    path("documents/<int:pk>/files/", document_files.file_add, name="document_file_add"),
    path("documents/<int:pk>/confirm/", document_reads.document_confirm, name="document_confirm"),
    path("documents/<int:pk>/readers/", document_reads.document_readers, name="document_readers"),
    path("documents/<int:pk>/remind/", document_reads.document_remind, name="document_remind"),
    path("documents/<int:pk>/versions/", document_edit.document_versions, name="document_versions"),
    path(
        "documents/<int:pk>/versions/<int:number>/restore/",
        document_edit.document_restore,
        name="document_restore",
    ),
]
