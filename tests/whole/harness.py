"""The whole product on a real Kafka: topics of its own, workers as anybody would start them, all that they published.

Rule 1. Nothing waits for time to pass: worked off is what the workers committed, read is what the topics hold.
Rule 2. A stage has topics and a consumer group that no other test has; its workers' state is in the test's own folder.
Rule 3. A worker that ends by itself fails the test with the end of its log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from agents import topic_admin, topics
from agents.contracts import schema_book
from commands.children import Crew, workers
from commands.patience import RAW, WORK, until_worked_off
from commands.settled import HEARD, Heard, Outcome, settle
from commands.streams import read_to_the_end, writing
from pipeline.wire import SchemaBook

PARTITIONS = 4
PATIENCE = timedelta(seconds=150)
"""How long nothing may move; other work on the same machine makes everything slow."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Raw:
    """An event as a source writes it."""

    source: str
    value: bytes | None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Topics under one prefix, and the workers' settings."""

    bootstrap: str
    prefix: str
    folder: Path
    book: SchemaBook
    subjects: Mapping[str, str]
    partitions: Mapping[str, int]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return f"{self.prefix}workers"

    @property
    def environment(self) -> dict[str, str]:
        """The workers' settings."""
        return {
            "TELLONCE_BROKER": self.bootstrap,
            "TELLONCE_PREFIX": self.prefix,
            "TELLONCE_APP_ID": self.group,
            "TELLONCE_PARTITIONS": str(PARTITIONS),
            "TELLONCE_STATE_DIR": str(self.folder),
            "TELLONCE_STORE": "memory",
            "TELLONCE_COMMIT_INTERVAL": "200ms",
            "TELLONCE_CLOCK": "off",  # what a clock says is `test_deadlines`'
            **self.settings,
        }

    def named(self, names: Iterable[str]) -> dict[str, int]:
        """Return these topics by their full names, with their partitions."""
        return {self.prefix + name: self.partitions[name] for name in names}

    @property
    def raw(self) -> dict[str, int]:
        """The topics that events come in by."""
        return self.named(RAW)

    @contextmanager
    def worked(self, number: int) -> Iterator[Crew]:
        """Run so many workers for as long as the block lasts."""
        with workers(number, self.environment, self.folder) as crew:
            yield crew

    async def feed(self, events: Iterable[Raw]) -> int:
        """Write events to the raw topics, in order; return how many, once the broker has them all."""
        number = 0
        async with writing(self.bootstrap) as writer:
            for event in events:
                await writer.send(f"{self.prefix}raw.{event.source}", event.key, event.value)
                number += 1
        return number

    async def until_worked_off(self, crew: Crew) -> None:
        """Return when the workers committed the ends of every topic that they read; whoever feeds has stopped."""
        await until_worked_off(
            self.bootstrap,
            self.group,
            self.named(WORK),
            patience=PATIENCE,
            check=crew.check,
            progress=lambda _done, _all: None,
        )

    async def read(self, names: Collection[str] = HEARD) -> dict[str, list[Record]]:
        """Return every record of these topics, decoded, each partition in its order."""
        found = await read_to_the_end(self.bootstrap, self.named(names))
        return {
            name: [
                self.book.decode(self.subjects[name], each.value) for each in found[self.prefix + name] if each.value
            ]
            for name in names
        }

    async def places(self) -> dict[tuple[str, bytes], tuple[str, int, int]]:
        """Return where each raw event stands (topic, partition, offset), by its source and key."""
        found = await read_to_the_end(self.bootstrap, self.raw)
        return {
            (topic.removeprefix(f"{self.prefix}raw."), each.key or b""): (topic, each.partition, each.offset)
            for topic, records in found.items()
            for each in records
        }

    def settled(self, heard: Mapping[str, list[Record]]) -> Outcome:
        """Return what stands, with the topics' names as every stage has them."""
        return settle(Heard(self.prefix, dict(heard)), "voc.")


async def stage(bootstrap: str, prefix: str, folder: Path, **settings: str) -> Stage:
    """Return a stage with its topics made; `settings` are the workers' beside the usual ones, by field."""
    listed = topics.load()
    wanted = topics.want(listed, prefix=prefix, partitions=PARTITIONS)
    await topic_admin.apply(bootstrap, wanted)
    return Stage(
        bootstrap,
        prefix,
        folder,
        schema_book(),
        {each.name: each.schema.rpartition(".v")[0] for each in listed},
        {each.name.removeprefix(prefix): each.partitions for each in wanted},
        {f"TELLONCE_{name.upper()}": value for name, value in settings.items()},
    )


async def run(at: Stage, events: Sequence[Raw], number: int = 1) -> dict[str, list[Record]]:
    """Feed the events to so many workers; return all that they published, once everything is worked off."""
    with at.worked(number) as crew:
        await at.feed(events)
        await at.until_worked_off(crew)
        heard = await at.read()
        assert restarts(crew) == [], crew.last_words()
    return heard


def restarts(crew: Crew) -> list[str]:
    """Return what the supervisors said about workers that left."""
    said = [line for log in crew.logs for line in log.read_text("utf-8", "replace").splitlines()]
    return [line for line in said if "worker left" in line]


def ids(records: Iterable[Record], name: str) -> list[str]:
    """Return the records' ids, sorted."""
    return sorted(str(record[name]) for record in records)
