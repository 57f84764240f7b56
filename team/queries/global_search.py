"""Documents for the search over everything (reports.queries.search)."""

from django.urls import reverse
from django.utils.translation import pgettext

from accounts.models import User
from common.search import LIMIT, Group, Hit, words_of
from team.models import Document


def document_hits(user: User, text: str) -> list[Group]:
    """By the title and its initials alone: the list searches the texts, too."""
    if not user.has_perm("team.view_document"):
        return []
    rows = Document.objects.visible_to(user)
    for word in words_of(text):
        rows = rows.filter(title_text__contains=word)
    hits = [
        Hit(title, reverse("team:document", args=[pk]), folder or "")
        for pk, title, folder in rows.order_by("-pk").values_list("pk", "title", "folder__name")[:LIMIT]
    ]
    if not hits:
        return []
    return [Group(pgettext("library", "Documents"), "books", hits, reverse("team:document_list"))]
