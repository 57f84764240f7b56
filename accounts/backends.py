from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest


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

    def _get_group_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.filter(Q(group__user=user_obj) | Q(roles__users=user_obj))
