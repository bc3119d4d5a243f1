"""What it costs that a worker dies, comes or goes: to the partitions that change hands, and to those that do not.

Rule 1. An angry answer, of a customer of its own, comes steadily; each raises an alert. Its way leads through two
        partitions: the answer's and the customer's.
Rule 2. Who has which partition, the group says, before and after: what is another member's now has changed hands.
Rule 3. Of the answers sent from the disturbance on, the slowest whose way touches what changed hands says how long that
        was missed; the slowest of the others, the pause of partitions that nothing happened to.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError

from agents.exact.outbox import partition_of
from agents.settings import Settings
from chaos.crew import Workers
from chaos.kafka import node
from commands.angry import alerts, angry, customer
from commands.rehearsal import Rehearsal, rehearsal
from commands.streams import administering, writing

EVERY, BEFORE, AFTER = 0.05, 2.0, 25.0
"""Seconds: between two answers, and for how long they come before and after a disturbance."""

SETTLED = 5.0
"""Seconds without a change in who has what."""


@dataclass(frozen=True, slots=True)
class Way:
    """An answer's way: when it was sent (a monotonic second), and its two partitions."""

    sent: float
    places: frozenset[int]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a disturbance cost, in seconds.

    `back`: until each partition that changed hands had an alert again; `moved`: the longest wait of an answer whose
    way touches one of them; `stayed`: of one whose way does not. None where there was no such answer.
    """

    what: str
    back: float | None
    moved: float | None
    stayed: float | None


def cost(what: str, began: float, changed: frozenset[int], ways: dict[str, Way], heard: dict[str, float]) -> Cost:
    """Return what a disturbance cost that began at this second (Rule 3)."""
    since = {name: way for name, way in ways.items() if way.sent >= began}
    waits = {name: heard[name] - way.sent for name, way in since.items()}
    moved = [waits[name] for name, way in since.items() if way.places & changed]
    stayed = [waits[name] for name, way in since.items() if not way.places & changed]
    first = [min((heard[name] - began for name, way in since.items() if place in way.places)) for place in changed]
    return Cost(what, max(first, default=None), max(moved, default=None), max(stayed, default=None))


async def pauses(folder: Path, environment: Callable[[Rehearsal, Path], dict[str, str]]) -> list[Cost]:
    """Measure what a kill -9 of one of two workers costs, then a third one that comes, then its going (SIGTERM)."""
    with ExitStack() as stack:
        own = stack.enter_context(node(folder))
        async with rehearsal(Settings(), own.bootstrap, "pauses") as run:
            workers = Workers(folder, environment(run, folder), stack)
            workers.start("a", "b")
            numbers = count(1)
            await _disturbed(run, numbers, "start", lambda: None)  # until both are there
            return [
                await _disturbed(run, numbers, what, disturb)
                for what, disturb in (
                    ("kill -9 of one of two", lambda: workers.signal("a", signal.SIGKILL)),
                    ("a third one comes", lambda: workers.start("c")),
                    ("the third one goes", lambda: workers.stop("c")),
                )
            ]


async def _disturbed(run: Rehearsal, numbers: count[int], what: str, disturb: Callable[[], object]) -> Cost:
    ways: dict[str, Way] = {}
    began = 0.0
    async with _listening(run) as heard, writing(run.bootstrap) as writer:
        before = await _owners(run)
        start, disturbing = time.monotonic(), None
        while time.monotonic() - start < BEFORE + AFTER or ways.keys() - heard.keys():
            if disturbing is None and time.monotonic() - start > BEFORE:
                began = time.monotonic()
                disturbing = asyncio.create_task(asyncio.to_thread(disturb))
            number = next(numbers)
            name, key = customer(number), f"R-{number}".encode()
            if time.monotonic() - start < BEFORE + AFTER:
                await writer.send(f"{run.prefix}raw.survey", key, angry(number, datetime.now(UTC)))
                await writer.flush()
                ways[name] = Way(time.monotonic(), frozenset(_place(run, each) for each in (key, name.encode())))
            await asyncio.sleep(EVERY)
        if disturbing is not None:
            await disturbing
        after = await _owners(run)
    changed = frozenset(place for place, member in before.items() if after.get(place) != member)
    return cost(what, began, changed, ways, heard)


def _place(run: Rehearsal, key: bytes) -> int:
    return partition_of(key, run.topics[f"{run.prefix}touchpoints"])


@asynccontextmanager
async def _listening(run: Rehearsal) -> AsyncIterator[dict[str, float]]:
    heard: dict[str, float] = {}
    async with alerts(run) as told:

        async def listen() -> None:
            async for name, at in told:
                heard.setdefault(name, at)

        listening = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            listening.cancel()


async def _owners(run: Rehearsal) -> dict[int, str]:
    """Return the member that has each partition, by the group's own word, once nothing has changed for a while."""
    async with administering(run.bootstrap) as admin:
        found, since = dict[int, str](), time.monotonic()
        while not found or time.monotonic() - since < SETTLED:
            now = await _owners_now(run, admin)
            if now != found:
                found, since = now, time.monotonic()
            await asyncio.sleep(0.2)
        return found


async def _owners_now(run: Rehearsal, admin: AIOKafkaAdminClient) -> dict[int, str]:
    """Return what the group says at the moment; nothing while it is rebalancing, or new."""
    found = dict[int, str]()
    with suppress(KafkaError):
        for response in await admin.describe_consumer_groups([run.group]):
            for group in response.to_object()["groups"]:
                for member in group["members"] if group["state"] == "Stable" else ():
                    for topic, places in ConsumerProtocolMemberAssignment.decode(
                        member["member_assignment"]
                    ).assignment:
                        if topic == f"{run.prefix}touchpoints":
                            found |= dict.fromkeys(places, member["member_id"])
    return found
