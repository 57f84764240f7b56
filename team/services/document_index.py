"""What the search in documents reads: title, text and attachments, folded, and their grams."""

from __future__ import annotations

from typing import TypedDict

from django.db import transaction

from common.names import fold, folded_grams, gram_numbers, pinyin_initials
from team.models import Document, DocumentFile
from team.rules.document_html import plain_text
from team.rules.documents import MAX_FILES_TEXT, MAX_TITLE, mixed_pairs


class IndexFields(TypedDict):
    title_text: str
    body_text: str
    files_text: str
    search_grams: str


def index_fields(*, title: str, body_html: str, words: str = "", files: list[str]) -> IndexFields:
    """The search columns of one document; `words`: what it is good for, `files`: name and text of each attachment.
    Pure, for bulk rows too."""
    title_text = "\n".join(filter(None, [fold(title), pinyin_initials(title)]))[: 2 * MAX_TITLE]
    body_text = fold("\n".join(filter(None, [plain_text(body_html), words])))
    files_text = fold("\n".join(files))[:MAX_FILES_TEXT]
    text = "\n".join((title_text, body_text, files_text))
    return {
        "title_text": title_text,
        "body_text": body_text,
        "files_text": files_text,
        "search_grams": gram_numbers([*folded_grams(text), *mixed_pairs(text)]),
    }


@transaction.atomic
def reindex(*, document_id: int) -> bool:
    """Bring the search columns of a document up to date; False when it is gone. Locks the document's row, so that two
    attachments read at once do not overwrite each other's words. Does not touch `updated_at`."""
    rows = Document.objects.select_for_update().only("pk", "title", "body_html", "products", "scenes")
    document = rows.filter(pk=document_id).first()
    if document is None:
        return False
    files = DocumentFile.objects.filter(document=document).values_list("name", "text")
    fields = index_fields(
        title=document.title,
        body_html=document.body_html,
        words=f"{document.products} {document.scenes}".strip(),
        files=[f"{name}\n{text}" for name, text in files],
    )
    Document.objects.filter(pk=document.pk).update(**fields)
    return True
