"""Documents for looking; people work on /documents/, where versions, audience and search move along."""

from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from team.models import Document, Folder

_DERIVED = ["title_text", "body_text", "files_text", "search_grams", "told_version", "updated_at"]
auditlog.register(Document, exclude_fields=[*_DERIVED, "body_html"])
auditlog.register(Folder)


class LookOnly(admin.ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Document)
class DocumentAdmin(LookOnly):
    list_display = ["title", "folder", "status", "author", "version", "must_read", "updated_at"]
    list_filter = ["status", "must_read"]
    list_select_related = ["folder", "author"]
    search_fields = ["title"]
    exclude = ["title_text", "body_text", "files_text", "search_grams"]


@admin.register(Folder)
class FolderAdmin(LookOnly):
    list_display = ["name", "parent", "position"]
    list_select_related = ["parent"]
    search_fields = ["name"]
