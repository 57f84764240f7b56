"""The administration: what an administrator sets stands first, what only records what happened last."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Sections in the order of setting up a company; what is not named stands before the technical ones.
FIRST = ("accounts", "crm", "sales", "visits", "territory", "alerts", "team", "comms", "reports")
LAST = ("auditlog", "axes", "django_celery_beat")


class PaodianAdminSite(admin.AdminSite):
    site_header = gettext_lazy("Paodian administration")
    site_title = gettext_lazy("Paodian")
    index_title = gettext_lazy("Settings and data")
    enable_nav_sidebar = True

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Sections in our order; in each what can be added or changed before what can only be read."""
        sections: list[Any] = super().get_app_list(request, app_label)
        for section in sections:
            section["name"] = _section_name(section)
            for model in section["models"]:
                model["name"] = _model_name(section["app_label"], model)
            section["models"].sort(key=_is_record)
        return sorted(sections, key=_place)


def _place(section: dict[str, Any]) -> int:
    label = section["app_label"]
    if label in FIRST:
        return FIRST.index(label)
    return 100 + (LAST.index(label) + 1 if label in LAST else 0)


def _is_record(model: dict[str, Any]) -> tuple[bool, bool]:
    return not model["perms"].get("add"), not model["perms"].get("change")


def _section_name(section: dict[str, Any]) -> str:
    """Packages without Chinese texts are named by us."""
    return str({"auditlog": _("Audit log"), "axes": _("Sign-ins")}.get(section["app_label"], section["name"]))


def _model_name(app: str, model: dict[str, Any]) -> str:
    if app != "axes":
        return str(model["name"])
    names = {
        "AccessAttempt": _("Refused sign-ins, which lock"),
        "AccessFailureLog": _("All refused sign-ins"),
        "AccessLog": _("Who signed in when"),
    }
    return str(names.get(model["object_name"], model["name"]))
