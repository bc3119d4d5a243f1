"""The touchpoints that a Kafka still has, from fixed offsets on to fixed offsets, and what the topics say of people.

Rule 1. What is read is fixed before anything is read: of each partition the first offset and the one after the last.
        They are part of the result; given again, they give the same touchpoints.
Rule 2. No group, no commit, no record: reading leaves no trace on the broker, and on no worker.
Rule 3. Touchpoints are handed on in parts as they come, undecoded; a part is all that is held here. Of the directory
        the last word on each identifier is held, compactly.
Rule 4. A person who was erased is left out: touchpoints that came in before the erasure at one of the person's ids.
        The topic keeps them until they are too old, and nobody is to read them here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

from agents.known import Known
from agents.topic_admin import require
from commands.refusals import Refusal
from commands.streams import reading

if TYPE_CHECKING:
    from agents.installation import Installation

TOPICS = ("touchpoints", "directory", "identity-changes")
_A_MILLISECOND = timedelta(milliseconds=1)

Part = list[tuple[bytes, int]]
"""Touchpoints as bytes, each with when it was appended to its raw topic (milliseconds since 1970)."""

Span = tuple[int, int]
"""The first offset, and the one after the last."""


class GoneError(Refusal):
    """Touchpoints that were to be read are not there (any more)."""

    def __init__(self, message: str) -> None:
        """Take what is said."""
        super().__init__(message, 1)


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is read: each topic's partitions with their spans."""

    prefix: str
    spans: Mapping[str, Mapping[int, Span]]

    @property
    def touchpoints(self) -> Mapping[int, Span]:
        """The spans of the touchpoints."""
        return self.spans["touchpoints"]

    @property
    def count(self) -> int:
        """How many records of touchpoints there are."""
        return sum(end - begin for begin, end in self.touchpoints.values())

    @property
    def whole(self) -> bool:
        """Say whether the touchpoints are all that ever came, as far as their offsets tell."""
        return all(begin == 0 for begin, _ in self.touchpoints.values())

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it; `fixed_again` reads it."""
        return {
            name: [{"partition": n, "from": begin, "to": end} for n, (begin, end) in sorted(spans.items())]
            for name, spans in sorted(self.spans.items())
        }


@dataclass(frozen=True, slots=True)
class People:
    """Whose every identifier is, and when each erased customer id was erased (milliseconds since 1970)."""

    directory: Known
    erased: Mapping[str, int]


def fixed_again(document: Mapping[str, Any], prefix: str) -> Fixed:
    """Return what an earlier result was read from. Raises `GoneError` where it does not say."""
    try:
        spans = {name: spans_of(document[name]) for name in TOPICS}
    except (KeyError, TypeError, ValueError):
        raise GoneError("The earlier result does not say which offsets it was read from.") from None
    return Fixed(prefix, spans)


class RetainedLog:
    """The topics of an installation as they are when it is opened."""

    def __init__(self, at: Installation, consumer: AIOKafkaConsumer, fixed: Fixed) -> None:
        """Take a started consumer of no group."""
        self._at, self._consumer, self.fixed = at, consumer, fixed

    async def people(self) -> People:
        """Return who is who, and who was erased."""
        known = Known()
        async for record in self._read("directory"):
            if record.value is None:
                known.forget(record.key)
            else:
                told = self._at.book.decode("directory-entry", record.value)
                if told["identifier"] is not None:
                    known.hear(told)
        erased: dict[str, int] = {}
        async for record in self._read("identity-changes"):
            told = self._at.book.decode("identity-change", record.value)
            if told["outcome"] == "erased":
                customer = told["customer_id"]
                erased[customer] = max(erased.get(customer, 0), milliseconds(told["occurred_at"]))
        return People(known, erased)

    async def parts(self, size: int) -> AsyncIterator[Part]:
        """Yield all touchpoints in parts of at most so many. Raises `GoneError` where Kafka deleted some meanwhile."""
        read, part = 0, Part()
        async for record in self._read("touchpoints"):
            read += 1
            part.append((record.value, record.timestamp))
            if len(part) == size:
                yield part
                part = Part()
        if part:
            yield part
        if read != self.fixed.count:
            raise GoneError(
                f"{self.fixed.count:,} touchpoints were to be read, and {read:,} were there: "
                "Kafka deleted the oldest of them. Run it again."
            )

    async def _read(self, name: str) -> AsyncIterator[ConsumerRecord]:
        spans = {
            TopicPartition(self._at.name(name), number): span
            for number, span in self.fixed.spans[name].items()
            if span[0] < span[1]
        }
        self._consumer.assign(list(spans))
        for place, (begin, _) in spans.items():
            self._consumer.seek(place, begin)
        waiting = set(spans)
        while waiting:
            for place, records in (await self._consumer.getmany(*waiting, timeout_ms=200)).items():
                for record in records:
                    if record.offset < spans[place][1]:
                        yield record
            for place in list(waiting):
                if await self._consumer.position(place) >= spans[place][1]:
                    waiting.discard(place)
                    self._consumer.pause(place)


@asynccontextmanager
async def retained(at: Installation, again: Fixed | None = None) -> AsyncIterator[RetainedLog]:
    """Yield the log with its offsets fixed: to the end as it is now, or as they were before.

    Raises `TopicAdminError` where topics are missing, `GoneError` where what was there before is not any more.
    """
    wanted = {state.name: state for state in at.wanted() if state.name in {at.name(name) for name in TOPICS}}
    await require(at.bootstrap, list(wanted.values()))
    async with reading(at.bootstrap) as consumer:
        spans: dict[str, dict[int, Span]] = {}
        for name in TOPICS:
            places = [TopicPartition(at.name(name), n) for n in range(wanted[at.name(name)].partitions)]
            begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
            spans[name] = {place.partition: (begins[place], ends[place]) for place in places}
        now = Fixed(at.settings.prefix, spans)
        if again is not None:
            _still_there(again, now)
        yield RetainedLog(at, consumer, again or now)


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return (moment - datetime.fromtimestamp(0, moment.tzinfo)) // _A_MILLISECOND


def _still_there(again: Fixed, now: Fixed) -> None:
    for number, (begin, end) in again.touchpoints.items():
        first, last = now.touchpoints.get(number, (0, -1))
        if begin < end and (begin < first or end > last):
            raise GoneError(
                f"The earlier result was read from offsets {begin} to {end} of partition {number} of the touchpoints; "
                f"Kafka has {first} to {last} now."
            )


def spans_of(document: Sequence[Mapping[str, Any]]) -> dict[int, Span]:
    """Return the spans of a topic as `Fixed.document` says them."""
    return {int(each["partition"]): (int(each["from"]), int(each["to"])) for each in document}


def spans_in_words(spans: Mapping[int, Span]) -> Sequence[str]:
    """Return the spans for people, those of empty partitions left out."""
    return [f"{number}: {begin:,} to {end:,}" for number, (begin, end) in sorted(spans.items()) if begin < end]
