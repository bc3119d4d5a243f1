"""The schemas as the tests see them, and an example's JSON as the record that it stands for."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "schemas"
EXAMPLES = FOLDER / "examples"

Schema = Mapping[str, Any]


def listed() -> list[dict[str, Any]]:
    """Return what `ids.toml` lists."""
    entries: list[dict[str, Any]] = tomllib.loads((FOLDER / "ids.toml").read_text("utf-8"))["schema"]
    return entries


def schema_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an entry of `ids.toml`."""
    found: dict[str, Any] = json.loads(file_of(entry).read_text("utf-8"))
    return found


def file_of(entry: Mapping[str, Any]) -> Path:
    """Return the file of an entry of `ids.toml`."""
    return FOLDER / f"{entry['subject']}.v{entry['version']}.avsc"


def newest() -> dict[str, dict[str, Any]]:
    """Return each subject's highest version."""
    return {entry["subject"]: schema_of(entry) for entry in sorted(listed(), key=lambda e: e["version"])}


def examples() -> list[tuple[str, str]]:
    """Return every example as its subject and what it shows."""
    return [(path.parent.name, path.stem) for path in sorted(EXAMPLES.glob("*/*.json"))]


def example(subject: str, shows: str) -> dict[str, Any]:
    """Return an example as it is written."""
    found: dict[str, Any] = json.loads((EXAMPLES / subject / f"{shows}.json").read_text("utf-8"))
    return found


def records(schema: object, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every record of a schema with its path, the outermost first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from records(branch, path)
    elif isinstance(schema, dict) and schema["type"] == "array":
        yield from records(schema["items"], f"{path}[]")
    elif isinstance(schema, dict) and schema["type"] == "record":
        yield path, schema
        for field in schema["fields"]:
            yield from records(field["type"], f"{path}.{field['name']}")


def record_of(document: object, schema: object, path: str = "", named: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Return the record that an example stands for: times aware, bytes as bytes, defaults filled in.

    Fails with the path where the example says what the schema does not know.
    """
    named = {} if named is None else named
    if isinstance(schema, str):
        schema = named.get(schema, {"type": schema})
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        return None if document is None else record_of(document, branches[0], path, named)
    assert isinstance(schema, dict)
    if schema["type"] == "array":
        assert isinstance(document, list), path
        return [record_of(item, schema["items"], f"{path}[{at}]", named) for at, item in enumerate(document)]
    if schema["type"] == "record":
        named[schema["name"]] = schema
        assert isinstance(document, dict), path
        fields = {field["name"]: field for field in schema["fields"]}
        assert document.keys() <= fields.keys(), f"{path}: the schema has no {document.keys() - fields.keys()}"
        return {
            name: record_of(document.get(name, field.get("default")), field["type"], f"{path}.{name}", named)
            for name, field in fields.items()
        }
    assert document is not None, f"{path} is missing"
    if schema.get("logicalType") == "timestamp-millis":
        return datetime.fromisoformat(document) if isinstance(document, str) else document
    return document.encode("latin-1") if schema["type"] == "bytes" and isinstance(document, str) else document
