"""`tellonce topics`: the topics of a Kafka as `schemas/topics.toml` lists them.

Rule 1: `list` asks no Kafka. `diff` changes nothing and exits 1 when something differs, as diff does.
Rule 2: `apply` exits 1 when something is left that it does not touch (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterable
from dataclasses import asdict

import click

from agents.amounts import say_duration, say_size
from agents.settings import Settings
from agents.topics import Difference, Kind, Topic, TopicState, load, want
from commands.kafka import find, read_settings

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


@click.group(short_help="Make, compare and list the Kafka topics.")
def topics() -> None:
    """Make a Kafka's topics what schemas/topics.toml lists, and never delete one."""
    # What its client has to say ends up in our own messages.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@topics.command()
@_json
def apply(*, as_json: bool) -> None:
    """Create missing topics and correct their settings. Exit code 1: partitions differ, which it leaves."""
    from agents import topic_admin

    settings = read_settings()
    mended, left = asyncio.run(topic_admin.apply(find(settings), _wanted(settings), replication=settings.replication))
    if as_json:
        _print_json(mended, mended=True)
        _print_json(left, mended=False)
    else:
        _print([_say_mended(each) for each in mended] or ["Nothing to do."] * (not left))
        _print(f"left as it is: {each}" for each in left)
        _print([topic_admin.advise(left)] * bool(left))
    sys.exit(bool(left))


@topics.command()
@_json
def diff(*, as_json: bool) -> None:
    """Print in what the topics differ. Exit code 1: they do."""
    from agents import topic_admin

    settings = read_settings()
    differences = asyncio.run(topic_admin.diff(find(settings), _wanted(settings)))
    if as_json:
        _print_json(differences)
    else:
        _print(str(each) for each in differences)
        _print([topic_admin.advise(differences)] * bool(differences))
    sys.exit(bool(differences))


@topics.command("list")
@_json
def list_topics(*, as_json: bool) -> None:
    """Print every topic: what is in it, who writes it, who reads it, how long it stays, and why."""
    settings = read_settings()
    for topic, state in zip(load(), _wanted(settings), strict=True):
        click.echo(json.dumps(_facts(topic, state)) if as_json else _describe(topic, state))


def _wanted(settings: Settings) -> tuple[TopicState, ...]:
    return want(load(), prefix=settings.prefix, partitions=settings.partitions)


def _facts(topic: Topic, state: TopicState) -> dict[str, object]:
    return {
        **asdict(topic),
        "name": state.name,
        "partitions": state.partitions,
        "retention": "forever" if topic.retention is None else say_duration(topic.retention),
        "max_message": topic.max_message,
    }


def _describe(topic: Topic, state: TopicState) -> str:
    kept = "for ever" if topic.retention is None else say_duration(topic.retention)
    if topic.cleanup == "compact":
        kept += ", the last of each key"
    limit = say_size(topic.max_message)
    return "\n".join(
        (
            click.style(state.name, bold=True),
            f"  {topic.why}",
            f"  schema {topic.schema}, key: {topic.key}",
            f"  {state.partitions} partitions, kept {kept}, records up to {limit}, {topic.timestamp}",
            f"  {', '.join(topic.writers)} -> {', '.join(topic.readers)}",
            "",
        )
    )


def _say_mended(was: Difference) -> str:
    if was.kind is Kind.MISSING:
        return f"made {was.topic}"
    return f"{was.topic}: {was.setting} was {was.found or 'nothing'}, is now {was.wanted}"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _print_json(differences: Iterable[Difference], **more: object) -> None:
    for each in differences:
        click.echo(json.dumps(asdict(each) | more))
