from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from visits.models import ClientAction, Visit, VisitPlan, VisitTask

# Only creation and admin edits come from here; services write the lines of their conditional UPDATEs themselves.
auditlog.register(VisitTask)
auditlog.register(VisitPlan)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Records of what happened: looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    list_display = ("day", "rep", "customer", "check_in_at", "check_out_at", "fence", "status")
    list_filter = ("status", "fence", "outcome")
    list_select_related = ("rep", "customer")
    date_hierarchy = "day"
    search_fields = ("customer__name", "customer__code", "rep__name")


@admin.register(ClientAction)
class ClientActionAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "user", "kind", "occurred_at", "result")
    list_filter = ("result", "kind")
    list_select_related = ("user",)


@admin.register(VisitPlan)
class VisitPlanAdmin(admin.ModelAdmin):
    list_display = ("rep", "customer", "weekdays", "starts_on", "ends_on", "is_active")
    list_select_related = ("rep", "customer")
    raw_id_fields = ("customer",)
