"""What a new version of a contract may change, and how to say that it changed too much."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from tests.schemas.contracts import records

WAYS_OUT = (
    "Ways out (schemas/README.md): keep the field as it was; add what is new under another name, with a default; "
    "or make a new subject and write to both."
)


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what the new version breaks: for readers of the old one, or for the bytes that the old one wrote."""
    readings = (
        ("the new version cannot read what the old one wrote", new, old),
        ("readers of the old version cannot read what the new one writes", old, new),
    )
    found = []
    for what, reader, writer in readings:
        checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
        result = checker.get_compatibility(_parsed(reader), _parsed(writer))
        if result.compatibility is not SchemaCompatibilityType.compatible:
            where = ", ".join(sorted(_named(at, reader) for at in result.locations))
            found.append(f"{what}: {'; '.join(sorted(result.messages))} (at {where}). {WAYS_OUT}")
    gone = sorted(_fields(old) - _fields(new))
    found += [f"the field {name} is gone, or renamed: its readers would find nothing. {WAYS_OUT}" for name in gone]
    return found


def thaw(entry: Mapping[str, Any], content: bytes) -> str | None:
    """Return what is wrong with a schema file after its release; None for one that is unreleased or unchanged."""
    digest = hashlib.sha256(content).hexdigest()
    if entry["released"] == "unreleased" or entry.get("sha256") == digest:
        return None
    name, after = f"{entry['subject']}.v{entry['version']}.avsc", entry["version"] + 1
    if "sha256" not in entry:
        return f'{name} is released: write sha256 = "{digest}" beside its day in schemas/ids.toml.'
    return (
        f"{name} was released on {entry['released']} and has changed since. Put it back, and make the change in "
        f"{entry['subject']}.v{after}.avsc with the next id in schemas/ids.toml (schemas/README.md)."
    )


def _parsed(schema: Mapping[str, Any]) -> avro.schema.Schema:
    return avro.schema.parse(json.dumps(schema))


def _fields(schema: Mapping[str, Any]) -> set[str]:
    return {
        f"{path}.{field['name']}".lstrip(".") for path, record in records(dict(schema)) for field in record["fields"]
    }


def _named(location: str, schema: object) -> str:
    """Return the names on the way to a location of the checker (/fields/3/type), for it counts and does not name."""
    names = []
    at: Any = schema
    for step in location.strip("/").split("/"):
        try:
            at = at[int(step)] if isinstance(at, list) else at[step]
        except (KeyError, IndexError, ValueError, TypeError):
            break
        if isinstance(at, dict) and "name" in at and "type" in at and at["type"] != "record":
            names.append(at["name"])
    return ".".join(names) or location
