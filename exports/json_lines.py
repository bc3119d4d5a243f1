"""JSON lines: one object a line, whose `source` says which of the six it is.

Rule 1. The line goes on as it stands, byte for byte.
Rule 2. A file that begins as JSON of another layout, or as UTF-16, is refused whole: it would be a refusal a line.
Rule 3. Its source is the object's `source`; in a line that is no object, the first `"source": "..."` in its bytes;
        else the one given for all; else `other`.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from exports.event import SOURCES, BadExport, Exported, exported, too_large
from exports.lines import lines

_SAID = re.compile(rb'"source"\s*:\s*"(\w{1,20})"')
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_json_lines(file: BinaryIO, name: str, *, longest: int, source: str | None = None) -> Iterator[Exported]:
    """Yield the file's events. Raises `BadExport` (Rule 2)."""
    for number, line, size in lines(file, longest):
        text = line.removeprefix(codecs.BOM_UTF8).strip()
        if number == 1:
            _check_layout(text, name)
        if size > longest:
            yield too_large(_source(line, None, source), size, name, number)
            continue
        if not text:
            continue
        record = _object(text)
        yield exported(_source(text, record, source), line, record, name, number)


def _check_layout(first: bytes, name: str) -> None:
    if first.startswith(_UTF_16):
        raise BadExport(f"{name} is in UTF-16: `iconv -f UTF-16 -t UTF-8 {name}` makes UTF-8 of it")
    if first.startswith(b"["):
        raise BadExport(f"{name} is a JSON array, not JSON lines: `jq -c '.[]' {name}` makes lines of it")
    if first == b"{":
        raise BadExport(
            f"{name} has an object over many lines, which JSON lines do not: `jq -c . {name}` makes a line of each "
            f"object, `jq -c '.LIST[]' {name}` of each in the list that is called LIST"
        )


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
