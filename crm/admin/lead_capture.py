from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from crm.models import CapturedLead, LeadChannel, LeadImport, RegionOwner

# Neither the secret nor the address belongs into a log that more people read.
auditlog.register(LeadChannel, exclude_fields=["secret", "token", "last_assignee"], m2m_fields={"assignees"})
auditlog.register(RegionOwner)


@admin.register(LeadChannel)
class LeadChannelAdmin(admin.ModelAdmin):
    """For repairs. People work on /leads/channels/, where the mapping is made on real calls."""

    list_display = ["name", "kind", "assign_mode", "per_minute", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]
    exclude = ["secret"]
    autocomplete_fields = ["assignees"]
    readonly_fields = ["token", "last_assignee", "created_by", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(RegionOwner)
class RegionOwnerAdmin(admin.ModelAdmin):
    list_display = ["region", "user"]
    list_select_related = ["region", "user"]
    autocomplete_fields = ["user"]


class ReadOnlyAdmin(admin.ModelAdmin):
    """What jobs write: to look at, not to change."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(CapturedLead)
class CapturedLeadAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "channel", "state", "status", "external_id", "reason"]
    list_filter = ["state", "channel"]
    list_select_related = ["channel"]
    search_fields = ["external_id"]


@admin.register(LeadImport)
class LeadImportAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "state", "created_by", "created_at", "rows", "created", "skipped", "failed"]
    list_filter = ["state"]
    list_select_related = ["created_by"]
    search_fields = ["file_name"]
