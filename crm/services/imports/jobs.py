"""The customer import's steps: its options and its run within the life that all imports share."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import ImportState, OnDuplicate
from crm.models import ImportJob
from crm.queries.imports import last_mapping
from crm.rules.import_columns import check_mapping, guess_mapping
from crm.services.import_jobs import ImportLife
from crm.services.imports.check import Options, Progress, check_file
from crm.services.imports.engine import import_rows
from crm.services.imports.report import drop_failed, write_report
from crm.services.imports.source import column_samples, local_copy, open_source, refuse_large, temporary_copy

LIFE = ImportLife(ImportJob, label="import")
start, resume, cancel, sweep = LIFE.start, LIFE.resume, LIFE.cancel, LIFE.sweep_all


def upload(
    *, actor: User | None, file: "File[bytes]", file_name: str, mapping: dict[str, str] | None = None
) -> ImportJob:
    """Keep a file for import, with its columns, samples and a first guess of the mapping.

    Raises ValidationError with a message for people when the file is too large, no workbook or CSV, broken,
    encrypted, unsafe, or without a line of data.
    """
    refuse_large(file.size)
    with temporary_copy(file) as path:
        source = open_source(path, file_name)
        columns = column_samples(source)
    if mapping is None:
        before = last_mapping(ImportJob, actor=actor, headers=source.headers) if actor else None
        mapping = before or guess_mapping({column["header"]: column["samples"] for column in columns})
    return LIFE.keep(file, file_name, columns, created_by=actor, mapping=mapping, rows=source.line_count)


def prepare(
    *,
    actor: User,
    job: ImportJob,
    mapping: dict[str, str],
    datum: str,
    on_duplicate: str,
    create_choices: bool,
    keep_extra: bool,
    owner: User | None,
) -> None:
    """Take mapping and options and ask for the dry run. Raises ValidationError with what is wrong with them."""
    check_mapping(mapping, [column["header"] for column in job.preview["columns"]])
    if owner is not None and not User.objects.active().visible_to(actor).filter(pk=owner.pk).exists():
        raise ValidationError(_("You can assign customers only to people you are responsible for."))
    LIFE.ask_for_check(
        job,
        mapping=mapping,
        datum=datum,
        on_duplicate=on_duplicate,
        create_choices=create_choices,
        keep_extra=keep_extra,
        owner=owner,
    )


def start_unchecked(*, job: ImportJob, options: Options) -> None:
    """Queue an uploaded file without a dry run, as the command does. Raises ValidationError for a bad mapping."""
    check_mapping(options.mapping, [column["header"] for column in job.preview["columns"]])
    LIFE.move(
        job.pk,
        [ImportState.UPLOADED],
        ImportState.QUEUED,
        mapping=options.mapping,
        datum=options.datum,
        on_duplicate=options.on_duplicate,
        create_choices=options.create_choices,
        keep_extra=options.keep_extra,
        owner_id=options.owner_id,
        heartbeat_at=timezone.now(),
    )


def options_of(job: ImportJob) -> Options:
    """What the job's row says about how to read its file."""
    return Options(
        mapping=dict(job.mapping),
        actor=job.created_by,
        datum=job.datum,
        on_duplicate=OnDuplicate(job.on_duplicate),
        create_choices=job.create_choices,
        keep_extra=job.keep_extra,
        owner_id=job.owner_id,
    )


def check_job(job_id: int) -> bool:
    """Do the dry run of a job that waits for it; False when it does not, or somebody else finished it."""
    return LIFE.check(job_id, _look)


def _look(job: ImportJob) -> dict[str, Any]:
    def alive(done: int, total: int) -> None:
        LIFE.looking(job, preview={**job.preview, "checked": done}, rows=total)

    with local_copy(job.file) as path:
        result = check_file(path, job.file_name, options_of(job), alive, measured=True)
    return {"preview": {"columns": job.preview.get("columns", []), **result}, "rows": result["rows"]}


def run_job(job_id: int, progress: Progress | None = None) -> ImportJob | None:
    """Run a queued import to its end; None when another worker has it or takes it over on the way."""

    def work(job: ImportJob) -> None:
        headers = import_rows(job, options_of(job), progress)
        LIFE.finish(job, write_report(job, headers), rows=F("rows_done"))
        drop_failed(job)

    return LIFE.run(job_id, work)
