from django.contrib import admin

from sales.admin.base import ReadOnly
from sales.models import Target


@admin.register(Target)
class TargetAdmin(ReadOnly, admin.ModelAdmin):
    """Targets are set on their page, which knows who may set whose and notes what it changed."""

    list_display = [
        "year",
        "month",
        "measure",
        "category",
        "department",
        "rep",
        "value",
        "updated_by",
        "updated_at",
    ]
    list_filter = ["year", "month", "measure"]
    list_select_related = ["category", "department", "rep", "updated_by"]
    search_fields = ["department__name", "rep__name", "category__name"]
