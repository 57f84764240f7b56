"""Workbooks and CSV files from users: recognised by content, read in bounded memory, written without live formulas."""

from common.sheets.errors import SheetError
from common.sheets.reading import Sheet, read_rows
from common.sheets.sniffing import Kind, sniff
from common.sheets.values import Row
from common.sheets.writing import write_workbook

__all__ = ["Kind", "Row", "Sheet", "SheetError", "read_rows", "sniff", "write_workbook"]
