"""The writers of accounts."""

import datetime as dt
from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.enums import DEFAULT_PERMISSIONS, DEFAULT_SCOPES, AccessAction, RoleCode
from accounts.models import AccessLog, Role, SavedView, User
from accounts.queries import language_of


@transaction.atomic
def seed_role_permissions(*, app_label: str) -> None:
    """Create the roles and give each its default permissions of one app, each permission only once ever."""
    available = {
        f"{app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(content_type__app_label=app_label)
    }
    for code in RoleCode:
        role, _ = Role.objects.get_or_create(code=code, defaults={"data_scope": DEFAULT_SCOPES[code]})
        wanted = DEFAULT_PERMISSIONS[code]
        names = [
            name
            for name in available
            if name in wanted or (f"{app_label}.*" in wanted and f"-{name}" not in wanted)
        ]
        new = [name for name in names if name not in role.seeded]
        if not new:
            continue
        # The audit log keeps names, and `migrate` has no language.
        with translation.override(settings.LANGUAGE_CODE):
            role.permissions.add(*(available[name] for name in new))
            role.seeded = sorted({*role.seeded, *new})
            role.save(update_fields=["seeded"])


def in_language_of(user: User | None) -> AbstractContextManager[None]:
    """Reasons are written for the person who started a job, whatever process writes them."""
    return translation.override(language_of(user.language if user is not None else ""))


def record_access(
    *, actor: User, action: AccessAction, what: str, subject: User | None = None, rows: int | None = None
) -> AccessLog:
    """Note that `actor` came in, took data in or out or looked at the location of `subject` (A6)."""
    return AccessLog.objects.create(actor=actor, action=action, what=what[:200], subject=subject, rows=rows)


def record_looks(*, actor: User, subjects: Iterable[User], what: str, since: dt.datetime) -> int:
    """Like record_access for locations on a page that draws itself anew: at most one record for each subject and
    `what` since that moment; one's own location is nobody's business. Answers how many were new."""
    others = {subject.pk for subject in subjects if subject.pk != actor.pk}
    if not others:
        return 0
    seen = AccessLog.objects.filter(
        actor=actor, action=AccessAction.LOCATION, what=what[:200], subject__in=others, at__gte=since
    )
    new = others - set(seen.values_list("subject_id", flat=True))
    AccessLog.objects.bulk_create(
        AccessLog(actor=actor, action=AccessAction.LOCATION, subject_id=pk, what=what[:200])
        for pk in sorted(new)
    )
    return len(new)


def update_profile(*, user: User, **fields: str) -> User:
    """Save a user's own settings (A3). Raises TypeError on a field that is not his to set."""
    allowed = {"name", "phone", "email", "language", "home_page", "usual_region", "usual_industry"}
    if unknown := set(fields) - allowed:
        raise TypeError(f"Not personal settings: {', '.join(sorted(unknown))}")
    for field, value in fields.items():
        setattr(user, field, value)
    user.save(update_fields=list(fields))
    return user


# --- saved views (A5)
MAX_VIEWS = 30  # of one person on one list


@transaction.atomic
def save_view(
    *, actor: User, page: str, name: str, query: str, is_shared: bool = False, is_default: bool = False
) -> SavedView:
    """Keep a list's filters, sorting and columns under `name`; one of that name is overwritten.

    `page` is the list's path, `query` its query string, kept without page number. A default view is what the list
    opens with for this person. Raises ValidationError, PermissionDenied for a shared view without the permission.
    """
    view = SavedView.objects.filter(user=actor, page=page, name=name.strip()).first()
    if view is None:
        mine = SavedView.objects.filter(user=actor, page=page)
        if mine.count() >= MAX_VIEWS:
            raise ValidationError(
                _("You have %(n)s views of this list; delete one first.") % {"n": MAX_VIEWS}
            )
        view = SavedView(user=actor, page=page, name=name.strip())
    view.query = clean_view_query(query)
    return _store_view(actor, view, is_shared=is_shared, is_default=is_default)


@transaction.atomic
def update_view(*, actor: User, view: SavedView, name: str, is_shared: bool, is_default: bool) -> SavedView:
    """Rename one's own view, show it to everybody or not, open the list with it or not. Raises like `save_view`."""
    view.name = name.strip()
    return _store_view(actor, view, is_shared=is_shared, is_default=is_default)


def delete_view(*, actor: User, view: SavedView) -> None:
    view.delete()


def clean_view_query(query: str) -> str:
    """The query string without what belongs to one visit only."""
    params = QueryDict(query.lstrip("?"), mutable=True)
    for key in ("page", "export", "view", "near"):
        params.pop(key, None)
    return params.urlencode()


def _store_view(actor: User, view: SavedView, *, is_shared: bool, is_default: bool) -> SavedView:
    if view.user_id != actor.pk or (
        is_shared and not view.is_shared and not actor.has_perm("accounts.share_savedview")
    ):
        raise PermissionDenied
    if is_default:
        others = SavedView.objects.filter(user=actor, page=view.page, is_default=True)
        others.exclude(pk=view.pk).update(is_default=False)
    view.is_shared, view.is_default = is_shared, is_default
    view.full_clean()
    view.save()
    return view
