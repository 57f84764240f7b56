"""Customers from a file: upload, dry run, run, undo (interfaces.md, "Import columns")."""

from crm.services.import_jobs import Swept, Undone
from crm.services.imports.check import Options, check_file
from crm.services.imports.jobs import (
    cancel,
    check_job,
    options_of,
    prepare,
    resume,
    run_job,
    start,
    start_unchecked,
    sweep,
    upload,
)
from crm.services.imports.source import open_source, refuse_large
from crm.services.imports.template import template_file
from crm.services.imports.undo import may_undo_import, undo

__all__ = [
    "Options",
    "Swept",
    "Undone",
    "cancel",
    "check_file",
    "check_job",
    "may_undo_import",
    "open_source",
    "options_of",
    "prepare",
    "refuse_large",
    "resume",
    "run_job",
    "start",
    "start_unchecked",
    "sweep",
    "template_file",
    "undo",
    "upload",
]
