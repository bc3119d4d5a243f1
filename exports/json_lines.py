"""JSON lines: one object a line, whose `source` says which of the six it is.

Rule 1. The line goes on as it stands, byte for byte.
Rule 2. Its source is the object's `source`; in a line that is no object, the first `"source": "..."` in its bytes;
        else the one given for all; else `other`.
"""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from exports.event import SOURCES, BadExport, Exported, exported, too_large
from exports.lines import lines

_SAID = re.compile(rb'"source"\s*:\s*"(\w{1,20})"')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json_lines(file: BinaryIO, name: str, *, longest: int, source: str | None = None) -> Iterator[Exported]:
    """Yield the file's events. Raises `BadExport` where it is a JSON array, which is no lines."""
    for number, line, size in lines(file, longest):
        if size > longest:
            yield too_large(_source(line, None, source), size, name, number)
            continue
        text = line.removeprefix(_BYTE_ORDER_MARK).strip()
        if not text:
            continue
        if number == 1 and text in {b"[", b"[{"}:
            raise BadExport(f"{name} is a JSON array, not JSON lines: `jq -c '.[]' {name}` makes lines of it")
        record = _object(text)
        yield exported(_source(text, record, source), line, record, name, number)


def _object(text: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _source(text: bytes, record: dict[str, object] | None, given: str | None) -> str:
    if record is not None:
        said = record.get("source")
    else:
        match = _SAID.search(text)
        said = match[1].decode() if match else None
    return said if isinstance(said, str) and said in SOURCES else given or "other"
