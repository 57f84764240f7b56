from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import Role
from accounts.queries import USER_FACTS


class RoleBackend(ModelBackend):
    """Login by user name or phone; permissions come from the role (and from groups, for special cases)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if username and password and not get_user_model().objects.filter(username=username).exists():
            by_phone = get_user_model().objects.filter(phone=username.strip()).first()
            if by_phone is not None:
                username = by_phone.get_username()
        return super().authenticate(request, username=username, password=password, **kwargs)

    def get_user(self, user_id: Any) -> Any:
        """The person with role and department, which every page asks for: permissions, scope, navigation.

        `facts` has the names of those in USER_FACTS that are true of him.
        """
        people = get_user_model()._default_manager.select_related("role", "department")
        user = people.annotate(**USER_FACTS).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.facts = frozenset(name for name in USER_FACTS if getattr(user, name))
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """All that the person, his groups and his role may do, in one statement a request."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = {
                f"{app}.{codename}"
                for app, codename in _permissions_of(user_obj)
                .order_by()
                .values_list("content_type__app_label", "codename")
            }
        return user_obj._perm_cache  # type: ignore[no-any-return]

    def _get_group_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.filter(Q(group__user=user_obj) | Q(roles__users=user_obj))


def _permissions_of(user: Any) -> QuerySet[Permission]:
    """Three lists of keys, each from an index; joined instead, all permissions would be read and compared."""
    own = user._meta.model.user_permissions.through._default_manager.filter(user=user)
    in_groups = Group.permissions.through._default_manager.filter(group__user=user)
    by_role = Role.permissions.through._default_manager.filter(role=user.role_id)
    return Permission.objects.filter(
        Q(pk__in=by_role.values("permission_id"))
        | Q(pk__in=in_groups.values("permission_id"))
        | Q(pk__in=own.values("permission_id"))
    )
