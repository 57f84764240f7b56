"""Rows of a workbook through the native parser, in this process."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from common.sheets.archive import BROKEN
from common.sheets.errors import SheetError
from common.sheets.sniffing import EMPTY, ENCRYPTED
from common.sheets.values import Row, row_text

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

NO_SUCH_SHEET = _("The workbook has no sheet “%(sheet)s”; it has: %(sheets)s.")


def workbook_records(path: Path, sheet: str | None) -> tuple[Iterator[Row], int, list[str]]:
    """(numbered rows from line 1, last line, names of the visible sheets); raises SheetError.

    Only for files that `sniff` has let through: the parser allocates whatever a file asks for.
    """
    import python_calamine as calamine

    try:
        # By content: opening by path would trust the extension.
        with path.open("rb") as file:
            workbook = calamine.CalamineWorkbook.from_filelike(file)
        names = _visible_names(workbook)
        chosen = _choose(workbook, names, sheet)
        with suppress(calamine.CalamineError):
            workbook.close()
    except SheetError:
        raise
    except calamine.PasswordError as error:
        raise SheetError(ENCRYPTED) from error
    except BaseException as error:
        # A panic of the native parser is no Exception; of the others, too, the file is the cause.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise SheetError(ENCRYPTED if "password" in str(error).lower() else BROKEN) from error
    if chosen is None or chosen.end is None:
        raise SheetError(EMPTY)
    records = (Row(number, row_text(cells)) for number, cells in enumerate(chosen.iter_rows(), 1))
    return records, chosen.end[0] + 1, names


def _visible_names(workbook: "CalamineWorkbook") -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    visible = [
        entry.name
        for entry in workbook.sheets_metadata
        if entry.typ == SheetTypeEnum.WorkSheet and entry.visible == SheetVisibleEnum.Visible
    ]
    return visible or workbook.sheet_names


def _choose(workbook: "CalamineWorkbook", names: list[str], sheet: str | None) -> "CalamineSheet | None":
    if sheet is not None:
        if sheet not in workbook.sheet_names:
            raise SheetError(NO_SUCH_SHEET, sheet=sheet, sheets=", ".join(names))
        return workbook.get_sheet_by_name(sheet)
    candidates = (workbook.get_sheet_by_name(name) for name in names)
    return next((candidate for candidate in candidates if candidate.end is not None), None)
