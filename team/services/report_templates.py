"""What people write in their reports, by role and kind; managers change it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import RoleCode
from accounts.models import User
from team.enums import WorkReportKind
from team.models import WorkReportTemplate
from team.rules.reports import MAX_SECTIONS, Section, keep_sections

PERMISSION = "team.change_workreporttemplate"


@transaction.atomic
def save_template(
    *, actor: User, role: str, kind: str, sections: Sequence[Section], is_due: bool
) -> WorkReportTemplate:
    """Write the template of a role ("" everybody else) and kind; sections without a key are new.

    Raises PermissionDenied, and ValidationError for no section, too many, or two of one name.
    """
    if not actor.has_perm(PERMISSION):
        raise PermissionDenied
    if role not in ("", *RoleCode.values) or kind not in WorkReportKind.values:
        raise ValidationError(_("There is no such template."), code="template")
    if not sections:
        raise ValidationError(_("A report needs one section at least."), code="sections")
    if len(sections) > MAX_SECTIONS:
        raise ValidationError(_("At most %(n)s sections.") % {"n": MAX_SECTIONS}, code="sections")
    if len({section.label for section in sections}) < len(sections):
        raise ValidationError(_("Two sections have the same name."), code="sections")
    keyed = [section if section.key else replace(section, key=uuid.uuid4().hex[:8]) for section in sections]
    row, _new = WorkReportTemplate.objects.select_for_update().get_or_create(role=role, kind=kind)
    row.sections, row.is_due = keep_sections(keyed), is_due
    row.save()
    return row


@transaction.atomic
def remove_template(*, actor: User, role: str, kind: str) -> bool:
    """Let a role follow the template of everybody; that one itself stays. Answers whether there was one."""
    if not actor.has_perm(PERMISSION):
        raise PermissionDenied
    if not role:
        raise ValidationError(_("The template of everybody else stays."), code="template")
    row = WorkReportTemplate.objects.filter(role=role, kind=kind).first()
    if row is None:
        return False
    row.delete()
    return True
