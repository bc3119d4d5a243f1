"""Records reach a table that is read back in chunks, many of one partition as one message, and an agent in handfuls.

Rule 1. A chunk holds consecutive records of one partition as one fetch brought them, `size` at most.
Rule 2. To Faust a chunk looks like its last record, with the list of all as its value.
Rule 3. An agent's chunks come by the handful, `size` records at most: what looks like the last chunk's last record,
        with the list of chunks as its value. A message costs Faust four tasks and three turns of the event loop, in
        each of which somebody may work; and where events come steadily a fetch brings one or two of each partition.
Rule 4. Partitions take turns, a chunk each, so that a busy one does not hold up the others.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from itertools import islice, zip_longest
from typing import Any, Protocol

from faust.serializers.schemas import Schema
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP


class Record(Protocol):
    """What of aiokafka's ConsumerRecord is used. `timestamp` is epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records of one partition, at least one."""

    topic: str
    partition: int
    records: list[Record]

    @property
    def first(self) -> int:
        """The first record's offset."""
        return self.records[0].offset

    @property
    def end(self) -> int:
        """The offset after the last record's."""
        return self.records[-1].offset + 1

    def upto(self, taken: int | None) -> int:
        """Return the offset after the first `taken` records, at least one (None: all)."""
        return self.end if taken is None else self.records[taken - 1].offset + 1

    def after(self, taken: int | None) -> "Chunk | None":
        """Return the chunk without its first `taken` records (None: all); None where nothing is left."""
        rest = [] if taken is None else self.records[taken:]
        return Chunk(self.topic, self.partition, rest) if rest else None

    def since(self, offset: int) -> "Chunk | None":
        """Return the chunk without its records below an offset; None where nothing is left."""
        if offset <= self.first:
            return self
        return self.after(sum(record.offset < offset for record in self.records))

    def holes(self) -> Iterator[tuple[int, int]]:
        """Yield the offsets that are missing between its records, as (first missing, first after)."""
        for one, other in zip(self.records, islice(self.records, 1, None), strict=False):
            if other.offset != one.offset + 1:
                yield one.offset + 1, other.offset


def chunk_scheduler(size: int, readers: Collection[frozenset[str]]) -> type[DefaultSchedulingStrategy]:
    """Return the scheduler (Faust's public setting `ConsumerScheduler`) that hands over records in chunks.

    `readers` are the topics of each agent; all others are read back.
    """
    reader_of = {topic: reader for reader in readers for topic in reader}

    class ChunkScheduler(DefaultSchedulingStrategy):
        def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
            hands: dict[frozenset[str], list[list[Any]]] = {}
            for chunk in _in_turns(records, size):
                reader = reader_of.get(chunk[0].topic)
                if reader is None:
                    yield _message(chunk[-1], chunk)
                    continue
                hand = hands.setdefault(reader, [])
                if sum(map(len, hand)) + len(chunk) > size:  # so there is something in it: no chunk is larger
                    yield _message(hand[-1][-1], hand)
                    hand = hands[reader] = []
                hand.append(chunk)
            for hand in hands.values():
                yield _message(hand[-1][-1], hand)

    return ChunkScheduler


class ChunkSchema(Schema[Any, Any]):
    """Hands a chunk through as it is: what is inside is the agent's to decode."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:  # noqa: ANN401 -- Faust's own signature
        """Return no key: a chunk has many."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ANN401, ARG002 -- Faust's own signature
        """Return the list of records, or of chunks."""
        return message.value


def _in_turns(records: Mapping[TP, list[Any]], size: int) -> Iterator[list[Any]]:
    chunked = [_cut(batch, size) for batch in records.values()]
    for turn in zip_longest(*chunked):
        yield from (chunk for chunk in turn if chunk)


def _message(last: Any, value: list[Any]) -> tuple[TP, Any]:  # noqa: ANN401 -- aiokafka's record
    return TP(last.topic, last.partition), dataclasses.replace(last, key=None, value=value)


def _cut(batch: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(batch), size):
        yield batch[start : start + size]
