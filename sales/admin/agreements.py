from auditlog.registry import auditlog
from django.contrib import admin

from sales.admin.base import ReadOnly
from sales.models import Agreement, AgreementFile

auditlog.register(Agreement, exclude_fields=["reminded_at"])


class AgreementFileInline(ReadOnly, admin.TabularInline):
    model = AgreementFile
    extra = 0
    fields = readonly_fields = ["kind", "name", "size", "created_by", "created_at"]


@admin.register(Agreement)
class AgreementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "title", "customer", "rep", "kind", "status", "starts_on", "ends_on"]
    list_filter = ["status", "kind"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "title", "customer__name"]
    exclude = ["reminded_at"]
    inlines = [AgreementFileInline]
