from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from common.management.base import JobCommand
from common.management.files import read_mapping, where_stored
from crm.enums import ImportState
from sales.models import OrderImport
from sales.rules.order_rows import unmapped_headers
from sales.services import order_imports
from sales.services.order_imports.jobs import headers_of


class Command(JobCommand):
    help = "Import the order history of an old system from an Excel workbook or CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "file", type=Path, help="xlsx, xls or csv; several lines with one number are one order"
        )
        parser.add_argument(
            "--mapping", metavar="FILE", type=Path, help="JSON object {head in the file: our field}"
        )
        parser.add_argument(
            "--create-missing", action="store_true", help="create unknown customers and products"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument(
            "--as", dest="actor", metavar="USERNAME", help="import in this person's name and scope"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: no such file", returncode=2)
        actor = self.find_user(options["actor"])
        with path.open("rb") as file:
            job = order_imports.upload(actor=actor, file=File(file), file_name=path.name)
        try:
            mapping = job.mapping if options["mapping"] is None else read_mapping(options["mapping"])
            order_imports.prepare(job=job, mapping=mapping, create_missing=options["create_missing"])
        except Exception:
            self.forget(job)
            raise
        if ignored := unmapped_headers(mapping, headers_of(job)):
            self.stderr.write(_("Columns left out: %(headers)s") % {"headers": ", ".join(ignored)})
        order_imports.check_job(job.pk, progress=self.progress)
        job.refresh_from_db()
        if job.state != ImportState.PREVIEWED:
            self.fail_with(job.message)
            return self.result(job)
        if options["dry_run"]:
            return self.dry_run(job)
        order_imports.start(job=job)
        order_imports.run_job(job.pk, progress=self.progress)
        job.refresh_from_db()
        if job.state != ImportState.DONE:
            self.fail_with(job.message)
        elif job.failed:
            self.fail_with(_("%(failed)s of %(orders)s orders failed.") % vars(job))
        return self.result(job)

    def dry_run(self, job: OrderImport) -> dict[str, Any]:
        """What would happen, from the preview; the job leaves no trace."""
        counts = job.preview["counts"]
        result = {
            "rows": job.rows,
            "orders": counts["orders"],
            "created": counts["new"],
            "skipped": counts["known"],
            "failed": counts["failed"],
            "error_report": "",
        }
        if counts["failed"]:
            for problem in job.preview["problems"]:
                self.stderr.write(f"{problem['row']}: {problem['reason']}")
            self.fail_with(_("%(failed)s of %(orders)s orders failed.") % counts)
        self.forget(job)
        return result

    def result(self, job: OrderImport) -> dict[str, Any]:
        return {
            "rows": job.rows,
            "orders": job.orders,
            "created": job.created,
            "skipped": job.skipped,
            "failed": job.failed,
            "error_report": where_stored(job.error_report),
        }

    @staticmethod
    def forget(job: OrderImport) -> None:
        job.file.delete(save=False)
        job.delete()

    @staticmethod
    def find_user(username: str | None) -> User | None:
        if username is None:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"--as: no active user {username}", returncode=2)
        return user
