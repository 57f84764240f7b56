from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from crm.models import FollowUp, FollowUpPhoto

auditlog.register(FollowUp, m2m_fields={"materials"}, exclude_fields=["uuid", "created_at", "updated_at"])


class FollowUpPhotoInline(admin.TabularInline):
    model = FollowUpPhoto
    extra = 0
    fields = readonly_fields = ["image", "sha256", "position"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(FollowUp)
class FollowUpAdmin(admin.ModelAdmin):
    """For looking. People work on /follow-ups/, where the customer's last follow-up and next contact move along."""

    list_display = ["at", "customer", "lead", "rep", "method", "stage", "next_at"]
    list_filter = ["method", "stage"]
    list_select_related = ["customer", "lead", "rep", "method", "stage"]
    search_fields = ["text", "customer__name", "lead__name"]
    date_hierarchy = "at"
    inlines = [FollowUpPhotoInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
