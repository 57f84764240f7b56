from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comms.models import Announcement, Notification, OutboxItem, PushDevice
from comms.services import outbox


class LookOnly(admin.ModelAdmin):
    """Records of what happened: to look at."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(LookOnly):
    """Who was told what: a notice cannot be rewritten."""

    list_display = ["created_at", "recipient", "kind", "title", "read_at"]
    list_filter = ["kind"]
    list_select_related = ["recipient"]
    search_fields = ["title", "recipient__name"]


@admin.register(OutboxItem)
class OutboxItemAdmin(LookOnly):
    """Dead letters can be sent again."""

    list_display = ["created_at", "recipient", "channel", "state", "text", "attempts", "error", "sent_at"]
    list_filter = ["state", "channel"]
    list_select_related = ["recipient", "notification"]
    search_fields = ["recipient__name", "title", "error"]
    actions = ["send_again"]

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxItem]) -> None:
        count = outbox.resend(rows=queryset)
        text = ngettext("%(n)s message goes out again.", "%(n)s messages go out again.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("comms.resend_outboxitem")


@admin.register(PushDevice)
class PushDeviceAdmin(LookOnly):
    list_display = ["user", "name", "created_at", "sent_at"]
    list_select_related = ["user"]
    search_fields = ["user__name"]
    fields = ["user", "name", "created_at", "sent_at"]  # endpoint and keys are nobody's to read


@admin.register(Announcement)
class AnnouncementAdmin(LookOnly):
    """Published and changed on its own page, which tells the people it is for."""

    list_display = ["title", "author", "audience", "starts_on", "ends_on", "must_confirm", "withdrawn_at"]
    list_filter = ["audience", "must_confirm"]
    list_select_related = ["author"]
    search_fields = ["title"]
