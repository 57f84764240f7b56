from auditlog.registry import auditlog
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from tree_queries.query import TreeQuerySet

from accounts.models import AccessLog, Department, Role, SystemOptions, User

admin.site.unregister(Group)  # roles take its place

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
    filter_horizontal = ["user_permissions"]


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
    list_display = ["code", "data_scope"]
    filter_horizontal = ["permissions"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return False


@admin.register(SystemOptions)
class SystemOptionsAdmin(admin.ModelAdmin):
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
