"""What the exact room works with, made of lists: each effect is written down, in order, in one trace.

Rule 1. A fake does what the real thing promises and nothing more; the law tests hold the real one to the same.
Rule 2. A test may hook any step of the trace (`World.at`): to raise there, or to let a rebalance happen there.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NoReturn

from aiokafka.errors import ProducerClosed
from aiokafka.structs import RecordMetadata, TopicPartition
from faust.types import TP

from agents.exact.chunks import Chunk
from agents.exact.exits import Exit
from agents.exact.fence import Fence
from agents.exact.loop import ExactLoop
from agents.exact.outbox import Outbox

TOPIC = "raw"
PARTITION = TP(TOPIC, 0)


@dataclass(slots=True)
class FakeRecord:
    """As aiokafka's ConsumerRecord."""

    topic: str = TOPIC
    partition: int = 0
    offset: int = 0
    timestamp: int = 1_767_000_000_000
    key: bytes | None = None
    value: bytes | None = b""
    headers: tuple[tuple[str, bytes], ...] = ()


def chunk(*offsets: int, topic: str = TOPIC, partition: int = 0) -> Chunk:
    """Return a chunk of records at these offsets."""
    return Chunk(topic, partition, [FakeRecord(topic, partition, offset) for offset in offsets])


class Left(BaseException):
    """The worker left. A real one ends the process, so nothing may catch this one."""

    def __init__(self, code: Exit, why: str) -> None:
        """Take what `leave` was called with."""
        super().__init__(code, why)
        self.code = code
        self.why = why


@dataclass
class World:
    """A group, a broker and a clock, and the trace of what was done to them."""

    trace: list[tuple[Any, ...]] = field(default_factory=list)
    log: set[int] = field(default_factory=lambda: set(range(1000)))
    committed_offset: int | None = 0
    now: float = 0.0
    generation_id: int = 1
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)

    def at(self, step: str, hook: Callable[[], object]) -> None:
        """Call the hook when the trace comes to this step."""
        self.hooks[step] = hook

    def note(self, step: str, *details: object) -> None:
        """Write a step down; then its hook may do something."""
        self.trace.append((step, *details))
        self.hooks.get(step, lambda: None)()

    def steps(self) -> list[str]:
        """Return the names of the steps so far."""
        return [step for step, *_ in self.trace]

    def rebalance(self) -> None:
        """The group has a new generation."""
        self.generation_id += 1

    def leave(self, code: Exit, why: str) -> NoReturn:
        """Leave, as a worker does."""
        self.trace.append(("leave", code))
        raise Left(code, why)


@dataclass
class FakeGroup:
    """A group of one partition's consumers."""

    world: World

    def generation(self) -> int:
        """Return the world's."""
        return self.world.generation_id

    async def committed(self, tp: TP) -> int | None:
        """Return the world's."""
        await asyncio.sleep(0)
        self.world.note("ask committed", tp)
        return self.world.committed_offset

    async def first_at_or_after(self, tp: TP, offset: int) -> int | None:
        """Look into the world's log."""
        del tp
        await asyncio.sleep(0)
        self.world.note("ask log", offset)
        return min((there for there in self.world.log if there >= offset), default=None)

    async def seek(self, tp: TP, offset: int) -> None:
        """Write it down."""
        del tp
        await asyncio.sleep(0)
        self.world.note("seek", offset)

    def wake_commits(self, tp: TP) -> None:
        """Write it down."""
        del tp
        self.world.note("wake commits")

    async def commit(self, tp: TP) -> None:
        """Write it down."""
        await asyncio.sleep(0)
        self.world.note("commit now", tp)


class FakeBatch:
    """Takes so many bytes of values; the first record always."""

    def __init__(self, room: int) -> None:
        """Take the room in bytes."""
        self.room = room
        self.records: list[tuple[bytes, Any, int]] = []

    def append(self, *, key: bytes, value: bytes | None, timestamp: int) -> object | None:
        """Take the record, or None where it has no room."""
        size = len(value or b"")
        if size > self.room:
            return None
        self.room -= size
        self.records.append((key, value, timestamp))
        return object()

    def record_count(self) -> int:
        """Return how many it took."""
        return len(self.records)


@dataclass
class FakeProducer:
    """A broker's logs, by topic and partition."""

    world: World
    room: int = 1 << 20
    logs: dict[tuple[str, int], list[tuple[bytes, Any, int]]] = field(default_factory=dict)
    batches: list[tuple[str, int, int]] = field(default_factory=list)
    refused: dict[int, Exception] = field(default_factory=dict)
    stopped: int = 0

    def create_batch(self) -> FakeBatch:
        """Begin an empty batch."""
        return FakeBatch(self.room)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[RecordMetadata]:
        """Queue it; the future is done a little later, and the trace says so."""
        await asyncio.sleep(0)
        if self.stopped:
            raise ProducerClosed
        number = len(self.batches)
        self.batches.append((topic, partition, len(batch.records)))
        self.world.note(f"send {topic}", *(value for _, value, _ in batch.records))
        return asyncio.ensure_future(self._acknowledge(number, batch, topic, partition))

    async def _acknowledge(self, number: int, batch: FakeBatch, topic: str, partition: int) -> RecordMetadata:
        for _ in range(3):
            await asyncio.sleep(0)
        if number in self.refused:
            raise self.refused[number]
        log = self.logs.setdefault((topic, partition), [])
        at = len(log)
        log += batch.records
        self.world.note(f"acknowledge {topic}")
        return RecordMetadata(topic, partition, TopicPartition(topic, partition), at, 0, 0, 0)

    async def stop(self) -> None:
        """Count it."""
        self.stopped += 1


@dataclass
class FakeTable:
    """A table that writes down what it is told."""

    world: World
    changelog: str = "changelog"

    def write(self, partition: int, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Write it down."""
        del partition
        for _, value in rows:
            self.world.note("put", value)

    def reached(self, partition: int, first: int, last: int) -> None:
        """Write it down."""
        del partition
        self.world.note("reached", first, last)


def make_loop(world: World, partitions: dict[str, int] | None = None) -> tuple[ExactLoop, FakeProducer]:
    """Return a loop over a world, and its producer; its outbox is not open yet."""
    producer = FakeProducer(world)

    async def open_producer() -> FakeProducer:
        world.note("open")
        return producer

    outbox = Outbox(open_producer, partitions or {"out": 1})
    loop = ExactLoop(
        FakeGroup(world),
        Fence(),
        outbox,
        world.leave,
        lambda: world.note("check pause"),
        lambda: world.note("count seek"),
        lambda: world.now,
        lambda *took: world.note("took", *took),
        size=200,
    )
    return loop, producer


@dataclass
class FakeEvent:
    """What Faust hands an agent: a handful of chunks is a value."""

    value: Any


@dataclass
class FakeStream:
    """A stream that ends."""

    chunks: Iterable[Chunk]

    async def events(self) -> Any:  # noqa: ANN401 -- an async generator
        """Yield each chunk's records in a hand of its own, as the scheduler hands them over."""
        for one in self.chunks:
            yield FakeEvent([one.records])


def fetching(here: dict[TP, Any]) -> Any:  # noqa: ANN401 -- stands for aiokafka's consumer
    """Return a client whose fetcher has this of each partition."""
    return SimpleNamespace(_fetcher=SimpleNamespace(_records=here))
