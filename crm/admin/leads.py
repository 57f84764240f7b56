from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from crm.models import Lead, LeadContact, LeadEvent
from crm.services.leads import reindex_lead

# The writers log owner, stage and the recycle bin themselves, because they write by UPDATE.
auditlog.register(
    Lead,
    exclude_fields=[
        *("name_key", "search_text", "search_grams", "cell", "last_follow_up_on", "next_contact_at"),
        *("created_at", "updated_at", "pooled_at", "converted_at"),
    ],
)


class LeadContactInline(admin.TabularInline):
    model = LeadContact
    extra = 0


class LeadEventInline(admin.TabularInline):
    model = LeadEvent
    extra = 0
    can_delete = False
    fields = readonly_fields = ["at", "kind", "from_user", "to_user", "from_stage", "to_stage", "note", "by"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Lead)
class LeadAdmin(admin.ModelAdmin):
    """For repairs. People work on /leads/, where history and search columns are kept."""

    list_display = ["name", "stage", "owner", "channel", "created_at"]
    list_filter = ["stage", "channel"]
    list_select_related = ["owner", "channel"]
    search_fields = ["name"]
    # Owner and stage change with their history, on the lead's own page.
    readonly_fields = [
        *("stage", "lost_reason", "owner", "received_on", "pooled_at", "last_owner", "last_follow_up_on"),
        *(
            "next_contact_at",
            "customer",
            "converted_at",
            "channel",
            "external_id",
            "import_job",
            "created_by",
        ),
        *("deleted_at", "deleted_by", "created_at"),
    ]
    inlines = [LeadContactInline, LeadEventInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Through the recycle bin, which also removes the files."""
        return False

    def save_related(self, request: HttpRequest, form: object, formsets: object, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        reindex_lead(form.instance)
