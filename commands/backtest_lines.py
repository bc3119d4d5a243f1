"""Lines as `tellonce try` writes them, back as records.

Rule 1. A field that a line does not have is as its schema's default: an older version's file is read as its topic is.
        Fields that the schema does not know are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from agents.contracts import known_schemas


def record_of(subject: str, document: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Return the record that a JSON object is. Raises KeyError, TypeError or ValueError where it is none."""
    record = _read(document, _schema(subject), {})
    assert isinstance(record, dict)  # noqa: S101 -- a subject's schema is a record
    return record


@cache
def _schema(subject: str) -> Mapping[str, Any]:
    return max((one for one in known_schemas() if one.subject == subject), key=lambda one: one.version).schema


def _read(value: Any, schema: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON, and Avro's own JSON
    if isinstance(schema, list):
        return None if value is None else _read(value, next(one for one in schema if one != "null"), named)
    if isinstance(schema, str):
        if schema not in named:
            return value
        schema = named[schema]
    if schema["type"] == "record":
        named[schema["name"]] = schema
        return {field["name"]: _read(_field(value, field), field["type"], named) for field in schema["fields"]}
    if schema["type"] == "array":
        return [_read(each, schema["items"], named) for each in value]
    return datetime.fromisoformat(value) if schema.get("logicalType") == "timestamp-millis" else value


def _field(value: Any, field: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- as above
    """Return a field's value or default. Raises KeyError for one that has neither."""
    return value[field["name"]] if field["name"] in value or "default" not in field else field["default"]
