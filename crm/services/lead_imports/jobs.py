"""The lead import's steps: its options and its run within the life that all imports share."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import AssignMode
from crm.models import LeadImport
from crm.queries.imports import last_mapping
from crm.rules.lead_import import check_mapping, guess_mapping
from crm.services.import_jobs import ImportLife
from crm.services.imports.source import column_samples, local_copy, open_source, refuse_large, temporary_copy
from crm.services.lead_imports.plan import options_of
from crm.services.lead_imports.report import drop_failed, write_report
from crm.services.lead_imports.run import check_file, import_rows

LIFE = ImportLife(LeadImport, label="lead import")
start, resume, cancel, sweep = LIFE.start, LIFE.resume, LIFE.cancel, LIFE.sweep_all


def upload(*, actor: User, file: "File[bytes]", file_name: str) -> LeadImport:
    """Keep a file for import, with its columns, samples and a first guess of the mapping.

    Raises ValidationError with a message for people when the file is too large, no workbook or CSV, broken,
    encrypted, unsafe, or without a line of data.
    """
    refuse_large(file.size)
    with temporary_copy(file) as path:
        source = open_source(path, file_name)
        columns = column_samples(source)
    mapping = last_mapping(LeadImport, actor=actor, headers=source.headers) or guess_mapping(
        {column["header"]: column["samples"] for column in columns}
    )
    return LIFE.keep(file, file_name, columns, created_by=actor, mapping=mapping, rows=source.line_count)


@transaction.atomic
def prepare(
    *,
    actor: User,
    job: LeadImport,
    mapping: dict[str, str],
    assign_mode: str,
    assignees: Iterable[User],
    datum: str,
    create_choices: bool,
    duplicates_too: bool,
) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, [column["header"] for column in job.preview["columns"]])
    people = list(assignees)
    if assign_mode == AssignMode.EVENLY and not people:
        raise ValidationError(_("Choose the people among whom the leads go round."))
    reach = User.objects.active().visible_to(actor).filter(pk__in=[person.pk for person in people])
    if reach.count() != len(people):
        raise ValidationError(_("You can give leads only to people you are responsible for."))
    options = {"datum": datum, "create_choices": create_choices, "duplicates_too": duplicates_too}
    LIFE.ask_for_check(job, mapping=mapping, assign_mode=assign_mode, options=options)
    job.assignees.set(people)


def check_job(job_id: int) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""
    return LIFE.check(job_id, _look)


def _look(job: LeadImport) -> dict[str, Any]:
    def alive(done: int, total: int) -> None:
        LIFE.looking(job, preview={**job.preview, "checked": done}, rows=total)

    with local_copy(job.file) as path:
        result = check_file(path, job.file_name, options_of(job), alive)
    return {"preview": {"columns": job.preview.get("columns", []), **result}, "rows": result["rows"]}


def run_job(job_id: int) -> LeadImport | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way."""
    return LIFE.run(job_id, _work)


def _work(job: LeadImport) -> None:
    headers = import_rows(job)
    LIFE.finish(job, write_report(job, headers), rows=F("rows_done"))
    drop_failed(job)
