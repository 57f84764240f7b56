from django.contrib import admin
from django.http import HttpRequest

from team.models import CustomerTask, CustomerTaskEvent, TaskContact, TaskStep


class _Shown(admin.TabularInline):
    """For looking: tasks are worked on in their pages, which write the history."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class StepInline(_Shown):
    model = TaskStep
    fields = ["text", "done_at", "done_by"]


class ContactInline(_Shown):
    model = TaskContact
    fields = ["at", "author", "method", "result", "text", "next_step"]


class EventInline(_Shown):
    model = CustomerTaskEvent
    fields = ["at", "kind", "by", "person", "old", "new", "note"]


@admin.register(CustomerTask)
class CustomerTaskAdmin(admin.ModelAdmin):
    list_display = ["number", "title", "kind", "customer", "assignee", "status", "due_at", "progress"]
    list_select_related = ["customer", "assignee"]
    list_filter = ["kind", "status", "is_complaint"]
    search_fields = ["number", "title", "customer__name", "assignee__name"]
    date_hierarchy = "created_at"
    inlines = [StepInline, ContactInline, EventInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
