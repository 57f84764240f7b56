from auditlog.registry import auditlog
from django.contrib import admin

from crm.models import CustomField

auditlog.register(CustomField)


@admin.register(CustomField)
class CustomFieldAdmin(admin.ModelAdmin):
    """Values are kept under the label: a field that is renamed starts empty, the old values stay to be seen."""

    list_display = ["label", "target", "kind", "required", "position", "is_active"]
    list_editable = ["position", "is_active"]
    list_filter = ["target", "is_active"]
    search_fields = ["label"]
