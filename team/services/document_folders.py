"""The tree of folders: made, renamed, moved, removed when empty."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from team.models import Folder
from team.rules.documents import MAX_DEPTH, depth_of, height_of, is_below


@transaction.atomic
def save_folder(
    *, actor: User, folder: Folder | None, name: str, parent: Folder | None, position: int = 0
) -> Folder:
    """Make a folder, or rename or move one. Raises ValidationError for a ring, a tree too deep, or a name that is there.

    All folders are locked: two moves at once could close a ring that neither of them sees.
    """
    _check(actor)
    parents = {row.pk: row.parent_id for row in Folder.objects.select_for_update().order_by("pk")}
    stored = Folder() if folder is None else Folder.objects.get(pk=folder.pk)
    above = parent.pk if parent is not None else None
    if stored.pk is not None and is_below(parents, stored.pk, above):
        raise ValidationError({"parent": _("A folder cannot stand in itself or in one of its own.")})
    height = height_of(parents, stored.pk) if stored.pk is not None else 1
    if depth_of(parents, above) + height > MAX_DEPTH:
        raise ValidationError(
            {"parent": _("At most %(n)s folders stand one in the other.") % {"n": MAX_DEPTH}}
        )
    stored.name, stored.parent, stored.position = " ".join(name.split()), parent, position
    twin = Folder.objects.filter(parent=parent, name=stored.name).exclude(pk=stored.pk)
    if twin.exists():
        raise ValidationError({"name": _("There is a folder with this name already.")})
    stored.full_clean()
    stored.save()
    return stored


@transaction.atomic
def delete_folder(*, actor: User, folder: Folder) -> None:
    """Remove an empty folder. Raises ValidationError while something is in it, archived documents included."""
    _check(actor)
    stored = Folder.objects.select_for_update().get(pk=folder.pk)
    if stored.children.exists() or stored.documents.exists():
        raise ValidationError(_("There is something in this folder. Move it elsewhere first."))
    stored.delete()


def _check(actor: User) -> None:
    if not actor.has_perm("team.change_folder"):
        raise PermissionDenied
