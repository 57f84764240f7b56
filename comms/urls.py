from django.urls import path

from comms.views import announcements, notices, outbox, settings, threads

app_name = "comms"

urlpatterns = [
    path("messages/", notices.notice_list, name="notice_list"),
    path("messages/unread/", notices.unread, name="unread"),
    path("messages/read/", notices.read_all, name="read_all"),
    path("messages/<int:pk>/", notices.notice_open, name="notice_open"),
    path("todo/", notices.todo_list, name="todo_list"),
    path("notices/settings/", settings.notice_settings, name="settings"),
    path("notices/test/", settings.send_test, name="send_test"),
    path("notices/devices/add/", settings.device_add, name="device_add"),
    path("notices/devices/remove/", settings.device_remove, name="device_remove"),
    path("threads/", threads.ThreadList.as_view(), name="thread_list"),
    path("threads/archived/", threads.ArchivedThreads.as_view(), name="thread_archived"),
    path("threads/new/", threads.thread_new, name="thread_new"),
    path("threads/<int:pk>/", threads.thread_page, name="thread"),
    path("threads/<int:pk>/archive/", threads.thread_archive, name="thread_archive"),
    path("announcements/", announcements.AnnouncementList.as_view(), name="announcement_list"),
    path("announcements/new/", announcements.announcement_new, name="announcement_new"),
    path("announcements/<int:pk>/", announcements.announcement_page, name="announcement"),
    path("announcements/<int:pk>/edit/", announcements.announcement_edit, name="announcement_edit"),
    path("announcements/<int:pk>/confirm/", announcements.announcement_confirm, name="announcement_confirm"),
    path("announcements/<int:pk>/remind/", announcements.announcement_remind, name="announcement_remind"),
    path(
        "announcements/<int:pk>/withdraw/", announcements.announcement_withdraw, name="announcement_withdraw"
    ),
    path("outbox/", outbox.OutboxList.as_view(), name="outbox"),
    path("outbox/resend/", outbox.outbox_resend, name="outbox_resend"),
    path("outbox/discard/", outbox.outbox_discard, name="outbox_discard"),
]
