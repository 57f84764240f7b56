"""Whose records a user sees: the one policy that lists, objects and choices of all apps ask (A2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from accounts.enums import DataScope

if TYPE_CHECKING:
    from accounts.models import User


# The person and everybody below, through any number of superiors; UNION drops who was there already, so a ring in
# the data ends the walk.
_BELOW = """
    WITH RECURSIVE below(id) AS (
        SELECT person.id FROM {user} person WHERE person.id = %s
        UNION SELECT person.id FROM {user} person JOIN below ON person.superior_id = below.id
    )
    SELECT id FROM below
"""
# The people of the department and those under it, and, as above, who reports to the person though he sits elsewhere.
_TREE = """
    WITH RECURSIVE below(id) AS (
        SELECT person.id FROM {user} person WHERE person.id = %s
        UNION SELECT person.id FROM {user} person JOIN below ON person.superior_id = below.id
    ), tree(id) AS (
        SELECT branch.id FROM {department} branch WHERE branch.id = %s
        UNION SELECT branch.id FROM {department} branch JOIN tree ON branch.parent_id = tree.id
    )
    SELECT id FROM below UNION SELECT person.id FROM {user} person JOIN tree ON person.department_id = tree.id
"""


def _ids(user: User, sql: str, params: list[int | None]) -> set[int]:
    department = apps.get_model("accounts", "Department")
    tables = {"user": user._meta.db_table, "department": department._meta.db_table}
    quoted = {name: connection.ops.quote_name(table) for name, table in tables.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**quoted), params)
        return {pk for (pk,) in cursor.fetchall()}


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
        ids |= _ids(user, _BELOW, [user.pk])
    elif scope == DataScope.DEPARTMENT and user.department_id:
        ids |= set(
            user.__class__._default_manager.filter(department_id=user.department_id).values_list(
                "pk", flat=True
            )
        )
    elif scope == DataScope.DEPARTMENT_TREE:
        # Without a department there is no branch, and those who report to the person remain.
        ids |= _ids(user, _TREE, [user.pk, user.department_id])
    return frozenset(ids)


# True of every row, and gone from the SQL. An empty Q() is not the same: `condition | Q()` is the condition alone, so
# that whoever sees everything would see less than the others.
EVERYTHING = ~Q(pk__in=())


def scope_q(user: User, field: str) -> Q:
    """Condition "the user in `field` is in my scope", e.g. scope_q(user, "owner")."""
    ids = scope_user_ids(user)
    return EVERYTHING if ids is None else Q(**{f"{field}__in": ids})


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
