"""Leads from a file: upload, dry run, run, undo (C1)."""

from crm.services.lead_imports.jobs import (
    Swept,
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
from crm.services.lead_imports.undo import Undone, undo

__all__ = [
    "Swept",
    "Undone",
    "cancel",
    "check_job",
    "prepare",
    "resume",
    "run_job",
    "start",
    "sweep",
    "template_file",
    "undo",
    "upload",
]
