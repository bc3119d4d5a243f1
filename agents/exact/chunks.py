"""Records reach an agent, or a table that is read back, in chunks: many records of one partition as one message.

Rule 1. A chunk holds consecutive records of one partition as one fetch brought them, `size` at most.
Rule 2. To Faust a chunk looks like its last record, with the list of all as its value.
Rule 3. Partitions take turns, a chunk each, so that a busy one does not hold up the others.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import islice
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


def chunk_scheduler(size: int) -> type[DefaultSchedulingStrategy]:
    """Return the scheduler (Faust's public setting `ConsumerScheduler`) that hands over records in chunks."""

    class ChunkScheduler(DefaultSchedulingStrategy):
        def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
            chunked = {tp: _cut(batch, size) for tp, batch in records.items()}
            while chunked:
                for tp in list(chunked):
                    chunk = next(chunked[tp], None)
                    if chunk is None:
                        del chunked[tp]
                    else:
                        yield tp, dataclasses.replace(chunk[-1], key=None, value=chunk)

    return ChunkScheduler


class ChunkSchema(Schema[Any, Any]):
    """Hands a chunk through as it is: what is inside is the agent's to decode."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:  # noqa: ANN401 -- Faust's own signature
        """Return no key: a chunk has many."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ANN401, ARG002 -- Faust's own signature
        """Return the list of records."""
        return message.value


def _cut(batch: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(batch), size):
        yield batch[start : start + size]
