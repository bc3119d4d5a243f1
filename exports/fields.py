"""The fields of a source, read off its Avro schema: what `--fields` prints and a column map may name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

FieldType = Literal["text", "number", "whole number", "time", "list of texts", "list of objects"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field by its path (`customer.email`), with the schema's own words on it."""

    path: str
    type: FieldType
    required: bool
    doc: str


def fields_of(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of a record, those of records inside it by their path."""
    return tuple(_walk(schema, "", required=True))


def _walk(schema: Mapping[str, Any], before: str, *, required: bool) -> Iterator[Field]:
    for field in schema["fields"]:
        path, bare = before + field["name"], _bare(field["type"])
        needed = required and "default" not in field
        if isinstance(bare, Mapping) and bare.get("type") == "record":
            yield from _walk(bare, path + ".", required=needed)
        else:
            yield Field(path, _kind(bare), needed, field["doc"])
            if isinstance(bare, Mapping) and isinstance(bare.get("items"), Mapping):
                yield from _walk(bare["items"], path + "[].", required=False)


def _bare(type_: Any) -> Any:  # noqa: ANN401 -- Avro's own: a name, an object or a list of them
    return next(each for each in type_ if each != "null") if isinstance(type_, list) else type_


def _kind(bare: Any) -> FieldType:  # noqa: ANN401 -- as above
    if isinstance(bare, Mapping):
        if bare["type"] == "array":
            return "list of objects" if isinstance(bare["items"], Mapping) else "list of texts"
        return "time" if bare.get("logicalType", "").startswith("timestamp") else _kind(bare["type"])
    return {"string": "text", "double": "number", "int": "whole number", "long": "whole number"}[bare]  # type: ignore[return-value] # the four scalars of our schemas
