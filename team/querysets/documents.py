"""Who sees which document, and what a search finds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connections, models
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from accounts.querysets import EVERYTHING, scope_user_ids
from common.business_calendar import today as business_today
from common.names import fold, is_one_gram, query_grams
from crm.querysets import HasGrams
from team.enums import DocumentStatus
from team.rules.documents import search_words

if TYPE_CHECKING:
    from accounts.models import User

# A document for the whole library of a company: the folders of a tree are few, a search reads thousands of texts.
_FIELDS = ("title_text", "body_text", "files_text")


class FolderQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Names of drawers are no secret; an empty one is left out by the list (team.queries.documents)."""
        return self


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
        words = search_words(fold(text))
        found = self
        grams = [gram for word in words for gram in query_grams(word)]
        if grams and connections[self.db].vendor == "postgresql":
            found = found.filter(HasGrams("search_grams", grams))
            words = [word for word in words if not is_one_gram(word)]
        for word in words:
            found = found.filter(_stand_in([word], _FIELDS))
        return found

    def ranked(self, text: str) -> Self:
        """The rows of a search with `rank`: 0 all words in the title, 1 in title and text, 2 with the attachments."""
        words = search_words(fold(text))
        if not words:
            return self.annotate(rank=Value(0, IntegerField()))
        title, body = (When(_stand_in(words, _FIELDS[:most]), then=most - 1) for most in (1, 2))
        return self.annotate(rank=Case(title, body, default=2, output_field=IntegerField()))

    def tiers(self, text: str) -> list[Self]:
        """The same rows in three parts, each of which can be read without working out the rank of all the others: a word
        that stands everywhere has its first page in the titles."""
        words = search_words(fold(text))
        title, body = _stand_in(words, _FIELDS[:1]), _stand_in(words, _FIELDS[:2])
        return [self.filter(title), self.filter(~title, body), self.filter(~body)]

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


def _stand_in(words: list[str], fields: tuple[str, ...]) -> Q:
    """Each word in one of the fields."""
    found = Q()
    for word in words:
        somewhere = Q()
        for field in fields:
            somewhere |= Q(**{f"{field}__contains": word})
        found &= somewhere
    return found
