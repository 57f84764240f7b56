"""Leads from a file: upload, dry run, run, undo (C1)."""

from crm.services.import_jobs import Swept, Undone
from crm.services.lead_imports.jobs import (
    cancel,
    check_job,
    prepare,
    resume,
    run_job,
    start,
    sweep,
    upload,
)
from crm.services.lead_imports.report import template_file
from crm.services.lead_imports.undo import may_undo_import, undo

__all__ = [
    "Swept",
    "Undone",
    "cancel",
    "check_job",
    "may_undo_import",
    "prepare",
    "resume",
    "run_job",
    "start",
    "sweep",
    "template_file",
    "undo",
    "upload",
]
