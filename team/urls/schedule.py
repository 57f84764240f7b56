from django.urls import URLPattern, path

from team.views import schedule, schedule_entries, schedule_feed, schedule_invitations

urls: list[URLPattern] = [
    path("schedule/", schedule.ScheduleView.as_view(), name="schedule"),
    path("schedule/new/", schedule_entries.EntryCreate.as_view(), name="schedule_create"),
    path("schedule/invitations/", schedule_invitations.InvitationList.as_view(), name="schedule_invitations"),
    path("schedule/feed/", schedule_feed.feed_page, name="schedule_feed_page"),
    path("schedule/feed/revoke/", schedule_feed.feed_revoke, name="schedule_feed_revoke"),
    path("schedule/feed/<str:token>.ics", schedule_feed.feed, name="schedule_feed"),
    path("schedule/<int:pk>/", schedule_entries.entry_page, name="schedule_entry"),
    path("schedule/<int:pk>/edit/", schedule_entries.EntryEdit.as_view(), name="schedule_edit"),
    path("schedule/<int:pk>/delete/", schedule_entries.entry_delete, name="schedule_delete"),
    path("schedule/<int:pk>/move/", schedule_entries.entry_move, name="schedule_move"),
    path("schedule/<int:pk>/answer/", schedule_entries.entry_answer, name="schedule_answer"),
    path("schedule/<int:pk>/check-in/", schedule_entries.entry_check_in, name="schedule_check_in"),
]
