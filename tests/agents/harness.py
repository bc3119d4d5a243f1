"""Both agents over fakes: a group that never rebalances, topics that are lists, tables that are sorted dictionaries.

Rule 1. Everything between the records and the topics is the real thing: loop, fence, outbox, agents, contracts.
Rule 2. `settled` reads topics as a reader downstream does: of each id the highest version, of equals the last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.app import make_intake, make_timelines
from agents.exact.chunks import Chunk
from agents.exact.loop import ExactLoop
from agents.hot import HotCustomers
from agents.installation import Installation
from agents.intake import IntakeAgent
from agents.metrics import Metrics
from agents.rows import SortedRows
from agents.settings import Settings
from agents.tables import StateTable
from agents.timelines import TimelinesAgent
from pipeline.identity import Directory, StrongestIdentifier
from pipeline.records import touchpoint_record
from pipeline.touchpoint import Entry, Touchpoint
from tests.agents.exact.fakes import FakeProducer, FakeRecord, World, make_loop

Record = Mapping[str, Any]
ENTRY_FIELDS = tuple(name for name in Entry.__dataclass_fields__ if name != "answers")

INSTALLATION = Installation.of(Settings(), "nobody:1", Path("/nowhere"))
STATE = ("state.entries", "state.raised", "state.kin")
SUBJECTS = {
    "voc.timelines": "timeline",
    "voc.detractor-alerts": "detractor-alert",
    "voc.repeat-contacts": "repeat-contact",
    "voc.journey-signals": "journey-signal",
    "voc.state.entries": "timeline-entry",
    "voc.state.raised": "raised-output",
    "voc.state.kin": "kin-answer",
    "voc.moves": "moved-entry",
    "voc.identity-changes": "identity-change",
    "voc.touchpoints": "touchpoint",
    "voc.dead-letters": "dead-letter",
}
IDS = {
    "voc.timelines": "customer_id",
    "voc.detractor-alerts": "alert_id",
    "voc.repeat-contacts": "flag_id",
    "voc.journey-signals": "signal_id",
}


@dataclass
class Bench:
    """The timelines agent, what it wrote, and where the next chunk begins."""

    world: World
    loop: ExactLoop
    producer: FakeProducer
    agent: TimelinesAgent
    rows: dict[str, SortedRows]
    hot: HotCustomers
    next: int = 0

    async def take(self, touchpoints: Sequence[Touchpoint], *, again: bool = False) -> None:
        """Take a chunk of touchpoints; `again` takes it at the offsets of the one before."""
        if again:
            self.next -= len(touchpoints)
        assert await self.loop.take(self.chunk(touchpoints), self.agent)
        self.next += len(touchpoints)

    def chunk(self, touchpoints: Sequence[Touchpoint]) -> Chunk:
        """Return touchpoints as the next chunk of their topic."""
        encode = INSTALLATION.book.encode
        return Chunk(
            "voc.touchpoints",
            0,
            [
                FakeRecord(
                    "voc.touchpoints",
                    0,
                    self.next + i,
                    1_767_000_000_000 + self.next + i,
                    one.customer_id.encode(),
                    encode("touchpoint", touchpoint_record(one)),
                )
                for i, one in enumerate(touchpoints)
            ],
        )

    def read(self, topic: str) -> list[Record]:
        """Return a topic's records, decoded, in order."""
        return read(self.producer, topic)


def read(producer: FakeProducer, topic: str) -> list[Record]:
    """Return a topic's records, decoded, partition by partition, in order."""
    logs = [log for (name, _), log in sorted(producer.logs.items()) if name == topic]
    return [decoded(topic, value) for log in logs for _, value, _ in log]


def decoded(topic: str, value: bytes) -> Record:
    """Return a record of a topic."""
    return INSTALLATION.book.decode(SUBJECTS[topic], value)


def settled(records: Iterable[Record], topic: str) -> dict[str, Record]:
    """Return what a reader keeps."""
    kept: dict[str, Record] = {}
    for record in records:
        name = record[IDS[topic]]
        if name not in kept or record["version"] >= kept[name]["version"]:
            kept[name] = record
    return kept


async def bench(most_rows: int = 200_000, rows: dict[str, SortedRows] | None = None) -> Bench:
    """Return a timelines agent over fakes; `rows` is state that an earlier one left."""
    world = World(log=set(range(100_000)))
    partitions = {topic.name: topic.partitions for topic in INSTALLATION.wanted()}
    loop, producer = make_loop(world, partitions)
    await loop.outbox.open()
    kept = rows or {name: SortedRows() for name in STATE}
    tables = {name: _table(name, kept[name]) for name in STATE}
    metrics = Metrics()
    hot = HotCustomers(loop.group.generation, metrics, most_rows)
    return Bench(world, loop, producer, make_timelines(INSTALLATION, tables, hot, metrics), kept, hot)


class Steady(StrongestIdentifier):
    """A directory for which no pair is news, and every event is its strongest identifier's."""

    def knows_pair(self, digest: str) -> bool:
        """Say yes."""
        del digest
        return True


def intake(at: Installation, raw: dict[str, str], metrics: Metrics, directory: Directory | None = None) -> IntakeAgent:
    """Return the intake agent over a directory that need not be read first: one without news, or the given one."""

    async def caught_up() -> None:
        pass

    return make_intake(at, raw, directory or Steady(), caught_up, metrics)


def _table(name: str, rows: SortedRows) -> StateTable:
    return StateTable(lambda: rows, INSTALLATION.name(name))


def touchpoint_of(entry: Entry) -> Touchpoint:
    """Return a touchpoint that the state would keep as this entry."""
    fields = {name: getattr(entry, name) for name in ENTRY_FIELDS}
    return Touchpoint(**fields, text=entry.excerpt, link=None)
