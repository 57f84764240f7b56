"""Customers from a file: upload, dry run, run, undo (interfaces.md, "Import columns")."""

from crm.services.imports.check import Options, check_file
from crm.services.imports.jobs import (
    Swept,
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
from crm.services.imports.undo import Undone, undo

__all__ = [
    "Options",
    "Swept",
    "Undone",
    "cancel",
    "check_file",
    "check_job",
    "open_source",
    "options_of",
    "prepare",
    "refuse_large",
    "resume",
    "run_job",
    "start",
    "start_unchecked",
    "sweep",
    "undo",
    "upload",
]
