"""Writing rows to CSV and XLSX, one after the other and never held in memory."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import xlsxwriter

from rules.deadlines import JAKARTA
from rules.vocabulary import ExportFormat

Cell = str | int | float | bool | date | datetime | None

# What a spreadsheet takes for the beginning of a formula, and what it skips before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: Cell) -> str | int | float:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it.

    Moments become local time in Jakarta without a zone, truth ya or tidak, absence an empty cell.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "ya" if cell else "tidak"
    if isinstance(cell, datetime):
        return cell.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
    return cell


class Sheet(Protocol):
    """A file that takes rows."""

    def append(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows below those before."""

    def begin(self, title: str) -> None:
        """Go on with another table: another sheet, or below an empty line."""

    def close(self) -> None:
        """Finish the file."""


class CsvSheet:
    """UTF-8 with the mark by which spreadsheets know it."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def append(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows."""
        self._writer.writerows([safe(cell) for cell in row] for row in rows)

    def begin(self, title: str) -> None:
        """Below an empty line."""
        self._writer.writerows([[], [safe(title)]])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class XlsxSheet:
    """A workbook whose rows go to disk as they come."""

    def __init__(self, path: Path, title: str) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(str(path), options)
        self._sheet: Any = self._book.add_worksheet(title)
        self._row = 0

    def append(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows."""
        for row in rows:
            for place, cell in enumerate(row):
                value = safe(cell)
                if isinstance(value, str):
                    self._sheet.write_string(self._row, place, value)
                else:
                    self._sheet.write_number(self._row, place, value)
            self._row += 1

    def begin(self, title: str) -> None:
        """Another sheet."""
        self._sheet = self._book.add_worksheet(title)
        self._row = 0

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def open_sheet(path: Path, format_: ExportFormat, title: str) -> Sheet:
    """A new file of this kind."""
    return CsvSheet(path) if format_ is ExportFormat.CSV else XlsxSheet(path, title)
