"""Filters of the list of documents and of the must-reads."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.filters import BranchFilter, ListFilterSet
from crm.enums import DictionaryKind
from crm.models import Dictionary
from team.enums import DocumentStatus
from team.models import Folder
from team.queries.documents import branch_of_folder

STATES = [
    ("to_confirm", _("To confirm")),
    ("unread", _("Unread")),
    ("must_read", _("Must be read")),
    ("draft", _("Drafts")),
    ("outdated", _("Not valid today")),
    ("archived", _("Archived")),
]


class DocumentFilter(ListFilterSet):
    """Rows come with `seen` and `confirmed`; team.views.document_paging puts the best matches first."""

    unchipped = ("folder",)

    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=STATES, empty_label=_("All"), method="filter_state"
    )
    channel = django_filters.ModelChoiceFilter(
        label=_("Channel"),
        queryset=Dictionary.objects.filter(kind=DictionaryKind.CHANNEL, is_active=True),
        empty_label=_("All"),
    )
    folder = BranchFilter(
        people="folder", members=branch_of_folder, queryset=Folder.objects.all(), label=_("Folder")
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value[:80])

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        match value:
            case "to_confirm":
                return queryset.waiting_for(self.request.user)
            case "unread":
                return queryset.filter(seen=False).exclude(author=self.request.user)
            case "must_read":
                return queryset.filter(must_read=True)
            case "outdated":
                published = queryset.filter(status=DocumentStatus.PUBLISHED)
                return published.exclude(pk__in=published.current(today()).values("pk"))
        return queryset.filter(status=value)


class MustReadFilter(ListFilterSet):
    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value[:80])
