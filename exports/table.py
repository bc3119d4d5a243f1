"""CSV: a table whose first row, blank ones left out, names the columns; a `ColumnMap` says what they are.

Rule 1. A row with more cells than the header is not understood: it goes on as text, and the pipeline refuses it.
        Missing cells at the end of a row are empty ones.
Rule 2. A byte order mark says the encoding, whatever the map says. Bytes that are not in it stay as they are, and the
        pipeline refuses them as no UTF-8.
Rule 3. A quote that opens and never closes would make one cell of all that follows: the table is refused.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, TextIO

from exports.column_map import ColumnMap
from exports.event import BadExport, Exported, as_json, exported, too_large

_LONGEST_CELL = 64 << 20
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_END = "\0the end"
"""A row of our own behind the last one, which an open quote swallows (Rule 3)."""


def read_table(file: BinaryIO, name: str, columns: ColumnMap, *, longest: int) -> Iterator[Exported]:
    """Yield the table's events. Raises `BadExport` where the header lacks a column, or the quotes never close."""
    csv.field_size_limit(_LONGEST_CELL)
    begins = file.read(len(codecs.BOM_UTF8))
    file.seek(0)
    encoding = next((name for mark, name in _MARKS.items() if begins.startswith(mark)), columns.encoding)
    with io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="") as text:
        yield from _read(text, name, columns, longest)


def _read(text: TextIO, name: str, columns: ColumnMap, longest: int) -> Iterator[Exported]:
    rows = csv.reader(chain(text, [_END]), delimiter=columns.delimiter)
    try:
        header = [cell.strip() for cell in next(row for row in rows if any(row))]
        _check(header, columns, name)
        begins = rows.line_num + 1
        for row in rows:
            if row and row[-1].endswith(_END):
                if row != [_END]:
                    raise BadExport(f"{name}, line {begins}: a quote opens here and is never closed; close it")
                return
            begins = rows.line_num + 1
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
        raise BadExport(f"{name} is not in {text.encoding} ({wrong}); set `encoding` in the map") from None


def _check(header: list[str], columns: ColumnMap, name: str) -> None:
    if header == [_END]:
        raise BadExport(f"{name} is empty: its first row has to name the columns")
    for path, wanted in columns.columns.items():
        if wanted not in header:
            raise BadExport(
                f"{name} has no column {wanted!r} (columns.{path}); it has: {', '.join(header)}{_split(header)}"
            )
        if header.count(wanted) > 1:
            raise BadExport(f"{name} has the column {wanted!r} more than once: rename one of them")


def _split(header: list[str]) -> str:
    """Return what to do about a header that is all in one cell."""
    other = next((each for each in ";\t|," if len(header) == 1 and each in header[0]), None)
    return "" if other is None else f". Set `delimiter = {json.dumps(other)}` in the map"


def _event(row: list[str], header: list[str], columns: ColumnMap) -> tuple[bytes, dict[str, object] | None]:
    if len(row) > len(header):
        text = io.StringIO()
        csv.writer(text, delimiter=columns.delimiter, lineterminator="").writerow(row)
        return text.getvalue().encode("utf-8", "surrogateescape"), None
    record = columns.record(dict(zip(header, row, strict=False)))
    return as_json(record), record
