from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from crm import services
from crm.models import Contact, Customer, CustomerShare, Dictionary, Tag

# Derived columns and the last-event columns are not anybody's change.
auditlog.register(
    Customer,
    m2m_fields={"tags"},
    exclude_fields=[
        "name_key",
        "search_text",
        "search_grams",
        "cell",
        "last_visit_on",
        "last_order_on",
        "last_sale_on",
        "created_at",
        "updated_at",
    ],
)
auditlog.register(Contact)
auditlog.register(Dictionary)
auditlog.register(Tag)


class ContactInline(admin.StackedInline):
    """Without whom somebody answers to: the choice would be among everybody's contacts. It is made on the customer's page."""

    model = Contact
    extra = 0
    fields = [
        ("name", "position", "role", "is_primary"),
        ("project", "needs", "hobbies"),
        ("birthday", "notes"),
    ]


class ShareInline(admin.TabularInline):
    model = CustomerShare
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["created_by"]


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """For repairs. People work on /customers/, where owner history and search columns are kept."""

    list_display = ["code", "name", "level", "channel", "owner", "status"]
    list_filter = ["level", "status", "location_status"]
    list_select_related = ["channel", "owner"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["tags"]
    # The owner changes with its history, through the list's "Assign".
    readonly_fields = ["owner", "received_on", "created_by", "last_visit_on", "last_order_on", "last_sale_on"]
    inlines = [ContactInline, ShareInline]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: object, formsets: object, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.reindex(customer_ids=[form.instance.pk])


@admin.register(Dictionary)
class DictionaryAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "position", "is_active"]
    list_editable = ["position", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]
