"""Who sees which document, and what a search finds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When

from accounts.querysets import EVERYTHING, scope_user_ids
from common.business_calendar import today as business_today
from common.names import fold, is_one_gram, query_grams
from crm.querysets import HasGrams
from team.enums import DocumentStatus
from team.rules.documents import mixed_pairs, search_words

if TYPE_CHECKING:
    from accounts.models import User

# A document for the whole library of a company: the folders of a tree are few, a search reads thousands of texts.
_FIELDS = ("title_text", "body_text", "files_text")


class FolderQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Names of drawers are no secret; an empty one is left out by the list (team.queries.documents)."""
        return self


_BY_GRAMS = "SET LOCAL enable_seqscan TO off; SET LOCAL enable_indexscan TO off;"
_AS_USUAL = "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_indexscan TO DEFAULT"


class DocumentQuerySet(models.QuerySet[Any]):
    def current(self, today: dt.date) -> Self:
        """Published, and valid today."""
        return self.filter(_current(today))

    def addressed_to(self, user: User) -> Self:
        """For this person: everybody's, his department's or one above it, his role's, or his own."""
        return self.filter(_addressed(user))

    def visible_to(self, user: User, today: dt.date | None = None) -> Self:
        """What is valid and addressed to him; drafts and old ones to the author and those who look after him."""
        mine = Q(author=user) | (_current(today or business_today()) & _addressed(user))
        return self.filter(mine | looked_after_q(user))

    def search(self, text: str) -> Self:
        """Documents where each word of `text` stands in the title, the text or an attachment; an empty text finds all.

        On PostgreSQL the grams narrow the rows down through an index, LIKE has the last word.
        """
        return self.candidates(text).confirmed(text)

    def candidates(self, text: str) -> Self:
        """The rows with all grams of `text`: every find and perhaps some more. All rows where no index holds grams."""
        grams = [
            gram for word in search_words(fold(text)) for gram in (*query_grams(word), *mixed_pairs(word))
        ]
        return self.filter(HasGrams("search_grams", grams)) if grams and self._has_index() else self

    def confirmed(self, text: str) -> Self:
        """Of `candidates` those that hold every word: LIKE, where the grams do not decide it."""
        found = self
        for word in search_words(fold(text)):
            if not (self._has_index() and is_one_gram(word)):
                found = found.filter(_stand_in([word], _FIELDS))
        return found

    def grams_decide(self, text: str) -> bool:
        """Whether every candidate is a find."""
        return self._has_index() and all(map(is_one_gram, search_words(fold(text))))

    def candidate_keys(self, text: str) -> list[tuple[int, bool]]:
        """Keys of the candidates, in the order of the rows, and whether the title has all the words.

        The planner counts pages and not what lies out of line: for a word that most documents share it would unpack the
        grams of each (0.3 s for 10,000) rather than ask the index, which takes a tenth of that.
        """
        title = _stand_in(search_words(fold(text)), _FIELDS[:1])
        keys = self.candidates(text).annotate(here=_whether(title)).values_list("pk", "here")
        if not self._has_index():
            return list(keys)
        try:
            sql, params = keys.query.sql_with_params()
        except EmptyResultSet:  # nobody's documents were asked for
            return []
        # One message, which the server takes as one transaction: the settings end with it, or below at the latest.
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"{_BY_GRAMS} {sql}; {_AS_USUAL}", params)
            while cursor.description is None:
                cursor.nextset()
            return [(pk, bool(here)) for pk, here in cursor.fetchall()]

    def in_text(self, text: str) -> Any:
        """(key, whether title and text have all the words) of each row."""
        body = _stand_in(search_words(fold(text)), _FIELDS[:2])
        return self.annotate(here=_whether(body)).values_list("pk", "here")

    def _has_index(self) -> bool:
        return connections[self.db].vendor == "postgresql"

    def waiting_for(self, user: User, today: dt.date | None = None) -> Self:
        """Those he must read and has not confirmed as they are now."""
        read = apps.get_model("team", "DocumentRead")._default_manager
        done = read.filter(
            document=OuterRef("pk"), user=user, confirmed_version__gte=OuterRef("asked_version")
        )
        day = today or business_today()
        return self.filter(~Exists(done), _current(day), _addressed(user), ~Q(author=user), must_read=True)


def looked_after_q(user: User) -> Q:
    """Documents whose author he leads; everybody's for an editor whose scope is the whole company.

    Who sees the whole company's customers (finance, service) is thereby no reader of every draft.
    """
    ids = scope_user_ids(user)
    if ids is not None:
        return Q(author__in=ids)
    return EVERYTHING if user.has_perm("team.change_document") else Q(author=user)


def _current(today: dt.date) -> Q:
    return (
        Q(status=DocumentStatus.PUBLISHED)
        & (Q(valid_from__isnull=True) | Q(valid_from__lte=today))
        & (Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    )


def _addressed(user: User) -> Q:
    rows = apps.get_model("team", "DocumentAudience")._default_manager.filter(document=OuterRef("pk"))
    whom = Q(user=user) | Q(department__in=_branch_above(user))
    if user.role_id:
        whom |= Q(role=user.role_id)
    return Q(for_all=True) | Q(Exists(rows.filter(whom)))


def _branch_above(user: User) -> list[int]:
    """The department of `user` and those above it, read once a request."""
    if not hasattr(user, "_branch_above"):
        department = apps.get_model("accounts", "Department")
        parents = dict(department._default_manager.order_by().values_list("pk", "parent_id"))
        branch: list[int] = []
        here = user.department_id
        while here is not None and here not in branch:
            branch.append(here)
            here = parents.get(here)
        user._branch_above = branch  # type: ignore[attr-defined]
    return user._branch_above  # type: ignore[attr-defined, no-any-return]


def _whether(condition: Q) -> Any:
    # An empty condition (no words) is true of every row.
    return (
        Case(When(condition, then=True), default=False, output_field=BooleanField())
        if condition
        else Value(True)
    )


def _stand_in(words: list[str], fields: tuple[str, ...]) -> Q:
    """Each word in one of the fields."""
    found = Q()
    for word in words:
        somewhere = Q()
        for field in fields:
            somewhere |= Q(**{f"{field}__contains": word})
        found &= somewhere
    return found
