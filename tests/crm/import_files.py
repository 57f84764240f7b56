"""Files as people upload them, made for one test each."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from common.sheets import write_workbook
from crm.services import imports

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
COFFEE, PHARMACIES = DATA / "shanghai_bund_coffee_shops.csv", DATA / "tw_pharmacy_maskdata.csv"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real shop lists are not on this machine")


def csv_file(path, headers, rows):
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return Path(path)


def xlsx_file(path, headers, rows):
    with Path(path).open("wb") as file:
        write_workbook(file, headers, rows)
    return Path(path)


def uploaded(path):
    return SimpleUploadedFile(Path(path).name, Path(path).read_bytes())


def real_rows(path):
    """The file as the csv module alone reads it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def zip_bomb(megabytes):
    """A workbook whose sheet unpacks to `megabytes` MB of zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(megabytes):
                sheet.write(bytes(1 << 20))
    return buffer.getvalue()


def make_job(path, actor=None, mapping=None, **options):
    """An uploaded and queued job, not yet run."""
    with path.open("rb") as file:
        job = imports.upload(actor=actor, file=File(file), file_name=path.name, mapping=mapping)
    imports.start_unchecked(job=job, options=imports.Options(mapping=job.mapping, actor=actor, **options))
    return job


def import_file(path, actor=None, mapping=None, **options):
    job = make_job(path, actor, mapping, **options)
    done = imports.run_job(job.pk)
    assert done.state == "done", done.message
    return done


def counts(job):
    return {name: getattr(job, name) for name in ("rows", "created", "updated", "skipped", "failed")}


def error_rows(job):
    with job.error_report.open("rb") as file:
        return [list(row) for row in load_workbook(file, read_only=True).active.values]


def numbered_file(tmp_path, count=10):
    rows = [[f"N{n:03}", f"店{n}" if n % 4 else ""] for n in range(1, count + 1)]
    return csv_file(tmp_path / "n.csv", ["code", "name"], rows)
