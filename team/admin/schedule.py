from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from team.models import ScheduleEntry, ScheduleException, ScheduleFeed, ScheduleInvitation


class _Looking:
    """For looking: an entry is its owner's to change."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class InvitationInline(_Looking, admin.TabularInline):
    model = ScheduleInvitation
    extra = 0
    fields = ["person", "answer", "answered_at"]


class ExceptionInline(_Looking, admin.TabularInline):
    model = ScheduleException
    extra = 0


@admin.register(ScheduleEntry)
class ScheduleEntryAdmin(_Looking, admin.ModelAdmin):
    """What is open to superiors alone: an administrator of the system reads nobody's private entries."""

    list_display = ["starts_at", "owner", "title", "rule", "visibility"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__name"]
    date_hierarchy = "starts_at"
    inlines = [InvitationInline, ExceptionInline]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).filter(visibility="open")


@admin.register(ScheduleFeed)
class ScheduleFeedAdmin(_Looking, admin.ModelAdmin):
    """To see whether somebody's calendar is read, and to take the address away."""

    list_display = ["person", "token_hint", "created_at", "read_at", "revoked_at"]
    list_select_related = ["person"]
    search_fields = ["person__name"]


# That it was changed is kept, its words are not: what is private stays so in the log.
_WORDS = ["title", "place", "notes"]
_DERIVED = ["version", "updated_at", "remind_next_at", "last_end_at"]
auditlog.register(ScheduleEntry, exclude_fields=[*_WORDS, *_DERIVED])
