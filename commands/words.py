"""Speaking an operator's word: it goes to the resolver as a record of its own, and the resolver's answer is waited for.

Rule 1. The record says who, when and why, and stays on identity-claims for as long as that topic keeps it; the answer
        says the same on identity-changes. That is the audit.
Rule 2. The answer to the record at offset N of identity-claims has the epoch N + 1 (`agents.resolver`), or is a dead
        letter of that place. Nothing else is taken for it.
Rule 3. Patience is bounded. A word that nobody answered in time still stands, and will be carried out; that is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.installation import Installation
from agents.topic_admin import require
from commands.refusals import Refusal
from commands.streams import partitions, reading
from pipeline.kin import customer_named_by
from pipeline.records import identifier_record
from pipeline.touchpoint import Identifier

QUIET = timedelta(milliseconds=500)
"""How long nothing more of an answer may come before it is taken for complete: it is sent in one go."""

_HEARD_IN = ("identity-changes", "dead-letters")


class UnansweredError(Refusal):
    """No resolver answered in time, or it refused; the message says which, and what to do."""

    def __init__(self, message: str) -> None:
        """Take what is said."""
        super().__init__(message, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An operator's word; `kind` is merge, split or erase."""

    kind: str
    identifiers: tuple[Identifier, ...]
    by: str
    why: str
    at: datetime

    @property
    def record(self) -> dict[str, Any]:
        """The record of identity-claim.v1.avsc."""
        return {
            "kind": self.kind,
            "identifiers": [identifier_record(one) for one in self.identifiers],
            "occurred_at": self.at,
            "event": None,
            "origin": None,
            "by": self.by,
            "reason": self.why,
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """Where the word stands on identity-claims, and what the resolver said to each home that is concerned."""

    offset: int
    changes: tuple[dict[str, Any], ...]

    @property
    def epoch(self) -> int:
        """The resolution that the word led to."""
        return self.offset + 1


async def speak(at: Installation, word: Spoken, patience: timedelta) -> Answered:
    """Send the word, and return the resolver's answer. Raises `UnansweredError`, `TopicAdminError`."""
    full = {at.name(name): name for name in ("identity-claims", *_HEARD_IN)}
    wanted = {state.name: state.partitions for state in at.wanted() if state.name in full}
    await require(at.bootstrap, [state for state in at.wanted() if state.name in full])
    places = partitions({name: count for name, count in wanted.items() if full[name] in _HEARD_IN})
    async with reading(at.bootstrap) as consumer:
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        for place in places:
            await consumer.position(place)  # where the answer will come after is settled before the word is sent
        offset = await _send(at, word)
        return Answered(offset, await _answer(at, consumer, offset, patience))


async def _send(at: Installation, word: Spoken) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=at.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        key = customer_named_by(word.identifiers[0]).encode()
        value = at.book.encode("identity-claim", word.record)
        stamp = round(word.at.timestamp() * 1000)
        sent = await producer.send_and_wait(at.name("identity-claims"), value, key, partition=0, timestamp_ms=stamp)
    finally:
        await producer.stop()
    return int(sent.offset)


async def _answer(
    at: Installation, consumer: AIOKafkaConsumer, offset: int, patience: timedelta
) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    while loop.time() < deadline:
        wait = QUIET if found else timedelta(milliseconds=200)
        batches = await consumer.getmany(timeout_ms=round(wait.total_seconds() * 1000))
        fresh = list(_of(at, offset, batches))
        if found and not fresh:
            break
        found += fresh
    if found:
        return tuple(found)
    raise UnansweredError(
        f"No worker has answered within {patience.total_seconds():g} s. The word stands at offset {offset} of "
        f"{at.name('identity-claims')}, and is carried out as soon as a worker runs (`tellonce worker`)."
    )


def _of(at: Installation, offset: int, batches: dict[TopicPartition, Sequence[Any]]) -> Sequence[dict[str, Any]]:
    """Return what answers the word; raise where it was refused."""
    said: list[dict[str, Any]] = []
    for place, records in batches.items():
        for record in records:
            if place.topic == at.name("identity-changes"):
                change = at.book.decode("identity-change", record.value)
                said += [change] if change["epoch"] == offset + 1 else []
            elif record.key == f"{at.name('identity-claims')}/0/{offset}".encode():
                letter = at.book.decode("dead-letter", record.value)
                raise UnansweredError(f"The resolver refused it: {letter['reason']}, {letter['expected']}")
    return said
