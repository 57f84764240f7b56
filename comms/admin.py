from django.contrib import admin
from django.http import HttpRequest

from comms.models import Notification


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    """Who was told what, to look at: a notice cannot be rewritten."""

    list_display = ["created_at", "recipient", "kind", "title", "read_at"]
    list_filter = ["kind"]
    list_select_related = ["recipient"]
    search_fields = ["title", "recipient__name"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
