from django.urls import URLPattern, path

from crm.views import contacts, customers, edit, import_list, imports, options, sharing

app_name = "crm"

customer_urls = [
    path("customers/", customers.CustomerList.as_view(), name="customer_list"),
    path("customers/new/", edit.CustomerCreate.as_view(), name="customer_create"),
    path("customers/options/", options.customer_options, name="customer_options"),
    path("customers/assign/", sharing.customer_assign, name="customer_assign"),
    path("customers/<int:pk>/", customers.CustomerDetail.as_view(), name="customer_detail"),
    path("customers/<int:pk>/edit/", edit.CustomerEdit.as_view(), name="customer_edit"),
    path("customers/<int:pk>/history/", customers.customer_history, name="customer_history"),
    path("customers/<int:pk>/confirm-location/", edit.confirm_location, name="confirm_location"),
    path("customers/<int:pk>/share/", sharing.customer_share, name="customer_share"),
    path("customers/<int:pk>/share/<int:share_pk>/revoke/", sharing.share_revoke, name="share_revoke"),
    path("customers/<int:pk>/contacts/new/", contacts.ContactCreate.as_view(), name="contact_create"),
    path(
        "customers/<int:pk>/contacts/<int:contact_pk>/", contacts.ContactEdit.as_view(), name="contact_edit"
    ),
    path(
        "customers/<int:pk>/contacts/<int:contact_pk>/delete/", contacts.contact_delete, name="contact_delete"
    ),
]

import_urls = [
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

urlpatterns: list[URLPattern] = [*customer_urls, *import_urls]
