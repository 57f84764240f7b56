from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from reports.models import ScheduledReport, ScheduledRun

auditlog.register(ScheduledReport, exclude_fields=["next_at"], m2m_fields={"recipients"})


class LookOnly(admin.ModelAdmin):
    """Changed on their own pages, where the next time and the query are checked."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ScheduledReport)
class ScheduledReportAdmin(LookOnly):
    list_display = ["name", "report", "owner", "rhythm", "at", "is_active", "next_at"]
    list_filter = ["is_active", "rhythm"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__name"]


@admin.register(ScheduledRun)
class ScheduledRunAdmin(LookOnly):
    list_display = ["schedule", "due_at", "state", "attempts", "sent", "started_at", "finished_at", "error"]
    list_filter = ["state"]
    list_select_related = ["schedule"]
    search_fields = ["schedule__name", "error"]
    show_full_result_count = False
