"""What `tellonce try --help` says of the sources: their fields, out of the schemas, and an example of each.

Rule 1. A field's words are its schema's. A test sends every example through the pipeline, so neither can go stale.
Rule 2. An example is one line, however long: it is there to be copied.
"""

from __future__ import annotations

import json
import textwrap
from importlib.resources import files
from typing import Any

from agents.contracts import default_policy
from exports import SOURCES
from exports.fields import Field, fields_of

EXAMPLES: dict[str, str] = {
    "chat": '{"source": "chat", "session_id": "s-1", "occurred_at": "2026-03-01T09:30:00Z", "sender": "customer", '
    '"text": "Where is my parcel?", "customer": {"email": "ana@example.com"}}',
    "phone": '{"source": "phone", "call_id": "c-1", "occurred_at": "2026-03-02T11:00:00Z", "from": "+44 20 7946 0001", '
    '"answered_at": "2026-03-02T11:04:10Z", "ended_at": "2026-03-02T11:09:00Z", "outcome": "answered", '
    '"customer": {"email": "ana@example.com"}, "transcript": [{"speaker": "customer", "text": "Still nothing."}]}',
    "email": '{"source": "email", "message_id": "<m1@example.com>", "occurred_at": "2026-03-03T08:00:00Z", '
    '"from": "ana@example.com", "to": ["help@example.net"], "subject": "Parcel", "body": "Any news?"}',
    "review": '{"source": "review", "site": "starboard", "review_id": "r-1", "occurred_at": "2026-03-04T20:00:00Z", '
    '"author": "ana", "stars": 1, "body": "Terrible delivery.", "customer": {"email": "ana@example.com"}}',
    "survey": '{"source": "survey", "response_id": "a-1", "occurred_at": "2026-03-05T10:00:00Z", "metric": "nps", '
    '"score": 2, "customer": {"email": "ana@example.com"}}',
    "other": '{"source": "other", "channel": "social", "occurred_at": "2026-03-06T10:00:00Z", '
    '"text": "Still no parcel.", "customer": {"handle": "ana"}}',
}
_SHARED = "customer."


def schema_of(source: str) -> dict[str, Any]:
    """Return a source's schema."""
    found: dict[str, Any] = json.loads((files("schemas") / f"raw.{source}.v1.avsc").read_text("utf-8"))
    return found


def all_fields() -> dict[str, tuple[Field, ...]]:
    """Return the fields of every source."""
    return {source: fields_of(schema_of(source)) for source in SOURCES}


def sources_text(width: int) -> str:
    """Return the section of the help that describes every source."""
    parts = [source_text(source, width) for source in SOURCES]
    customer = [field for field in fields_of(schema_of("chat")) if field.path.startswith(_SHARED)]
    said = 'customer  who it is, in every source: {"customer": {"email": "ana@example.com"}}. At least one, not junk.'
    return (
        "\n".join([*parts, *_wrapped(said, width), *(line for each in customer for line in _field(each, width))]) + "\n"
    )


def source_text(source: str, width: int, *, with_customer: bool = False) -> str:
    """Return what there is to say of one source: its schema's words, an example, and a line or more a field."""
    schema = schema_of(source)
    shown = [field for field in fields_of(schema) if with_customer or not field.path.startswith(_SHARED)]
    said = [*_wrapped(f"{source}  {schema['doc']}", width), f"    {EXAMPLES[source]}"]
    if source == "other":
        said += _wrapped(f"    channels of the default policy: {', '.join(sorted(default_policy().channels))}", width)
    return "\n".join([*said, *(line for field in shown for line in _field(field, width)), ""])


def _field(field: Field, width: int) -> list[str]:
    need = ", required" if field.required else ""
    return _wrapped(f"  {field.path} ({field.type}{need})  {field.doc}", width)


def _wrapped(text: str, width: int) -> list[str]:
    indent = len(text) - len(text.lstrip())
    return textwrap.wrap(
        text, width, subsequent_indent=" " * (indent + 4), break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip
