"""Reads of documents for the screens: the tree, the list, who has read what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Greatest, Lower, StrIndex, Substr
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.queries import department_tree
from accounts.querysets import scope_user_ids
from common.names import fold
from crm.models import Customer
from team.models import Document, DocumentAudience, DocumentFile, DocumentRead, Folder, FollowUpDocument
from team.queries.document_search import DocumentSearch
from team.querysets.documents import DocumentQuerySet
from team.rules.document_html import plain_text
from team.rules.documents import Audience, search_words, snippet

_ROUND_FOUND = 200  # characters of an attachment that are read for a snippet


# --- who may
def may_change(user: User, document: Document) -> bool:
    """One's own while one may write documents, and those of one's people with team.change_document."""
    if document.author_id == user.pk and user.has_perm("team.add_document"):
        return True
    ids = scope_user_ids(user)
    return user.has_perm("team.change_document") and (ids is None or document.author_id in ids)


def may_follow(user: User) -> bool:
    """Who sees which of his people have read what."""
    return user.has_perm("team.change_document")


# --- folders
@dataclass(frozen=True, slots=True)
class FolderNode:
    """A folder with its place in the tree (`depth` 0 at the top) and the documents in it and below."""

    pk: int
    name: str
    parent_id: int | None
    depth: int
    count: int


def folder_parents() -> dict[int, int | None]:
    """{folder: the folder it stands in} of all folders."""
    return dict(Folder.objects.order_by().values_list("pk", "parent_id"))


def folder_tree(counts: dict[int, int] | None = None) -> list[FolderNode]:
    """All folders, each before those in it, in one statement; `counts`: documents that stand directly in a folder."""
    children: dict[int | None, list[tuple[int, str, int | None]]] = defaultdict(list)
    for pk, name, parent in Folder.objects.order_by("position", "name", "pk").values_list(
        "pk", "name", "parent_id"
    ):
        children[parent].append((pk, name, parent))
    own = counts or {}

    def walk(parent: int | None, depth: int) -> tuple[list[FolderNode], int]:
        nodes: list[FolderNode] = []
        total = 0
        for pk, name, above in children.get(parent, ()):
            below, inside = walk(pk, depth + 1)
            here = own.get(pk, 0) + inside
            nodes += [FolderNode(pk, name, above, depth, here), *below]
            total += here
        return nodes, total

    return walk(None, 0)[0]


def visible_tree(user: User, today: dt.date) -> list[FolderNode]:
    """The folders with something in them for this person; all of them for who arranges the folders. Two statements."""
    rows = Document.objects.visible_to(user, today).exclude(status="archived")
    counts = dict(rows.order_by().values("folder").annotate(n=Count("pk")).values_list("folder", "n"))
    tree = folder_tree(counts)
    return tree if user.has_perm("team.change_folder") else [node for node in tree if node.count]


def branch_of_folder(pk: int) -> frozenset[int]:
    """The folder and all in it."""
    ids = {pk}
    for node in folder_tree():  # a parent stands before what is in it
        if node.parent_id in ids:
            ids.add(node.pk)
    return frozenset(ids)


def path_of(tree: Sequence[FolderNode], pk: int | None) -> list[FolderNode]:
    """The folders from the top down to this one."""
    nodes = {node.pk: node for node in tree}
    path: list[FolderNode] = []
    while pk in nodes and len(path) <= len(nodes):
        path.append(nodes[pk])
        pk = nodes[pk].parent_id
    return path[::-1]


def folder_choices() -> list[tuple[int, str]]:
    """Folders for a choice, indented."""
    return [(node.pk, f"{'　' * node.depth}{node.name}") for node in folder_tree()]


# --- lists
def list_rows(user: User, today: dt.date) -> DocumentQuerySet:
    """The documents this person sees, each with what the list draws; `seen`, `confirmed` are his."""
    mine = DocumentRead.objects.filter(document=OuterRef("pk"), user=user)
    rows: DocumentQuerySet = (
        Document.objects.visible_to(user, today)
        .select_related("author", "folder")
        .defer("body_html", "body_text", "files_text", "search_grams")
        .annotate(
            seen=Exists(mine),
            confirmed=Exists(mine.filter(confirmed_version__gte=OuterRef("asked_version"))),
            has_files=Exists(DocumentFile.objects.filter(document=OuterRef("pk"))),
        )
    )
    return rows


def visible_documents(user: User, today: dt.date) -> DocumentQuerySet:
    """For one page: the documents this person sees, with their people and folder."""
    rows: DocumentQuerySet = (
        Document.objects.visible_to(user, today)
        .select_related("author", "updated_by", "folder", "channel")
        .defer("body_text", "files_text", "search_grams")
    )
    return rows


def must_reads(user: User, today: dt.date) -> DocumentQuerySet:
    """Valid documents that must be read, as far as this person sees them."""
    rows: DocumentQuerySet = Document.objects.visible_to(user, today).current(today).filter(must_read=True)
    slim: DocumentQuerySet = rows.defer("body_html", "body_text", "files_text", "search_grams")
    return slim


def add_snippets(rows: Sequence[Any], query: str) -> None:
    """Set `snippet` on each row of a page: where the words stand, in the text or else in an attachment. Two statements."""
    if not search_words(fold(query)) or not rows:
        return
    bodies = dict(Document.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "body_html"))
    for row in rows:
        row.snippet = snippet(plain_text(bodies.get(row.pk, "")), query)
    left = [row for row in rows if row.snippet is None]
    found = _in_files([row.pk for row in left], query)
    for row in left:
        row.snippet = found.get(row.pk)


def _in_files(document_ids: list[int], query: str) -> dict[int, SafeString]:
    """{document: snippet of the first attachment with the first of the words that stands in one}; only pieces are read."""
    found: dict[int, SafeString] = {}
    word = search_words(fold(query))[0]
    at = StrIndex(Lower("text"), Value(word))
    rows = (
        DocumentFile.objects.filter(document__in=document_ids)
        .annotate(at=at)
        .filter(at__gt=0)
        .annotate(piece=Substr("text", Greatest(at - 60, 1), _ROUND_FOUND))
        .order_by("pk")
        .values_list("document_id", "name", "piece")
    )
    for document_id, name, piece in rows:
        text = snippet(piece, query)
        if text is not None and document_id not in found:
            found[document_id] = format_html("<b>{}</b> · {}", name, text)
    return found


def visible_files(user: User, today: dt.date) -> QuerySet[DocumentFile]:
    """Attachments of the documents this person sees."""
    return DocumentFile.objects.filter(document__in=Document.objects.visible_to(user, today).values("pk"))


def pick(user: User, today: dt.date, query: str, limit: int) -> list[Document]:
    """Documents to show to a customer: published, valid, his to see; the best match first."""
    rows = Document.objects.visible_to(user, today).current(today).only("pk", "title", "folder__name")
    return DocumentSearch(rows.select_related("folder"), query).page(0, limit)


# --- readers
@dataclass(frozen=True, slots=True)
class Reader:
    """One person a document is for, and what he did with it; `confirmed_at`: the version that is asked for."""

    pk: int
    name: str
    department: str
    read_at: dt.datetime | None
    confirmed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Person:
    pk: int
    name: str
    role_id: int | None
    department: str
    branch: tuple[int, ...]


def audience_of(document: Document) -> Audience:
    """Whom it is for, as keys."""
    return _audience(document, list(document.audience.all()))


def people_of(document: Document, *, within: Iterable[int] | None = None) -> list[int]:
    """Keys of the active people it is for, its author not counted; `within`: of these only."""
    wanted = None if within is None else set(within)
    return [person.pk for person in _people(document, wanted)]


def readers_of(document: Document, user: User) -> list[Reader]:
    """Those of the audience whom `user` may look after: who did neither first, then who read, then who confirmed."""
    reads = {
        user_id: (read_at, confirmed_at if version >= document.asked_version else None)
        for user_id, read_at, confirmed_at, version in document.reads.values_list(
            "user_id", "read_at", "confirmed_at", "confirmed_version"
        )
    }
    scope = _looked_after(document, user)
    readers = [
        Reader(person.pk, person.name, person.department, *reads.get(person.pk, (None, None)))
        for person in _people(document, scope)
    ]
    return sorted(readers, key=lambda reader: (reader.confirmed_at is not None, reader.read_at is not None))


def add_progress(rows: Sequence[Any], user: User) -> None:
    """Set `asked`, `confirmed_count` and `missing` (names) on each must-read of a page: of the people in `user`'s scope.
    Four statements for any number of rows."""
    scope = scope_user_ids(user)
    audiences: dict[int, list[DocumentAudience]] = defaultdict(list)
    for row in DocumentAudience.objects.filter(document__in=[row.pk for row in rows]):
        audiences[row.document_id].append(row)
    done: dict[int, set[int]] = defaultdict(set)
    asked = {row.pk: row.asked_version for row in rows}
    for document_id, user_id, version in DocumentRead.objects.filter(document__in=list(asked)).values_list(
        "document_id", "user_id", "confirmed_version"
    ):
        if version >= asked[document_id]:
            done[document_id].add(user_id)
    everybody = _everybody()
    for row in rows:
        audience = _audience(row, audiences[row.pk])
        people = [
            person
            for person in everybody
            if (scope is None or person.pk in scope)
            and person.pk != row.author_id
            and audience.includes(user_id=person.pk, role_id=person.role_id, branch=person.branch)
        ]
        row.asked = len(people)
        row.missing = [person.name for person in people if person.pk not in done[row.pk]]
        row.confirmed_count = row.asked - len(row.missing)


def _audience(document: Document, rows: Iterable[DocumentAudience]) -> Audience:
    keys: dict[str, set[int]] = {"department_id": set(), "role_id": set(), "user_id": set()}
    for row in rows:
        for name, ids in keys.items():
            if (key := getattr(row, name)) is not None:
                ids.add(key)
    return Audience(
        for_all=document.for_all,
        departments=frozenset(keys["department_id"]),
        roles=frozenset(keys["role_id"]),
        people=frozenset(keys["user_id"]),
    )


def _everybody() -> list[_Person]:
    """Who works here, each with his department and those above it. Two statements."""
    tree = department_tree()
    branches: dict[int, tuple[int, ...]] = {}
    for node in tree:  # a parent stands before those under it
        branches[node.pk] = (node.pk, *(branches.get(node.parent_id, ()) if node.parent_id else ()))
    rows = User.objects.active().order_by("department__position", "department", "pk")
    return [
        _Person(pk, name, role_id, department or "", branches.get(department_id or 0, ()))
        for pk, name, role_id, department, department_id in rows.values_list(
            "pk", "name", "role_id", "department__name", "department_id"
        )
    ]


def _people(document: Document, scope: Iterable[int] | None) -> list[_Person]:
    audience = audience_of(document)
    wanted = None if scope is None else set(scope)
    return [
        person
        for person in _everybody()
        if person.pk != document.author_id
        and (wanted is None or person.pk in wanted)
        and audience.includes(user_id=person.pk, role_id=person.role_id, branch=person.branch)
    ]


def _looked_after(document: Document, user: User) -> Iterable[int] | None:
    """Whose readings `user` sees: everybody's of his own document, of others' those in his scope."""
    return None if document.author_id == user.pk else scope_user_ids(user)


# --- follow-ups
def documents_of(
    follow_up_ids: Sequence[int], user: User, today: dt.date
) -> dict[int, list[tuple[str, str]]]:
    """{follow-up: [(title, address)]} of the documents shown at these follow-ups, as far as this person may see them; one
    statement besides the one or none that his audience takes, for any number of follow-ups."""
    rows = FollowUpDocument.objects.filter(
        follow_up__in=follow_up_ids, document__in=Document.objects.visible_to(user, today).values("pk")
    )
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in rows.select_related("document").only("follow_up_id", "document__title"):
        found[row.follow_up_id].append((row.document.title, row.document.get_absolute_url()))
    return dict(found)


def shown_to(customer: Customer, user: User, today: dt.date, most: int = 50) -> list[FollowUpDocument]:
    """The documents shown at the customer's follow-ups, the latest first, as far as this person may see them; with document
    and follow-up with its rep, in one statement."""
    rows = FollowUpDocument.objects.filter(
        follow_up__customer=customer, document__in=Document.objects.visible_to(user, today).values("pk")
    ).select_related("document", "follow_up__rep")
    return list(rows.order_by("-follow_up__at", "-pk")[:most])
