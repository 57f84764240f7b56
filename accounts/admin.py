from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ManyToManyField, QuerySet
from django.forms import ChoiceField, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from tree_queries.query import TreeQuerySet

from accounts.forms import PermissionsField
from accounts.models import AccessLog, Department, Role, SystemOptions, User
from accounts.queries import home_pages

admin.site.unregister(Group)  # roles take its place
admin.site.unregister(LogEntry)  # the package's own pages have no Chinese

auditlog.register(User, exclude_fields=["password", "last_login"])
auditlog.register(Role, m2m_fields={"permissions"}, exclude_fields=["seeded"])
auditlog.register(Department)
auditlog.register(SystemOptions)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ["username", "name", "phone", "department", "role", "superior", "is_active"]
    list_filter = ["role", "department", "is_active"]
    list_select_related = ["department", "role", "superior"]
    search_fields = ["username", "name", "phone"]
    autocomplete_fields = ["superior"]
    ordering = ["pk"]
    fieldsets = [
        (None, {"fields": ["username", "password", "name", "phone", "email", "title"]}),
        (_("Organisation"), {"fields": ["department", "superior", "role", "data_scope"]}),
        (_("Personal settings"), {"fields": ["language", "home_page", "usual_region", "usual_industry"]}),
        (
            _("Access"),
            {"fields": ["is_active", "is_staff", "is_superuser", "tracking_notice_at", "user_permissions"]},
        ),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": [
                    "username",
                    "name",
                    "phone",
                    "department",
                    "superior",
                    "role",
                    "password1",
                    "password2",
                ],
            },
        )
    ]
    filter_horizontal = []

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        choices = {
            "language": [("", _("The company's")), *settings.LANGUAGES],
            "home_page": [("", _("By role")), *(home_pages(obj) if obj else ())],
        }
        for name in choices.keys() & form.base_fields.keys():
            label = form.base_fields[name].label
            form.base_fields[name] = ChoiceField(choices=choices[name], label=label, required=False)
        return form

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name == "user_permissions":
            return PermissionsField(label=_("Rights beside those of the role"), required=False)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    list_display = ["indented", "position"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> TreeQuerySet:
        return Department.objects.with_tree_fields()

    @admin.display(description=_("name"))
    def indented(self, department: Department) -> str:
        return "— " * getattr(department, "tree_depth", 0) + department.name


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):
    list_display = ["role", "data_scope"]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name == "permissions":
            return PermissionsField(label=_("Rights"), required=False)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("role"), ordering="code")
    def role(self, role: Role) -> str:
        return str(role)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return False


@admin.register(SystemOptions)
class SystemOptionsAdmin(admin.ModelAdmin):
    fieldsets = [
        (None, {"fields": ["company_name"]}),
        (
            _("Visits"),
            {
                "fields": [
                    "allow_multiple_visits",
                    "geofence_radius_m",
                    "geofence_policy",
                    "require_check_in_photo",
                ]
            },
        ),
        (
            _("Working hours and tracks"),
            {"fields": ["work_start", "work_end", "track_retention_days", "road_factor", "travel_speed_kmh"]},
        ),
        (
            _("Public pool and leads"),
            {
                "fields": [
                    "pool_scope",
                    "daily_claim_cap",
                    "holding_cap",
                    "holding_excludes_dealt",
                    "cooldown_hours",
                    "exempt_levels",
                    "lead_no_follow_up_days",
                    "lead_max_hold_days",
                ]
            },
        ),
        (
            _("Duplicates"),
            {
                "fields": [
                    "duplicate_by_name",
                    "duplicate_by_phone",
                    "duplicate_by_tax_id",
                    "duplicate_fuzzy",
                    "duplicate_scope",
                    "duplicate_recycle_bin",
                ]
            },
        ),
        (
            _("Orders and money"),
            {"fields": ["billing_basis", "payment_days", "credit_control", "auto_approve_orders"]},
        ),
        (
            _("Messages and reminders"),
            {
                "fields": [
                    "birthday_days",
                    "task_escalation_hours",
                    "quiet_start",
                    "quiet_end",
                    "quiet_days_off",
                    "digest_at",
                ]
            },
        ),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one row: open it."""
        return redirect("admin:accounts_systemoptions_change", SystemOptions.load().pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not SystemOptions.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: SystemOptions | None = None) -> bool:
        return False


@admin.register(AccessLog)
class AccessLogAdmin(admin.ModelAdmin):
    list_display = ["at", "actor", "action", "subject", "what", "rows"]
    list_filter = ["action", "at"]
    list_select_related = ["actor", "subject"]
    search_fields = ["actor__name", "subject__name", "what"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessLog | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccessLog | None = None) -> bool:
        return False


CHANGES = {
    LogEntry.Action.CREATE: pgettext_lazy("audit", "created"),
    LogEntry.Action.UPDATE: pgettext_lazy("audit", "changed"),
    LogEntry.Action.DELETE: pgettext_lazy("audit", "deleted"),
    LogEntry.Action.ACCESS: pgettext_lazy("audit", "looked at"),
}


class ChangeFilter(admin.SimpleListFilter):
    title = pgettext_lazy("audit", "Did")
    parameter_name = "did"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(action), label) for action, label in CHANGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        return (
            queryset.filter(action=int(chosen)) if chosen in [str(action) for action in CHANGES] else queryset
        )


@admin.register(LogEntry)
class LogEntryAdmin(admin.ModelAdmin):
    """Who changed what: kept by the package auditlog, shown in the words of the models. Read only."""

    list_display = ["at", "who", "kind", "subject", "did", "fields_changed"]
    list_display_links = ["at", "subject"]
    list_select_related = ["actor", "content_type"]
    list_filter = [ChangeFilter, ("content_type", admin.RelatedOnlyFieldListFilter)]
    list_per_page = 50
    show_full_result_count = False
    date_hierarchy = "timestamp"
    search_fields = ["object_repr", "actor__name", "actor__username"]
    fields = ["at", "who", "kind", "subject", "did", "changes_told", "address"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    @admin.display(description=_("Time"), ordering="timestamp")
    def at(self, entry: LogEntry) -> str:
        return date_format(localtime(entry.timestamp), "Y-m-d H:i:s")

    @admin.display(description=pgettext_lazy("audit", "Which"), ordering="object_repr")
    def subject(self, entry: LogEntry) -> str:
        return str(entry.object_repr)

    @admin.display(description=_("IP address"))
    def address(self, entry: LogEntry) -> str:
        return entry.remote_addr or "–"

    @admin.display(description=_("Person"), ordering="actor__name")
    def who(self, entry: LogEntry) -> str:
        return str(entry.actor or _("the system"))

    @admin.display(description=_("What"))
    def kind(self, entry: LogEntry) -> str:
        model = entry.content_type.model_class()
        return str(model._meta.verbose_name if model else entry.content_type)

    @admin.display(description=pgettext_lazy("audit", "Did"), ordering="action")
    def did(self, entry: LogEntry) -> str:
        return str(CHANGES.get(entry.action, entry.get_action_display()))

    @admin.display(description=pgettext_lazy("audit", "Fields"))
    def fields_changed(self, entry: LogEntry) -> str:
        if entry.action == LogEntry.Action.CREATE:
            return ""
        names = [_field_name(entry, name) for name in entry.changes_dict]
        return "、".join(names[:6]) + (" …" if len(names) > 6 else "")

    @admin.display(description=_("Changes"))
    def changes_told(self, entry: LogEntry) -> SafeString:
        told = [
            (str(name), *(str(value) for value in change[:2]))
            for name, change in entry.changes_display_dict.items()
            if isinstance(change, list) and len(change) >= 2
        ]
        return format_html_join("", "<div><b>{}</b>: {} → {}</div>", told)


def _field_name(entry: LogEntry, name: str) -> str:
    """A field as its form calls it; the code's own name for one that is not there any more."""
    model = entry.content_type.model_class()
    try:
        return str(model._meta.get_field(name).verbose_name) if model else name
    except (FieldDoesNotExist, AttributeError):  # renamed since, or a relation from the other side
        return name
