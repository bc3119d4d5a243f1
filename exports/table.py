"""CSV: a table whose first row names the columns; a `ColumnMap` says what they are.

Rule 1. A row with more cells than the header is not understood: it goes on as text, and the pipeline refuses it.
        Missing cells at the end of a row are empty ones.
Rule 2. Bytes that are not in the map's encoding stay as they are, and the pipeline refuses them as no UTF-8.
"""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from exports.column_map import ColumnMap
from exports.event import BadExport, Exported, as_json, exported, too_large

_LONGEST_CELL = 64 << 20
_MARKED = {"utf-8": "utf-8-sig"}


def read_table(file: BinaryIO, name: str, columns: ColumnMap, *, longest: int) -> Iterator[Exported]:
    """Yield the table's events. Raises `BadExport` where the header lacks a column, or the quotes never close."""
    csv.field_size_limit(_LONGEST_CELL)
    encoding = _MARKED.get(columns.encoding, columns.encoding)
    with io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="") as text:
        yield from _read(text, name, columns, longest)


def _read(text: TextIO, name: str, columns: ColumnMap, longest: int) -> Iterator[Exported]:
    rows = csv.reader(text, delimiter=columns.delimiter)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check(header, columns, name)
        for row in rows:
            if any(cell.strip() for cell in row):
                value, record = _event(row, header, columns)
                fits = len(value) <= longest
                yield (
                    exported(columns.source, value, record, name, rows.line_num)
                    if fits
                    else too_large(columns.source, len(value), name, rows.line_num)
                )
    except csv.Error as wrong:
        raise BadExport(f"{name}, line {rows.line_num}: no CSV ({wrong}); check delimiter and quotes") from None
    except UnicodeError as wrong:
        raise BadExport(f"{name} is not in {columns.encoding} ({wrong}); set `encoding` in the map") from None


def _check(header: list[str], columns: ColumnMap, name: str) -> None:
    if not header:
        raise BadExport(f"{name} is empty: its first row has to name the columns")
    for path, wanted in columns.columns.items():
        if wanted not in header:
            there = ", ".join(header)
            raise BadExport(f"{name} has no column {wanted!r} (columns.{path}); it has: {there}")
        if header.count(wanted) > 1:
            raise BadExport(f"{name} has the column {wanted!r} more than once: rename one of them")


def _event(row: list[str], header: list[str], columns: ColumnMap) -> tuple[bytes, dict[str, object] | None]:
    if len(row) > len(header):
        text = io.StringIO()
        csv.writer(text, delimiter=columns.delimiter, lineterminator="").writerow(row)
        return text.getvalue().encode("utf-8", "surrogateescape"), None
    record = columns.record(dict(zip(header, row, strict=False)))
    return as_json(record), record
