from django.urls import path

from comms.views import notices

app_name = "comms"

urlpatterns = [
    path("messages/", notices.notice_list, name="notice_list"),
    path("messages/unread/", notices.unread, name="unread"),
    path("messages/read/", notices.read_all, name="read_all"),
    path("messages/<int:pk>/", notices.notice_open, name="notice_open"),
]
