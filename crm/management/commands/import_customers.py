from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from common.geo import Datum
from common.management.base import JobCommand
from common.management.files import read_mapping, where_stored
from crm.enums import ImportState, OnDuplicate
from crm.rules.import_columns import check_mapping, guess_mapping, unmapped_headers
from crm.services import imports
from crm.services.imports.source import column_samples


class Command(JobCommand):
    help = "Import customers from an Excel workbook or CSV file with Chinese or English column heads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="xlsx, xls or csv")
        parser.add_argument(
            "--owner", metavar="USERNAME", help="owner of rows that name none (else: public pool)"
        )
        parser.add_argument("--datum", choices=[d.value for d in Datum], default=Datum.WGS84.value)
        parser.add_argument("--on-duplicate", choices=OnDuplicate.values, default=OnDuplicate.SKIP.value)
        parser.add_argument(
            "--mapping", metavar="FILE", type=Path, help="JSON object {head in the file: our field}"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument(
            "--create-choices", action="store_true", help="create unknown channels, regions …"
        )
        parser.add_argument("--keep-extra", action="store_true", help="keep other columns as further fields")
        parser.add_argument(
            "--as", dest="actor", metavar="USERNAME", help="import in this person's name and scope"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: no such file", returncode=2)
        actor, owner = _user(options["actor"], "--as"), _user(options["owner"], "--owner")
        mapping = self.read_mapping(path, options["mapping"])
        chosen = imports.Options(
            mapping=mapping,
            actor=actor,
            datum=options["datum"],
            on_duplicate=OnDuplicate(options["on_duplicate"]),
            create_choices=options["create_choices"],
            keep_extra=options["keep_extra"],
            owner_id=owner.pk if owner else None,
        )
        result = self.dry_run(path, chosen) if options["dry_run"] else self.do_import(path, chosen)
        if result["failed"]:
            self.fail_with(_("%(failed)s of %(rows)s rows failed.") % result)
        return result

    def read_mapping(self, path: Path, file: Path | None) -> dict[str, str]:
        """The given mapping, which then stands alone, or a guess from the heads; says which columns are left out."""
        imports.refuse_large(path.stat().st_size)
        source = imports.open_source(path, path.name)
        if file is None:
            mapping = guess_mapping({c["header"]: c["samples"] for c in column_samples(source)})
        else:
            mapping = read_mapping(file)
        check_mapping(mapping, source.headers)
        if ignored := unmapped_headers(mapping, source.headers):
            self.stderr.write(_("Columns left out: %(headers)s") % {"headers": ", ".join(ignored)})
        return mapping

    def dry_run(self, path: Path, options: imports.Options) -> dict[str, Any]:
        result = imports.check_file(path, path.name, options, self.progress)
        for row in result["shown"].get("failed", ()):
            self.stderr.write(f"{row['number']}: {row['reason']}")
        return {"rows": result["rows"], **_counts(result["counts"]), "error_report": ""}

    def do_import(self, path: Path, options: imports.Options) -> dict[str, Any]:
        with path.open("rb") as file:
            job = imports.upload(
                actor=options.actor,
                file=File(file, name=path.name),
                file_name=path.name,
                mapping=options.mapping,
            )
        imports.start_unchecked(job=job, options=options)
        done = imports.run_job(job.pk, self.progress)
        if done is None:
            raise CommandError(_("Another worker has taken this import over."), returncode=1)
        if done.state == ImportState.FAILED:
            raise CommandError(done.message, returncode=1)
        return {"rows": done.rows, **_counts(vars(done)), "error_report": where_stored(done.error_report)}


def _counts(source: dict[str, Any]) -> dict[str, int]:
    return {key: source[key] for key in ("created", "updated", "skipped", "failed")}


def _user(username: str | None, argument: str) -> User | None:
    if username is None:
        return None
    user = User.objects.active().filter(username__iexact=username).first()
    if user is None:
        raise CommandError(f"{argument}: there is no active user {username!r}", returncode=2)
    return user
