from django.urls import path

from crm.views import contact_list, contact_tree, due_contacts, follow_up_form, follow_up_list, follow_ups

urls = [
    path("follow-ups/", follow_up_list.FollowUpList.as_view(), name="follow_up_list"),
    path("follow-ups/new/", follow_up_form.FollowUpCreate.as_view(), name="follow_up_create"),
    path("follow-ups/due/", due_contacts.due_list, name="follow_up_due"),
    path("follow-ups/targets/", follow_up_form.target_options, name="follow_up_targets"),
    path("follow-ups/contacts/", follow_up_form.contact_options, name="follow_up_contacts"),
    path("follow-ups/photos/<int:pk>/", follow_ups.photo, name="follow_up_photo"),
    path("follow-ups/<int:pk>/", follow_ups.FollowUpDetail.as_view(), name="follow_up_detail"),
    path("follow-ups/<int:pk>/row/", follow_up_list.FollowUpRow.as_view(), name="follow_up_row"),
    path("follow-ups/<int:pk>/delete/", follow_ups.delete, name="follow_up_delete"),
    path("follow-ups/<int:pk>/voice/", follow_ups.voice, name="follow_up_voice"),
    path("customers/<int:pk>/follow-ups/", follow_ups.customer_follow_ups, name="customer_follow_ups"),
    path("leads/<int:pk>/follow-ups/", follow_ups.lead_follow_ups, name="lead_follow_ups"),
    path("customers/<int:pk>/contacts/", contact_tree.contact_tree, name="contact_tree"),
    path("contacts/", contact_list.ContactList.as_view(), name="contact_list"),
]
