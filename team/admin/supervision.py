from django.contrib import admin
from django.http import HttpRequest

from team.models import Instruction, InstructionAnswer


class AnswerInline(admin.TabularInline):
    model = InstructionAnswer
    extra = 0
    fields = readonly_fields = ["author", "text", "created_at"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Instruction)
class InstructionAdmin(admin.ModelAdmin):
    """For looking: what a leader wrote and the person read is not rewritten."""

    list_display = ["created_at", "author", "person", "day", "text", "read_at", "answered_at", "done_at"]
    list_select_related = ["author", "person"]
    search_fields = ["text", "author__name", "person__name"]
    date_hierarchy = "created_at"
    inlines = [AnswerInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
