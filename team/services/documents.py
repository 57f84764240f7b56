"""Writing, publishing and reading documents (H6). Only `move` assigns a status."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today as business_today
from comms.enums import NoticeKind
from comms.services import Notice, Words, mark_url_read, notify, withdraw
from crm.models import Dictionary
from team.enums import DocumentStatus
from team.models import (
    Document,
    DocumentAudience,
    DocumentPicture,
    DocumentRead,
    DocumentVersion,
    Folder,
)
from team.queries.documents import audience_of, may_change, may_follow, people_of, readers_of
from team.rules.document_html import clean_body, picture_ids
from team.rules.documents import MAX_BODY, Audience, is_current, may_become
from team.services.document_files import remove_stored
from team.services.document_index import reindex


@dataclass(frozen=True, slots=True)
class Content:
    """What the form of a document holds."""

    folder: Folder
    title: str
    body_html: str
    audience: Audience
    products: str = ""
    scenes: str = ""
    channel: Dictionary | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    must_read: bool = False


_PLAIN = ("folder", "products", "scenes", "channel", "valid_from", "valid_until", "must_read")


@transaction.atomic
def create_document(*, actor: User, content: Content, now: dt.datetime | None = None) -> Document:
    """A new draft, its first version with it. Raises ValidationError, PermissionDenied without team.add_document."""
    if not actor.has_perm("team.add_document"):
        raise PermissionDenied
    at = now or timezone.now()
    document = Document(author=actor, updated_by=actor, created_at=at, updated_at=at)
    _fill(document, content)
    document.full_clean()
    document.save(force_insert=True)
    _write_version(document, actor, at)
    _set_audience(document, content.audience)
    _adopt_pictures(document, actor)
    reindex(document_id=document.pk)
    return document


@transaction.atomic
def update_document(
    *,
    actor: User,
    document: Document,
    content: Content,
    base_version: int,
    ask_again: bool = False,
    now: dt.datetime | None = None,
) -> Document:
    """Change a document. A changed title or text is a new version; with `ask_again` everybody has to confirm that one.
    Saved as it stands, nothing is written.

    `base_version` is the one the actor saw: when somebody saved another meanwhile, nothing is written. Raises
    ValidationError, PermissionDenied.
    """
    at = now or timezone.now()
    stored = _locked(actor, document)
    if stored.version != base_version:
        raise ValidationError(
            _("%(who)s changed this document meanwhile. Keep your text, open it again and add it there.")
            % {"who": stored.updated_by}
        )
    text, before = (stored.title, stored.body_html), _kept(stored, audience_of(stored))
    _fill(stored, content)
    if _kept(stored, content.audience) == before:
        return stored
    changed = (stored.title, stored.body_html) != text
    stored.updated_by, stored.updated_at = actor, at
    if changed:
        stored.version += 1
        if ask_again:
            stored.asked_version = stored.version
    stored.full_clean()
    stored.save(
        update_fields=[
            *_PLAIN,
            "title",
            "body_html",
            "for_all",
            "updated_by",
            "updated_at",
            "version",
            "asked_version",
        ]
    )
    if changed:
        _write_version(stored, actor, at)
    _set_audience(stored, content.audience)
    _adopt_pictures(stored, actor)
    reindex(document_id=stored.pk)
    tell(stored, now=at)
    return stored


@transaction.atomic
def restore_version(
    *, actor: User, document: Document, number: int, now: dt.datetime | None = None
) -> Document:
    """Make an older version the present one, as a new version. Raises ValidationError when it is the present one."""
    at = now or timezone.now()
    stored = _locked(actor, document)
    old = stored.versions.get(number=number)
    if (old.title, old.body_html) == (stored.title, stored.body_html):
        raise ValidationError(_("This is what the document says already."))
    # Sanitised anew: what was allowed when it was written need not be today.
    stored.title, stored.body_html = old.title, clean_body(old.body_html)
    stored.version += 1
    stored.updated_by, stored.updated_at = actor, at
    stored.save(update_fields=["title", "body_html", "version", "updated_by", "updated_at"])
    _write_version(stored, actor, at, restored_from=number)
    reindex(document_id=stored.pk)
    return stored


@transaction.atomic
def move(*, actor: User, document: Document, to: DocumentStatus, now: dt.datetime | None = None) -> Document:
    """The one door of the status: publish, archive, publish again. Raises ValidationError when it is no step from where
    the document stands now, or an empty one is to be published."""
    at = now or timezone.now()
    stored = _locked(actor, document)
    if not may_become(stored.status, to):
        raise ValidationError(
            _("This document is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    if to == DocumentStatus.PUBLISHED and not stored.body_html and not stored.files.exists():
        raise ValidationError(_("Write a text or add an attachment first."))
    stored.status = to
    if to == DocumentStatus.PUBLISHED:
        stored.published_at = at
    stored.save(update_fields=["status", "published_at"])
    if to == DocumentStatus.ARCHIVED:
        withdraw(key=_key(stored))
    tell(stored, now=at)
    return stored


@transaction.atomic
def delete_draft(*, actor: User, document: Document) -> None:
    """Delete a draft with its versions, pictures and attachments; what was published is archived instead."""
    stored = _locked(actor, document)
    if stored.published_at is not None or stored.status != DocumentStatus.DRAFT:
        raise ValidationError(_("Only a draft can be deleted. Archive the document instead."))
    names = [str(name) for name in stored.files.values_list("file", flat=True)]
    names += [str(name) for name in stored.pictures.values_list("image", flat=True)]
    stored.delete()
    transaction.on_commit(lambda: remove_stored(names))


# --- reading
def mark_seen(*, user: User, document: Document, now: dt.datetime | None = None) -> DocumentRead | None:
    """Note that he opened it, the first time and the latest version; the author's own looks do not count.

    The notice of one that must be read stays unread until it is confirmed.
    """
    if document.author_id == user.pk:
        return None
    at = now or timezone.now()
    seen = DocumentRead.objects.filter(document=document, user=user).first()
    if seen is None:
        seen = DocumentRead(document=document, user=user, read_at=at, version=document.version)
        DocumentRead.objects.bulk_create([seen], ignore_conflicts=True)  # opened in two windows at once
        return seen
    if seen.version < document.version:
        seen.version = document.version
        seen.save(update_fields=["version"])
    return seen


@transaction.atomic
def confirm(*, user: User, document: Document, now: dt.datetime | None = None) -> bool:
    """ "I have read this"; False when he said so before. Raises PermissionDenied when he is not asked."""
    at = now or timezone.now()
    asked = Document.objects.current(business_today(at)).addressed_to(user)
    stored = asked.filter(pk=document.pk, must_read=True).exclude(author=user).first()
    if stored is None:
        raise PermissionDenied
    DocumentRead.objects.bulk_create(
        [DocumentRead(document=stored, user=user, read_at=at, version=stored.version)], ignore_conflicts=True
    )
    mark_url_read(user=user, url=stored.get_absolute_url(), now=at)
    mine = DocumentRead.objects.filter(document=stored, user=user, confirmed_version__lt=stored.asked_version)
    return bool(mine.update(confirmed_at=at, confirmed_version=stored.version, version=stored.version))


# --- telling
def tell(document: Document, *, now: dt.datetime) -> int:
    """Notices of a must-read that is valid today to its audience; whoever was told of this version is told no more."""
    today = business_today(now)
    if not document.must_read or not is_current(
        status=document.status,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        today=today,
    ):
        return 0
    Document.objects.filter(pk=document.pk).update(told_version=document.asked_version)
    return _notify(
        document,
        people_of(document),
        lambda: _("Please read: %(title)s") % {"title": document.title},
        _key(document),
        now,
    )


def tell_due(*, now: dt.datetime | None = None) -> int:
    """Tell of must-reads that are valid from today on and were not told; answers how many documents."""
    at = now or timezone.now()
    due = Document.objects.current(business_today(at)).filter(must_read=True)
    told = 0
    for pk in due.exclude(told_version__gte=1).values_list("pk", flat=True):
        with transaction.atomic():
            stored = Document.objects.select_for_update().get(pk=pk)
            if stored.told_version < stored.asked_version:
                told += bool(tell(stored, now=at))
    return told


@transaction.atomic
def remind(*, actor: User, document: Document, now: dt.datetime | None = None) -> int:
    """Tell those of the actor's people who have not confirmed, at most once a day; answers how many they are."""
    at = now or timezone.now()
    if not may_follow(actor) or not document.must_read or document.status != DocumentStatus.PUBLISHED:
        raise PermissionDenied
    missing = [reader.pk for reader in readers_of(document, actor) if reader.confirmed_at is None]
    return _notify(
        document,
        missing,
        lambda: _("Please confirm: %(title)s") % {"title": document.title},
        f"{_key(document)}:{business_today(at)}",
        at,
    )


def _notify(document: Document, people: list[int], title: Words, key: str, now: dt.datetime) -> int:
    url = document.get_absolute_url()
    notices = [
        Notice(recipient_id=pk, kind=NoticeKind.DOCUMENT, title=title, url=url, key=key) for pk in people
    ]
    return notify(notices, now=now)


def _key(document: Document) -> str:
    return f"document:{document.pk}:{document.asked_version}"


# --- parts
def _locked(actor: User, document: Document) -> Document:
    stored: Document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("updated_by", "folder", "author")
        .get(pk=document.pk)
    )
    if not may_change(actor, stored):
        raise PermissionDenied
    return stored


def _fill(document: Document, content: Content) -> None:
    if len(content.body_html) > MAX_BODY:
        raise ValidationError({"body_html": _("The text is too long; put the rest into an attachment.")})
    audience = content.audience
    if not (audience.for_all or audience.departments or audience.roles or audience.people):
        raise ValidationError({"for_all": _("Choose whom it is for.")})
    for name in _PLAIN:
        setattr(document, name, getattr(content, name))
    document.title = " ".join(content.title.split())
    document.body_html = clean_body(content.body_html)
    document.for_all = audience.for_all
    if document.valid_from and document.valid_until and document.valid_until < document.valid_from:
        raise ValidationError({"valid_until": _("It must not end before it starts.")})


def _kept(document: Document, audience: Audience) -> tuple[object, ...]:
    """All that its form can change, to be compared."""
    chosen = () if audience.for_all else (audience.departments, audience.roles, audience.people)
    plain = [getattr(document, name) for name in (*_PLAIN, "title", "body_html", "for_all")]
    return (*plain, *chosen)


def _write_version(
    document: Document, actor: User, at: dt.datetime, *, restored_from: int | None = None
) -> None:
    DocumentVersion.objects.create(
        document=document,
        number=document.version,
        title=document.title,
        body_html=document.body_html,
        by=actor,
        at=at,
        restored_from=restored_from,
    )


def _set_audience(document: Document, audience: Audience) -> None:
    wanted: set[tuple[str, int]] = set()
    if not audience.for_all:
        wanted |= {("department_id", pk) for pk in audience.departments}
        wanted |= {("role_id", pk) for pk in audience.roles}
        wanted |= {("user_id", pk) for pk in audience.people}
    gone = []
    for row in document.audience.all():
        name = "department_id" if row.department_id else "role_id" if row.role_id else "user_id"
        key = (name, getattr(row, name))
        if key in wanted:
            wanted.discard(key)
        else:
            gone.append(row.pk)
    document.audience.filter(pk__in=gone).delete()
    DocumentAudience.objects.bulk_create(
        DocumentAudience(document=document, **{name: pk}) for name, pk in sorted(wanted)
    )


def _adopt_pictures(document: Document, actor: User) -> None:
    """Pictures that the actor put into the text belong to the document from now on, and its readers see them."""
    ids = picture_ids(document.body_html)
    if ids:
        loose = DocumentPicture.objects.filter(pk__in=ids, document__isnull=True, created_by=actor)
        loose.update(document=document)
