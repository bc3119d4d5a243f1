"""An event as it leaves an export file, ready for its raw topic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

SOURCES = ("chat", "phone", "email", "review", "survey", "other")
OWN_IDS = {
    "chat": "session_id",
    "phone": "call_id",
    "email": "message_id",
    "review": "review_id",
    "survey": "response_id",
    "other": "conversation_id",
}
_LONGEST_KEY = 200


class BadExport(ValueError):
    """A file, or a column map, that cannot be used at all. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One event of a file. `value` is None where it is larger than a raw topic takes; `size` is its length then too."""

    source: str
    key: bytes
    value: bytes | None
    size: int
    file: str
    line: int


def exported(source: str, value: bytes, record: Mapping[str, object] | None, file: str, line: int) -> Exported:
    """Return the event; its key is the source's own id, or a digest of its bytes where it has none."""
    own = None if record is None else record.get(OWN_IDS[source])
    named = isinstance(own, str) and 0 < len(own) <= _LONGEST_KEY
    key = str(own).encode("utf-8", "replace") if named else blake2b(value, digest_size=16).hexdigest().encode()
    return Exported(source=source, key=key, value=value, size=len(value), file=file, line=line)


def too_large(source: str, size: int, file: str, line: int) -> Exported:
    """Return an event of which only the size is known."""
    return Exported(source=source, key=f"{file}:{line}".encode(), value=None, size=size, file=file, line=line)


def as_json(record: Mapping[str, object]) -> bytes:
    """Return the record as one JSON object; bytes that were no UTF-8 in the file are the same bytes here."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape")
