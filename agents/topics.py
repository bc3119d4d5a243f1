"""The Kafka topics as `schemas/topics.toml` lists them, and how a Kafka's own differ. Pure but for `load`.

Rule 1: the file is the one list; nonsense in it is refused by the topic's name and the field's.
Rule 2: topics marked "shared" have one number of partitions, so a customer is at the same one in each.
Rule 3: a difference is stated, never judged: what is done about it is `agents.topic_admin`'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any

from agents.amounts import parse_duration, parse_size

SHARED = "shared"
FOREVER = "forever"
_LEGAL_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
"""Kafka allows 249 characters; the prefix needs room too."""


class TopicsError(ValueError):
    """The list of topics makes no sense."""


class Cleanup(StrEnum):
    """What Kafka does with old records: drop them, or keep the last one of each key."""

    DELETE = "delete"
    COMPACT = "compact"


class Timestamp(StrEnum):
    """Whose clock a record carries: the broker's at arrival, or the writer's."""

    LOG_APPEND_TIME = "LogAppendTime"
    CREATE_TIME = "CreateTime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One entry of the list. `partitions` None means shared; `retention` None means for ever."""

    name: str
    schema: str
    key: str
    partitions: int | None
    retention: timedelta | None
    cleanup: Cleanup
    timestamp: Timestamp
    max_message: int
    """Bytes."""
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    why: str

    @property
    def config(self) -> dict[str, str]:
        """The topic's settings in Kafka's own words.

        What stays until it is replaced is kept compressed, by the broker: a fifth of the bytes to keep and to recover
        from (`python -m bench.many`), and every client reads gzip.
        """
        kept = -1 if self.retention is None else self.retention // timedelta(milliseconds=1)
        return {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(self.max_message),
            "message.timestamp.type": self.timestamp.value,
            "retention.ms": str(kept),
            **({"compression.type": "gzip"} if self.cleanup is Cleanup.COMPACT else {}),
        }


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as Kafka has it, or as it should: full name, partitions, settings in Kafka's words."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


class Kind(StrEnum):
    """In what a topic differs."""

    MISSING = "missing"
    PARTITIONS = "partitions"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a Kafka's topic is not as listed. `found` is empty where there is nothing."""

    topic: str
    kind: Kind
    setting: str
    found: str
    wanted: str

    def __str__(self) -> str:
        """One line for people."""
        if self.kind is Kind.MISSING:
            return f"{self.topic} is missing"
        if self.kind is Kind.PARTITIONS:
            return f"{self.topic} has {self.found} partitions, not {self.wanted}"
        return f"{self.topic} has {self.setting}={self.found or 'nothing'}, not {self.wanted}"


def load() -> tuple[Topic, ...]:
    """Reads the list that this version of Tellonce brings."""
    return parse((files("schemas") / "topics.toml").read_text("utf-8"))


def parse(text: str) -> tuple[Topic, ...]:
    """Reads a list of topics. Raises `TopicsError` that names the topic and the field."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TopicsError(f"the list of topics is no TOML: {error}") from None
    entries = found.pop("topic", None)
    if found or not isinstance(entries, list) or not entries:
        raise TopicsError("the list of topics is made of [[topic]] tables, and nothing else")
    topics = tuple(_parse_topic(entry, number) for number, entry in enumerate(entries, start=1))
    names = [topic.name for topic in topics]
    for name in names:
        if names.count(name) > 1:
            raise TopicsError(f"topic {name!r} is listed twice")
    return topics


def want(topics: Iterable[Topic], *, prefix: str, partitions: int) -> tuple[TopicState, ...]:
    """Returns the topics as a Kafka should have them: full names, and `partitions` for the shared ones."""
    return tuple(TopicState(prefix + topic.name, topic.partitions or partitions, topic.config) for topic in topics)


def compare(existing: Mapping[str, TopicState], wanted: Iterable[TopicState]) -> tuple[Difference, ...]:
    """Returns in what a Kafka's topics (by full name) differ from the wanted ones, in the wanted ones' order.

    Topics and settings that nobody asked for are not a difference.
    """
    return tuple(difference for topic in wanted for difference in _compare_one(existing.get(topic.name), topic))


def _compare_one(found: TopicState | None, wanted: TopicState) -> Iterable[Difference]:
    if found is None:
        yield Difference(wanted.name, Kind.MISSING, "", "", "")
        return
    if found.partitions != wanted.partitions:
        yield Difference(wanted.name, Kind.PARTITIONS, "partitions", str(found.partitions), str(wanted.partitions))
    for setting, value in sorted(wanted.config.items()):
        if found.config.get(setting) != value:
            yield Difference(wanted.name, Kind.CONFIG, setting, found.config.get(setting, ""), value)


def _parse_topic(entry: object, number: int) -> Topic:
    if not isinstance(entry, dict):
        raise TopicsError(f"topic {number} is no table")
    name = entry.get("name", f"number {number}")
    known = {each.name for each in fields(Topic)}
    for missing in sorted(known - entry.keys()):
        raise TopicsError(f"topic {name!r} does not say its {missing}")
    for unknown in sorted(entry.keys() - known):
        raise TopicsError(f"topic {name!r} says {unknown!r}, which is no field of a topic")
    # Each reader answers with its field's type, which a table of readers cannot say.
    read: dict[str, Any] = {key: _read(name, key, value) for key, value in entry.items()}
    return Topic(**read)


def _read(topic: object, key: str, value: object) -> object:
    read, allowed = _FIELDS[key]
    try:
        return read(value)
    except (ValueError, TypeError):
        raise TopicsError(f"topic {topic!r}: {key} = {value!r}, but allowed is {allowed}") from None


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _read_name(value: object) -> str:
    if not _LEGAL_NAME.fullmatch(_read_text(value)):
        raise ValueError
    return str(value)


def _read_partitions(value: object) -> int | None:
    if value == SHARED:
        return None
    if type(value) is not int or value < 1:
        raise ValueError
    return value


def _read_retention(value: object) -> timedelta | None:
    if value == FOREVER:
        return None
    kept = parse_duration(_read_text(value))
    if not kept:
        raise ValueError
    return kept


def _read_size(value: object) -> int:
    size = parse_size(_read_text(value))
    if not size:
        raise ValueError
    return size


def _read_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(_read_text(each) for each in value)


_FIELDS: Mapping[str, tuple[Callable[[object], object], str]] = {
    "name": (_read_name, "lower-case letters, digits, dots, dashes, at most 100"),
    "schema": (_read_name, "a schema's file name without .avsc"),
    "key": (_read_text, "what the key means, in words"),
    "partitions": (_read_partitions, f'"{SHARED}", or a number from 1'),
    "retention": (_read_retention, f'a duration ("7 days"), or "{FOREVER}"'),
    "cleanup": (lambda value: Cleanup(_read_text(value)), '"delete" or "compact"'),
    "timestamp": (lambda value: Timestamp(_read_text(value)), '"LogAppendTime" or "CreateTime"'),
    "max_message": (_read_size, 'a size ("8 MiB")'),
    "writers": (_read_names, "a list of at least one name"),
    "readers": (_read_names, "a list of at least one name"),
    "why": (_read_text, "the reason, in words"),
}
