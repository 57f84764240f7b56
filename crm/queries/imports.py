"""Reads of the imports: what names of choices and people mean, and how the last file was mapped."""

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.models import Dictionary, ImportJob, LeadImport
from crm.rules.import_rows import References, fold_word


def references(*, actor: User | None, create_choices: bool) -> References:
    """Choices by kind and folded name, active people by login name and by full name, and who the actor may choose.

    A login name is unique and goes before somebody else's full name. `actor` None (the command line) may choose
    everybody.
    """
    choices = {
        (kind, fold_word(name)): pk for pk, kind, name in Dictionary.objects.values_list("pk", "kind", "name")
    }
    by_login: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for pk, login, name in User.objects.active().values_list("pk", "username", "name"):
        by_login[fold_word(login)] = [pk]
        by_name.setdefault(fold_word(name), []).append(pk)
    mine = None if actor is None else scope_user_ids(actor)
    return References(choices=choices, people=by_name | by_login, mine=mine, create_choices=create_choices)


def last_mapping(
    model: type[ImportJob] | type[LeadImport], *, actor: User, headers: list[str]
) -> dict[str, str] | None:
    """How the actor mapped his last file with the same columns, if there was one."""
    rows = model._default_manager.filter(created_by=actor, state__in=["done", "undone"]).order_by("-pk")
    for mapping, preview in rows.values_list("mapping", "preview")[:20]:
        if [column["header"] for column in preview.get("columns", [])] == headers:
            return dict(mapping)
    return None
