from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from crm.models import PoolRule, PoolRun

auditlog.register(PoolRule, exclude_fields=["updated_at"])


@admin.register(PoolRule)
class PoolRuleAdmin(admin.ModelAdmin):
    """People work on /pool/rules/, where a rule is tried out before it is saved."""

    list_display = ["name", "department", "level", "is_active", "updated_at"]
    list_filter = ["is_active", "level"]
    list_select_related = ["department"]
    search_fields = ["name"]


@admin.register(PoolRun)
class PoolRunAdmin(admin.ModelAdmin):
    """What the nightly runs did, to be read only."""

    list_display = ["day", "started_at", "finished_at", "recycled", "recycled_leads", "warned", "error"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
