"""Attachments of work reports: stored in the transaction, taken away when it fails."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from sales.services.agreement_files import PreparedFile, prepare_file, remove_stored
from team.models import WorkReport, WorkReportFile
from team.rules.reports import MAX_FILES

__all__ = ["add_files", "drop_files", "prepare_file", "remove_stored"]


def add_files(*, report: WorkReport, files: Sequence[PreparedFile]) -> list[str]:
    """Store prepared files at a report; answers their names in the storage, to be removed if what follows fails.

    Raises ValidationError for more than a report may have.
    """
    if files and report.files.count() + len(files) > MAX_FILES:
        raise ValidationError({"files": _("A report has at most %(n)s files.") % {"n": MAX_FILES}})
    names: list[str] = []
    try:
        for prepared in files:
            row = WorkReportFile(report=report, name=prepared.name, size=len(prepared.content))
            name = f"{uuid.uuid4().hex}.{prepared.suffix}"
            row.file.save(name, ContentFile(prepared.content), save=False)
            names.append(str(row.file.name))
            row.save(force_insert=True)
    except Exception:
        remove_stored(names)
        raise
    return names


def drop_files(*, report: WorkReport, keys: Collection[int]) -> None:
    """Remove some of a draft's files; their content goes after the commit."""
    if not keys:
        return
    rows = WorkReportFile.objects.filter(report=report, pk__in=keys)
    names = [str(row.file.name) for row in rows]
    rows.delete()
    transaction.on_commit(lambda: remove_stored(names))
