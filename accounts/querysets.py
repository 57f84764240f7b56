"""Whose records a user sees: the one policy that lists, objects and choices of all apps ask (A2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.enums import DataScope

if TYPE_CHECKING:
    from accounts.models import User


def _subordinate_ids(user: User) -> set[int]:
    """The user and everybody below, through any number of superiors; a ring in the data ends the walk."""
    below: dict[int, list[int]] = {}
    for pk, superior_id in user.__class__._default_manager.filter(superior__isnull=False).values_list(
        "pk", "superior_id"
    ):
        below.setdefault(superior_id, []).append(pk)
    seen = {user.pk}
    queue = [user.pk]
    while queue:
        for pk in below.get(queue.pop(), ()):
            if pk not in seen:
                seen.add(pk)
                queue.append(pk)
    return seen


def scope_user_ids(user: User) -> frozenset[int] | None:
    """Ids of the users whose records `user` sees; None means everybody's.

    Read once for each user object (that is, once a request) and kept on it.
    """
    if not hasattr(user, "_scope_user_ids"):
        user._scope_user_ids = _read_scope(user)  # type: ignore[attr-defined]
    return user._scope_user_ids  # type: ignore[attr-defined, no-any-return]


def _read_scope(user: User) -> frozenset[int] | None:
    scope = user.effective_scope
    if scope == DataScope.ALL:
        return None
    ids = {user.pk}
    if scope == DataScope.SUBORDINATES:
        ids |= _subordinate_ids(user)
    elif scope == DataScope.DEPARTMENT and user.department_id:
        ids |= set(
            user.__class__._default_manager.filter(department_id=user.department_id).values_list(
                "pk", flat=True
            )
        )
    elif scope == DataScope.DEPARTMENT_TREE and user.department is not None:
        tree = type(user.department)._default_manager.descendants(user.department, include_self=True)
        departments = list(tree.values_list("pk", flat=True))
        ids |= set(
            user.__class__._default_manager.filter(department_id__in=departments).values_list("pk", flat=True)
        )
        # A department's leader also leads people who sit elsewhere but report to him.
        ids |= _subordinate_ids(user)
    return frozenset(ids)


def scope_q(user: User, field: str) -> Q:
    """Condition "the user in `field` is in my scope", e.g. scope_q(user, "owner")."""
    ids = scope_user_ids(user)
    return Q() if ids is None else Q(**{f"{field}__in": ids})


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(scope_q(user, "pk"))

    def active(self) -> Self:
        return self.filter(is_active=True)

    def reps(self) -> Self:
        """Active people who visit customers: those with the role "rep"."""
        return self.active().filter(role__code="rep")


class OwnedQuerySet(models.QuerySet[Any]):
    """Base for records that belong to one user through `owner_field`."""

    owner_field = "rep"

    def visible_to(self, user: User) -> Any:
        return self.filter(scope_q(user, self.owner_field))


class SavedViewQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """One's own and what a colleague saved for everybody."""
        return self.filter(Q(user=user) | Q(is_shared=True))

    def defaults_of(self, user: User) -> dict[str, str]:
        """{path: query string} of the views with which `user` opens his lists."""
        return dict(self.filter(user=user, is_default=True).values_list("page", "query"))
