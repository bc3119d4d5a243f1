"""`tellonce schemas`: the contracts, from the schemas that this installation reads and writes with.

Rule 1. `list` prints every version that has an id; `show` a subject's newest, field by field, with its examples.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from agents.contracts import example_texts, known_schemas
from pipeline.wire import KnownSchema

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def schemas() -> None:
    """Show the Avro schemas: what to send to the raw topics, and what the others carry."""


@schemas.command("list")
@_json
def list_schemas(*, as_json: bool) -> None:
    """Print every schema: its id on the wire, subject, version, and what it is."""
    for known in known_schemas():
        row = {"id": known.id, "subject": known.subject, "version": known.version, "doc": known.schema["doc"]}
        if as_json:
            click.echo(json.dumps(row))
        else:
            click.echo(f"{known.id:3} {known.subject:16} v{known.version}  {known.schema['doc']}")


@schemas.command()
@click.argument("subject")
@_json
def show(subject: str, *, as_json: bool) -> None:
    """Print the fields of SUBJECT with their meanings, and examples. With --json: the schema itself."""
    newest = _newest(subject)
    if as_json:
        click.echo(json.dumps(newest.schema, indent=2))
        return
    click.echo(f"{subject} version {newest.version}, id {newest.id} on the wire\n{newest.schema['doc']}\n")
    for path, type_, default, doc in _fields("", newest.schema):
        click.echo(f"{path}: {type_}{default}\n    {doc}")
    for name, text in example_texts(subject).items():
        click.echo(f"\nExample {name}\n{text.rstrip()}")


def _newest(subject: str) -> KnownSchema:
    known = known_schemas()
    of_subject = [one for one in known if one.subject == subject]
    if not of_subject:
        subjects = ", ".join(dict.fromkeys(one.subject for one in known))
        raise click.BadParameter(f"{subject!r} is not a subject; allowed is one of {subjects}")
    return max(of_subject, key=lambda one: one.version)


def _fields(path: str, record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield path, type, default and meaning of each field, those of the records inside after their field."""
    for field in record["fields"]:
        at = f"{path}{field['name']}"
        default = f" = {json.dumps(field['default'])}" if "default" in field else ""
        yield at, _said(field["type"]), default, field["doc"]
        for inner in _records(field["type"]):
            yield from _fields(f"{at}{'[]' if _is_list(field['type']) else ''}.", inner)


def _said(type_: Any) -> str:  # noqa: ANN401 -- a schema is JSON
    if isinstance(type_, list):
        return " or ".join(_said(branch) for branch in type_)
    if not isinstance(type_, dict):
        return str(type_)
    if type_["type"] == "array":
        return f"list of {_said(type_['items'])}"
    return str(type_.get("logicalType") or type_.get("name") or type_["type"])


def _records(type_: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 -- a schema is JSON
    if isinstance(type_, list):
        for branch in type_:
            yield from _records(branch)
    elif isinstance(type_, dict) and type_["type"] == "array":
        yield from _records(type_["items"])
    elif isinstance(type_, dict) and type_["type"] == "record":
        yield type_


def _is_list(type_: Any) -> bool:  # noqa: ANN401 -- a schema is JSON
    return isinstance(type_, dict) and type_["type"] == "array"
