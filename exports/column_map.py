"""A column map: which column of a table is which field of a source. TOML; `EXAMPLE` says all there is.

Rule 1. A map that cannot work is refused before anything is read: unknown fields by the nearest name, required fields
        that nobody fills, a source, time zone or encoding that does not exist.
Rule 2. A cell that does not fit its field goes on as it is written, and the pipeline says what was expected.
Rule 3. A local time in the hour that clocks repeat is the first of the two.
"""

import codecs
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from exports.event import SOURCES, BadExport
from exports.fields import Field

EXAMPLE = """\
# Which column is which field. `tellonce try --fields review` lists the fields of a source.
source = "review"              # chat, phone, email, review, survey, other
time_zone = "Europe/London"    # of times that say no offset; leave it out where they all do
time_format = "%d/%m/%Y %H:%M" # as Python's strptime has it, or "epoch seconds"; leave it out for ISO 8601
# encoding = "utf-8"           # cp1252 for many a spreadsheet
# delimiter = ","              # ";" and "\\t" are common too
# separator = ";"              # between the parts of a cell that fills a list

[columns]                      # field = "Header of the column"
review_id = "Review no."
occurred_at = "Posted"
stars = "Rating"
title = "Headline"
body = "Text"
author = "User"
customer.email = "E-mail"

[constants]                    # the same in every row
site = "starboard"
stars_max = 5

[values.stars]                 # what a cell says = what it means
"five stars" = 5
"n/a" = ""                     # as if the cell were empty
"""

Scalar = str | int | float | bool
_KEYS = {"source", "time_zone", "time_format", "encoding", "delimiter", "separator", "columns", "constants", "values"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """A checked column map. `columns` and `constants` are by a field's path."""

    source: str
    fields: Mapping[str, Field]
    columns: Mapping[str, str]
    constants: Mapping[str, object]
    values: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    time_zone: ZoneInfo | None = None
    time_format: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    separator: str = ";"

    def record(self, row: Mapping[str, str]) -> dict[str, object]:
        """Return the raw event of a row (by header). Empty cells are left out."""
        found: dict[str, object] = {}
        for path, value in self.constants.items():
            _put(found, path, value)
        for path, header in self.columns.items():
            cell = row.get(header, "").strip()
            meant = self.values.get(path, {}).get(cell, cell)
            if meant != "":
                _put(found, path, self._read(meant, self.fields[path]) if isinstance(meant, str) else meant)
        return found

    def _read(self, cell: str, into: Field) -> object:
        try:
            return self._converted(cell, into)
        except (ValueError, OverflowError):
            return cell

    def _converted(self, cell: str, into: Field) -> object:
        match into.type:
            case "number":
                return float(cell)
            case "whole number":
                return int(cell)
            case "time":
                return self._time(cell)
            case "list of texts":
                return [part.strip() for part in cell.split(self.separator) if part.strip()]
            case "list of objects":
                return json.loads(cell)
            case _:
                return cell

    def _time(self, cell: str) -> object:
        if self.time_format == "epoch seconds":
            return round(float(cell) * 1000)
        if self.time_format is None and cell.isdecimal():
            return int(cell)
        when = datetime.strptime(cell, self.time_format) if self.time_format else datetime.fromisoformat(cell)  # noqa: DTZ007 -- the map's zone is put on below, else the pipeline refuses it as naive
        if when.tzinfo is None and self.time_zone is not None:
            when = when.replace(tzinfo=self.time_zone)
        return when.isoformat()


def _put(record: dict[str, object], path: str, value: object) -> None:
    *outer, last = path.split(".")
    for name in outer:
        inner = record.setdefault(name, {})
        record = inner if isinstance(inner, dict) else {}
    record[last] = value


def column_map(text: str, fields_by_source: Mapping[str, tuple[Field, ...]]) -> ColumnMap:
    """Return the map that a TOML file describes. Raises `BadExport`, which says what is wrong and what is allowed."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise BadExport(f"the column map is no TOML: {wrong}") from None
    for key in document.keys() - _KEYS:
        raise BadExport(f"{key}: no such setting of a column map; {_nearest(key, _KEYS)}")
    source = document.get("source")
    if source not in SOURCES:
        raise BadExport(f"source = {source!r}: allowed is one of {', '.join(SOURCES)}")
    known = {each.path: each for each in fields_by_source[source]}
    found = ColumnMap(
        source=source,
        fields=known,
        columns={path: _text(f"columns.{path}", header) for path, header in _flat(document.get("columns", {}))},
        constants=dict(_flat(document.get("constants", {}))),
        values=_values(document.get("values", {})),
        time_zone=_zone(document.get("time_zone")),
        time_format=_optional("time_format", document.get("time_format")),
        encoding=_encoding(document.get("encoding", "utf-8")),
        delimiter=_one_character("delimiter", document.get("delimiter", ",")),
        separator=_text("separator", document.get("separator", ";")),
    )
    for path in (*found.columns, *found.constants, *found.values):
        if path not in known:
            raise BadExport(f"{path}: no such field of {source}; {_nearest(path, known)}")
    for each in known.values():
        if each.required and each.path not in {**found.columns, **found.constants}:
            raise BadExport(f"{source} needs {each.path}: name its column in [columns], or set it in [constants]")
    if not found.columns:
        raise BadExport("[columns] names no column: `tellonce try --columns-example` prints a map")
    return found


def _flat(table: object, before: str = "") -> Iterator[tuple[str, object]]:
    if not isinstance(table, Mapping):
        raise BadExport("[columns], [constants] and [values] are tables")
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _values(table: object) -> dict[str, dict[str, Scalar]]:
    found: dict[str, dict[str, Scalar]] = {}

    def walk(inner: object, path: str) -> None:
        if not isinstance(inner, Mapping):
            raise BadExport("[values.FIELD] is a table: what a cell says = what it means")
        for key, value in inner.items():
            if isinstance(value, Mapping):
                walk(value, f"{path}.{key}" if path else key)
            elif path and isinstance(value, Scalar):
                found.setdefault(path, {})[key] = value
            else:
                raise BadExport(f"[values] {key}: write [values.FIELD], and in it cell = text or number")

    walk(table, "")
    return found


def _nearest(name: str, known: Mapping[str, object] | set[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"the nearest is {near[0]}"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadExport(f"{name} = {value!r}: allowed is a text")
    return value


def _optional(name: str, value: object) -> str | None:
    return None if value is None else _text(name, value)


def _one_character(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1:
        raise BadExport(f"{name} = {value!r}: allowed is one character")
    return value


def _zone(value: object) -> ZoneInfo | None:
    if value is None:
        return None
    try:
        return ZoneInfo(_text("time_zone", value))
    except (ValueError, OSError, KeyError):
        raise BadExport(f"time_zone = {value!r}: allowed is a name like Europe/London or UTC") from None


def _encoding(value: object) -> str:
    try:
        return codecs.lookup(_text("encoding", value)).name
    except LookupError:
        raise BadExport(f"encoding = {value!r}: allowed is a name like utf-8, cp1252 or utf-16") from None
