"""The timelines agent's half of an erasure: what `pipeline.erasing` says goes, goes.

Rule 1. An erasure is done by itself: what a chunk brings before it is done first, what comes after it is done after.
        It is committed at once: taken again, it would take out whoever came back since.
Rule 2. Retractions and the timeline's end are acknowledged before a row is deleted: until then the erasure may come
        again, and needs the rows to say the same again.
Rule 3. A touchpoint that was on its way to an erased person, by an older word than the erasure's, is not taken in; what
        was published in its name is retracted.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.hot import Hot
from agents.kept import KeptCustomers, entry_key, kin_key, raised_key
from agents.metrics import Metrics
from agents.timelines import TimelineTopics
from pipeline.advance import Move
from pipeline.erasing import MARK, Erased, erased_copies, erased_whole, is_late, late_retractions
from pipeline.findings import Kind, Record
from pipeline.moved import kin_record, move
from pipeline.policy import Policy
from pipeline.records import identifier_of
from pipeline.wire import SchemaBook

ERASED = "erased"

Retractions = Collection[tuple[Kind, Record]]


@dataclass(frozen=True, slots=True)
class ErasingTimelines:
    """The timelines agent's step, which also erases; `timelines` takes everything else."""

    timelines: Callable[[Chunk], Awaitable[Effects]]
    book: SchemaBook
    policy: Policy
    topics: TimelineTopics
    kept: KeptCustomers
    metrics: Metrics

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk's records up to the first erasure, or from that erasure (Rule 1)."""
        if chunk.topic == self.topics.moves:
            return await self._without_late(chunk)
        if chunk.topic != self.topics.changes:
            return await self.timelines(chunk)
        for number, record in enumerate(chunk.records):
            if ERASED.encode() not in (record.value or b""):  # Avro has words as they are: most need not be read twice
                continue
            change = self.book.decode("identity-change", record.value)
            if change["outcome"] != ERASED:
                continue
            if number == 0:
                return self._erased(chunk, change)
            effects = await self.timelines(replace(chunk, records=chunk.records[:number]))
            return replace(effects, taken=number if effects.taken is None else effects.taken)
        return await self.timelines(chunk)

    async def _without_late(self, chunk: Chunk) -> Effects:
        late = self._first_late(chunk)
        if late is None:
            return await self.timelines(chunk)
        first, moved = late
        if first == 0:
            retractions = late_retractions(moved, self.policy)
            sends = self._retracted(retractions, chunk.records[0].timestamp)
            return Effects(sends=tuple(sends), done=lambda: self._count(retractions), taken=1)
        effects = await self.timelines(replace(chunk, records=chunk.records[:first]))
        return replace(effects, taken=first if effects.taken is None else effects.taken)

    def _first_late(self, chunk: Chunk) -> tuple[int, Move] | None:
        """Return the first record of a chunk that may not be taken in, and where it is; read is what may be one."""
        for number, record in enumerate(chunk.records):
            customer = (record.key or b"").decode()
            if self.kept.holds(chunk.partition, customer, MARK):
                moved = move(self.book.decode("moved-entry", record.value or b""))
                if is_late(moved.entry, self.kept.known(chunk.partition, customer).picture):
                    return number, moved
        return None

    def _erased(self, chunk: Chunk, change: Mapping[str, Any]) -> Effects:
        customer, stamp = change["customer_id"], chunk.records[0].timestamp
        known = self.kept.known(chunk.partition, customer)
        whose = [identifier_of(each["identifier"]) for each in change["answers"]]
        if whose:
            gone = erased_copies(customer, known.picture, known.raised, whose, self.policy)
        else:
            gone = erased_whole(customer, known.picture, known.raised, change["epoch"], self.policy)

        def done() -> None:
            self.kept.hot.keep(chunk.partition, {customer: Hot(gone.picture, dict(gone.kept))})
            self._count(gone.retractions)

        ended = () if whose else (Send(self.topics.timelines, customer.encode(), None, stamp),)
        sends = (*self._retracted(gone.retractions, stamp), *ended)
        last = tuple(self._rows(customer, gone, stamp))
        return Effects(sends=sends, done=done, taken=1, last=last, apart=True)

    def _retracted(self, retractions: Retractions, stamp: int) -> Iterator[Send]:
        own = self.topics
        topics = {"detractor-alert": own.alerts, "repeat-contact": own.flags, "journey-signal": own.signals}
        for kind, record in retractions:
            yield Send(topics[kind], str(record["customer_id"]).encode(), self.book.encode(kind, record), stamp)

    def _count(self, retractions: Retractions) -> None:
        for kind, record in retractions:
            if kind == "detractor-alert":
                self.metrics["alerts_total"].labels(record["basis"], record["status"]).inc()
            elif kind == "journey-signal":
                self.metrics["signals_total"].labels(record["kind"], record["status"]).inc()
            else:
                self.metrics["flags_total"].labels("any_topic", record["status"]).inc()

    def _rows(self, customer: str, gone: Erased, stamp: int) -> Iterator[Put]:
        name = customer.encode()
        if gone.mark is not None:
            value = self.book.encode("kin-answer", kin_record(customer, gone.mark))
            yield Put(self.kept.kin, kin_key(name, gone.mark.identifier), value, stamp)
        for row in gone.rows:
            yield Put(self.kept.entries, entry_key(row), None, stamp)
        for output in gone.raised:
            yield Put(self.kept.raised, raised_key(name, output), None, stamp)
        for identifier in gone.kin:
            yield Put(self.kept.kin, kin_key(name, identifier), None, stamp)
