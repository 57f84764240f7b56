from django.urls import path

from crm.views import contacts, customer_detail, customer_list, customer_parts, edit, options

urls = [
    path("customers/", customer_list.CustomerList.as_view(), name="customer_list"),
    path("customers/new/", edit.CustomerCreate.as_view(), name="customer_create"),
    path("customers/options/", options.customer_options, name="customer_options"),
    path("customers/usual/", options.usual_choices, name="usual_choices"),
    path("customers/choice/", customer_list.customer_choice, name="customer_choice"),
    path("customers/<int:pk>/", customer_detail.CustomerDetail.as_view(), name="customer_detail"),
    path("customers/<int:pk>/cell/<slug:field>/", customer_list.customer_cell, name="customer_cell"),
    path("customers/<int:pk>/edit/", edit.CustomerEdit.as_view(), name="customer_edit"),
    path("customers/<int:pk>/history/", customer_detail.customer_history, name="customer_history"),
    path("customers/<int:pk>/timeline/", customer_parts.customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/head/", customer_parts.customer_head, name="customer_head"),
    path("customers/<int:pk>/drawer/", customer_parts.customer_drawer, name="customer_drawer"),
    path("customers/<int:pk>/last-events/", customer_parts.customer_last_events, name="customer_last_events"),
    path("customers/<int:pk>/confirm-location/", edit.confirm_location, name="confirm_location"),
    path("customers/<int:pk>/contacts/new/", contacts.ContactCreate.as_view(), name="contact_create"),
    path(
        "customers/<int:pk>/contacts/<int:contact_pk>/", contacts.ContactEdit.as_view(), name="contact_edit"
    ),
    path(
        "customers/<int:pk>/contacts/<int:contact_pk>/delete/", contacts.contact_delete, name="contact_delete"
    ),
]
