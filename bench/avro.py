"""`python -m bench.avro`: our writing of Avro (`pipeline.avro`) beside fastavro's, schema by schema.

Rule 1. Both write the same record: every field is given, two items in an array. The bytes are compared first.
Rule 2. They take turns, round after round; the ratio is the median of the rounds' own. CPU seconds count.
"""

import json
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import repeat
from statistics import median
from typing import Any

import click
from fastavro import parse_schema, schemaless_writer

from agents.contracts import known_schemas
from bench.measure import took
from pipeline.avro import writer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIMPLE = {"null": None, "boolean": True, "int": 3, "long": 1234, "double": -0.5, "string": "a few words", "bytes": b"1"}


def filled(type_: Any, records: dict[str, Any]) -> Any:  # noqa: ANN401 -- a schema, and what fits it
    """Return a value of a type in which everything is given."""
    if isinstance(type_, list):
        return filled(next(branch for branch in type_ if branch != "null"), records)
    type_ = records.get(type_, type_) if isinstance(type_, str) else type_
    if isinstance(type_, str):
        return SIMPLE[type_]
    if type_["type"] == "record":
        records[type_["name"]] = type_
        return {field["name"]: filled(field["type"], records) for field in type_["fields"]}
    if type_["type"] == "array":
        return [filled(type_["items"], records) for _ in range(2)]
    return NOW if "logicalType" in type_ else SIMPLE[type_["type"]]


def by_fastavro(schema: Any, record: Any) -> bytes:  # noqa: ANN401 -- likewise
    """Return what fastavro writes."""
    wire = BytesIO()
    schemaless_writer(wire, schema, record)
    return wire.getvalue()


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1, 100), help="How often each is measured.")
@click.option("--times", default=2000, show_default=True, type=click.IntRange(1), help="Records a round.")
def main(*, rounds: int, times: int) -> None:
    """Measure how long writing takes. The line printed is JSON: by subject how many times faster, and microseconds."""
    found: dict[str, dict[str, float]] = {}
    for known in known_schemas():
        schema = parse_schema(dict(known.schema))
        record, write = filled(schema, {}), writer(schema)
        if write(record) != by_fastavro(schema, record):
            raise click.ClickException(f"{known.subject}: the bytes differ")
        theirs_too = partial(by_fastavro, schema)
        pairs = [(took(theirs_too, repeat(record, times)), took(write, repeat(record, times))) for _ in range(rounds)]
        found[known.subject] = {
            "fastavro_vs_own": round(median(theirs / ours for theirs, ours in pairs), 1),
            "own_us": round(median(ours for _, ours in pairs) / times * 1e6, 1),
        }
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
