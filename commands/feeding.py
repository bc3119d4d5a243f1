"""Feeding export files to the raw topics of a run.

Rule 1. In the files' order, and each event to the partition of its key: a second run has the same offsets.
Rule 2. What is too large for its topic is written as a dead letter by us, since no worker will ever see it; it stands
        at partition -1, and says its file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from commands.rehearsal import Rehearsal
from commands.streams import Writer
from exports import Exported, Options, read
from pipeline.dead_letters import dead_letter
from pipeline.record import RawRecord
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.touchpoint import Origin
from pipeline.wire import SchemaBook

FRAME = 4 << 10
"""Bytes that Kafka needs around the largest record; a key is 200 bytes at most."""


@dataclass(slots=True)
class Fed:
    """What was received so far, by file, and the lines that were too large."""

    by_file: dict[str, int] = field(default_factory=dict)
    too_large: list[Exported] = field(default_factory=list)

    @property
    def document(self) -> dict[str, object]:
        """What the summary says of the files."""
        large = [{"file": each.file, "line": each.line, "bytes": each.size} for each in self.too_large]
        return {"files": dict(self.by_file), "too_large": large}

    @property
    def received(self) -> int:
        """How many events the files had."""
        return sum(self.by_file.values())


@dataclass(frozen=True, slots=True)
class Feeder:
    """Feeds one run; `now` is when what is too large is refused."""

    run: Rehearsal
    writer: Writer
    book: SchemaBook
    options: Options
    now: datetime

    async def feed(self, paths: Iterable[Path], tick: Callable[[Fed], None]) -> Fed:
        """Send every event of the files; `tick` is told of each. Raises `BadExport`."""
        fed = Fed()
        for path in paths:
            fed.by_file.setdefault(str(path), 0)
            for event in read(path, self.options):
                fed.by_file[str(path)] += 1
                if event.value is None:
                    fed.too_large.append(event)
                    await self._refuse(event, len(fed.too_large))
                else:
                    await self.writer.send(f"{self.run.prefix}raw.{event.source}", event.key, event.value)
                tick(fed)
        await self.writer.flush()
        return fed

    async def _refuse(self, event: Exported, number: int) -> None:
        topic = f"{self.run.prefix}raw.{event.source}"
        headers = {"file": event.file, "line": str(event.line), "bytes": str(event.size)}
        raw = RawRecord(
            source=event.source,
            origin=Origin(topic, -1, number),
            received_at=self.now,
            key=event.key,
            value=None,
            headers=tuple((name, said.encode()) for name, said in headers.items()),
        )
        limit = self.options.longest
        expected = f"at most {limit} bytes; line {event.line} of {event.file} has {event.size}"
        rejected = Rejected(Stage.DECODE, Reason.TOO_LARGE, None, expected)
        letter = self.book.encode("dead-letter", dead_letter(rejected, raw, f"tellonce/{version('tellonce')}"))
        await self.writer.send(f"{self.run.prefix}dead-letters", f"{topic}/-1/{number}".encode(), letter)


def digest(paths: Iterable[Path]) -> str:
    """Return eight hexadecimal digits of the files' contents."""
    found = blake2b(digest_size=4)
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                found.update(piece)
    return found.hexdigest()
