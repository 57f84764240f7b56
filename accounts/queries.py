"""Reads over the organisation that several apps share: the departments as a tree, and whose figures somebody may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists

from accounts.enums import HOME_PAGES, DataScope
from accounts.models import Department, User
from accounts.querysets import scope_user_ids

# What upper apps want to know of everybody who opens a page, by name, put in as they start: the statement that reads
# the person answers them, too, so that the menu may depend on them for nothing (`user.facts`, accounts.backends).
USER_FACTS: dict[str, Exists] = {}


@dataclass(frozen=True, slots=True)
class DepartmentNode:
    """A department with its place in the tree: `depth` 0 at the top."""

    pk: int
    name: str
    parent_id: int | None
    depth: int


def department_tree() -> list[DepartmentNode]:
    """All departments, each before those under it, in one statement."""
    children: dict[int | None, list[tuple[int, str, int | None]]] = {}
    for pk, name, parent in Department.objects.order_by("position", "pk").values_list(
        "pk", "name", "parent_id"
    ):
        children.setdefault(parent, []).append((pk, name, parent))

    def walk(parent: int | None, depth: int) -> Iterator[DepartmentNode]:
        for pk, name, above in children.get(parent, ()):
            yield DepartmentNode(pk, name, above, depth)
            yield from walk(pk, depth + 1)

    return list(walk(None, 0))


def branch_ids(tree: list[DepartmentNode], pk: int) -> frozenset[int]:
    """The department and all under it, from a tree that was read already."""
    ids = {pk}
    for node in tree:  # a parent stands before its children
        if node.parent_id in ids:
            ids.add(node.pk)
    return frozenset(ids)


def members_of(department_id: int) -> frozenset[int]:
    """Ids of the people of a department and those under it, whoever left included: whose slips its figures count."""
    departments = branch_ids(department_tree(), department_id)
    return frozenset(User.objects.filter(department_id__in=departments).values_list("pk", flat=True))


def language_of(chosen: str) -> str:
    """The language of a person whose settings name this one: the company's where they name none that we have."""
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def languages_of(user_ids: Collection[int]) -> dict[int, str]:
    """{user: the language he reads}; one statement for each 5,000."""
    ids = sorted(user_ids)
    found: dict[int, str] = {}
    for start in range(0, len(ids), 5000):
        rows = User.objects.filter(pk__in=ids[start : start + 5000]).order_by().values_list("pk", "language")
        found.update((pk, language_of(chosen)) for pk, chosen in rows)
    return found


def home_pages(user: User) -> list[tuple[str, str]]:
    """(path, label) of the pages with which this person may begin: what he may not open is none."""
    return [(path, str(label)) for path, label, permission in HOME_PAGES if user.has_perm(permission)]


def scope_department_ids(user: User) -> frozenset[int] | None:
    """Departments whose figures `user` may see as a whole; None: all of them, and the company's.

    A department shows what all its people do, so each of them must be in his data scope; who sees only himself sees
    none. Read once for each user object, that is, once a request.
    """
    if not hasattr(user, "_scope_department_ids"):
        user._scope_department_ids = _read_departments(user)  # type: ignore[attr-defined]
    return user._scope_department_ids  # type: ignore[attr-defined, no-any-return]


def _read_departments(user: User) -> frozenset[int] | None:
    people = scope_user_ids(user)
    if people is None:
        return None
    if user.effective_scope == DataScope.SELF:
        return frozenset()
    tree = department_tree()
    strangers: set[int | None] = set()
    staffed: set[int | None] = set()
    for pk, department in User.objects.active().values_list("pk", "department_id"):
        staffed.add(department)
        if pk not in people:
            strangers.add(department)
    own: frozenset[int] = frozenset()
    if user.effective_scope == DataScope.DEPARTMENT_TREE and user.department_id:
        own = branch_ids(tree, user.department_id)
    branches = {node.pk: branch_ids(tree, node.pk) for node in tree}
    return own | {pk for pk, branch in branches.items() if branch & staffed and not branch & strangers}
