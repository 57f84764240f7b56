from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from team.models import WorkReport, WorkReportComment, WorkReportCopy, WorkReportFile, WorkReportTemplate

auditlog.register(WorkReportTemplate)


class CopyInline(admin.TabularInline):
    model = WorkReportCopy
    extra = 0
    fields = readonly_fields = ["person", "read_at"]
    can_delete = False


class CommentInline(admin.TabularInline):
    model = WorkReportComment
    extra = 0
    fields = readonly_fields = ["author", "text", "at"]
    can_delete = False


class FileInline(admin.TabularInline):
    model = WorkReportFile
    extra = 0
    fields = readonly_fields = ["name", "size", "created_at"]
    can_delete = False


@admin.register(WorkReport)
class WorkReportAdmin(admin.ModelAdmin):
    """For looking: what somebody wrote and sent is not rewritten."""

    list_display = ["first", "kind", "person", "status", "reviewer", "sent_at", "is_late", "read_at"]
    list_select_related = ["person", "reviewer"]
    list_filter = [
        "first",
        "kind",
        "status",
        "is_late",
    ]  # Django's own steps by date fail on a field named "first"
    search_fields = ["person__name", "words"]
    inlines = [CopyInline, CommentInline, FileInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(WorkReportTemplate)
class WorkReportTemplateAdmin(admin.ModelAdmin):
    list_display = ["for_role", "kind", "is_due", "updated_at"]
    list_filter = ["kind"]

    @admin.display(description=_("role"), ordering="role")
    def for_role(self, template: WorkReportTemplate) -> str:
        return template.role_name
