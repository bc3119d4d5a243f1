"""Which kind of file it is, and its events.

Rule 1. The ending says the kind (.jsonl, .ndjson, .csv, .tsv, .mbox; .gz after it is unpacked), unless one is given.
Rule 2. What a kind needs (a column map, the company's own addresses) is asked for before anything is read.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from exports.column_map import ColumnMap
from exports.event import BadExport, Exported
from exports.json_lines import read_json_lines
from exports.mail import Own
from exports.mailbox_file import read_mailbox
from exports.table import read_table

Kind = Literal["jsonl", "csv", "mbox"]
ENDINGS: dict[str, Kind] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "csv", ".mbox": "mbox",
    ".mbx": "mbox",
}  # fmt: skip
INSTEAD = dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet: save it as CSV") | {".zip": "packed: unpack it"}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the files need to be understood. `longest` is the largest event in bytes."""

    longest: int
    kind: Kind | None = None
    source: str | None = None
    columns: ColumnMap | None = None
    own: Own | None = None


def kind_of(path: Path, options: Options) -> Kind:
    """Return the file's kind. Raises `BadExport` where it cannot be told, or where the kind needs more options."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = options.kind or (ENDINGS.get(suffixes[-1]) if suffixes else None)
    if kind is None and suffixes and suffixes[-1] in INSTEAD:
        raise BadExport(f"{path.name} is {INSTEAD[suffixes[-1]]}")
    if kind is None:
        raise BadExport(f"{path.name}: what is in it? Say --format jsonl, csv or mbox")
    if kind == "csv" and options.columns is None:
        raise BadExport(f"{path.name}: a CSV needs --columns MAP.toml; `tellonce try --columns-example` prints one")
    if kind == "mbox" and options.own is None:
        raise BadExport(
            f"{path.name}: an mbox needs --own-address or --own-domain, to tell what the company wrote from the rest"
        )
    return kind


def read(path: Path, options: Options) -> Iterator[Exported]:
    """Yield the file's events, in its order. Raises `BadExport`."""
    kind = kind_of(path, options)
    try:
        if kind == "mbox":
            yield from _read_mailbox(path, options)
            return
        with closing(_opened(path)) as file:
            if kind == "csv" and options.columns is not None:
                yield from read_table(file, path.name, options.columns, longest=options.longest)
            else:
                yield from read_json_lines(file, path.name, longest=options.longest, source=options.source)
    except (EOFError, gzip.BadGzipFile) as wrong:
        raise BadExport(f"{path.name}: no whole gzip file ({wrong})") from None
    except OSError as wrong:
        raise BadExport(f"{path}: {wrong.strerror or wrong}") from None


def _opened(path: Path) -> BinaryIO:
    if _is_packed(path):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _read_mailbox(path: Path, options: Options) -> Iterator[Exported]:
    own = options.own or Own(frozenset(), frozenset())
    if not _is_packed(path):
        yield from read_mailbox(path, path.name, own, longest=options.longest)
        return
    with tempfile.TemporaryDirectory(prefix="tellonce-") as folder:
        unpacked = Path(folder) / "unpacked.mbox"
        with gzip.open(path, "rb") as packed, unpacked.open("wb") as file:
            shutil.copyfileobj(packed, file)
        yield from read_mailbox(unpacked, path.name, own, longest=options.longest)
