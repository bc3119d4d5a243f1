"""Identity on two workers that are killed, frozen and killed again in the middle of merges, splits and an erasure.

Each round feeds new villages and lets operators speak on the old ones; as soon as the resolver takes the first of it,
something happens to a worker. Once all is worked off, a reader holds what there is to read against the truth, which is
the same with faults as without. The faults come by what was taken, never by the clock; only a frozen worker is woken
when the group has gone on without it. IDENTITY_ROUNDS sets how many rounds there are; the faults come in turn.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from chaos.crew import metered
from commands.children import Crew, children_of
from commands.streams import administering
from commands.words import Spoken
from pipeline.touchpoint import Identifier
from tests.whole.harness import PATIENCE, Stage, restarts, stage
from tests.whole.operators import Operators, say
from tests.whole.reader import read, wrong
from tests.whole.village import Event, Village, village

FAULTS = ("the resolver's killed", "the resolver's frozen", "erased, both killed", "the other killed", "both killed")
ROUNDS = int(os.environ.get("IDENTITY_ROUNDS", "3"))
SEED = int(os.environ.get("IDENTITY_FIRST_SEED", "1"))
VILLAGES, EVENTS = 6, 16
LOOK = 0.05
"""Seconds between two looks at what the workers do."""


@dataclass(slots=True)
class Two:
    """Two supervised workers: the children of theirs that do the work can be killed, stopped and woken."""

    crew: Crew
    began: list[float] = field(default_factory=list)

    def resolved(self) -> list[float]:
        """Return how many claims each worker has taken, as far as it says."""
        return [_resolved(log) for log in self.crew.logs]

    def begin(self) -> None:
        """Take note of what was done before."""
        self.began = self.resolved()

    def resolving(self) -> int | None:
        """Return which of them has taken claims since."""
        grown = [now - then for now, then in zip(self.resolved(), self.began, strict=True)]
        return grown.index(max(grown)) if max(grown) > 0 else None

    def signal(self, which: int, number: signal.Signals) -> None:
        """Send a signal to a supervisor's worker; there may be none at the moment."""
        supervisor = self.crew.processes[which].pid
        for child in children_of(supervisor):
            os.kill(int(child), number)

    @property
    def left(self) -> list[str]:
        """What the supervisors said of workers that left."""
        return restarts(self.crew)


def _resolved(log: Path) -> float:
    try:
        return metered(log).get(("tellonce_chunk_records_sum", "resolver"), 0.0)
    except OSError:  # it is gone, and its supervisor has not started another yet
        return 0.0


@dataclass(slots=True, repr=False)
class Told:
    """What was wrong after each round, and how often workers left."""

    wrong: dict[str, list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    words: int = 0
    gone: int = 0


async def until(fact: Callable[[], bool], why: Callable[[], str]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while not await asyncio.to_thread(fact):  # noqa: ASYNC110 -- another process's doings
            await asyncio.sleep(LOOK)
    assert fact(), why()


async def members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Return how many members the group has."""
    (answer,) = await admin.describe_consumer_groups([group])
    return len(answer.groups[0][5])


async def suffer(at: Stage, two: Two, fault: str) -> None:
    """Do to the workers what the fault says, once the resolver has begun."""
    await until(lambda: two.resolving() is not None, two.crew.last_words)
    which = two.resolving() or 0
    if "killed" in fault:
        for each in {"the other killed": [1 - which], "the resolver's killed": [which]}.get(fault, [0, 1]):
            two.signal(each, signal.SIGKILL)
        return
    two.signal(which, signal.SIGSTOP)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()), administering(at.bootstrap) as admin:
            while await members(admin, at.group) != 1:  # noqa: ASYNC110 -- the broker's doings
                await asyncio.sleep(LOOK)
        other = 1 - which
        # Only the other one is asked: who is frozen does not answer.
        await until(lambda: _resolved(two.crew.logs[other]) > two.began[other], two.crew.last_words)
    finally:
        two.signal(which, signal.SIGCONT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Takes two workers through the rounds."""
    dice = Random(SEED)  # noqa: S311 -- repeatable, not secret
    told = Told()
    folder = tmp_path_factory.mktemp("identity-faults")
    quick = {"session_timeout": "6s", "heartbeat": "2s", "chunk": "10"}
    at = await stage(kafka, "whole-identity-faults.", folder, identity="directory", store="rocksdb", **quick)
    settled: list[Village] = []
    people = Operators(at, [])
    with ExitStack() as stack:
        two = Two(stack.enter_context(at.worked(2)))
        for number in range(ROUNDS):
            fault = FAULTS[number % len(FAULTS)]
            fresh = [
                village(SEED * 1000 + number * VILLAGES + i, number * VILLAGES + i, EVENTS, conflicts=i % 3 > 0)
                for i in range(VILLAGES)
            ]
            words = spoken(people, settled, fault, dice)
            people.events = [*people.events, *(event for each in fresh for event in each.events)]
            two.begin()
            suffering = asyncio.create_task(suffer(at, two, fault))
            events = shuffled(fresh, dice)
            half = len(events) // 2
            await asyncio.gather(at.feed(event.raw for event in events[:half]), say(at, words))
            await asyncio.gather(at.feed(event.raw for event in events[half:]), suffering)
            await at.until_worked_off(two.crew)
            told.wrong[f"{number}: {fault}"] = wrong(await read(at), people.truth)
            told.words += len(words)
            settled += fresh
        told.left, told.gone = two.left, len(people.gone)
    return told


def shuffled(places: Iterable[Village], dice: Random) -> list[Event]:
    """Return all of their events in any order, a quarter of them twice."""
    events = [event for each in places for event in each.events]
    events += dice.sample(events, len(events) // 4)
    dice.shuffle(events)
    return events


def spoken(people: Operators, settled: list[Village], fault: str, dice: Random) -> list[Spoken]:
    """Return a word or two on each village that is settled: merges, what takes them back, splits, or erasures."""
    words: list[Spoken | None] = []
    for place in dice.sample(settled, min(len(settled), 2 * VILLAGES)):
        pair: tuple[Identifier, Identifier] | None
        if fault.startswith("erased"):
            known = sorted(
                {one for event in place.events for one in event.identifiers if event.event_id not in people.gone}
                & people.truth.resolution.answers.keys()
            )
            words += [people.erased(dice.choice(known))] if known else []
        elif (pair := people.mergeable(place)) is not None and dice.random() < 0.6:
            words.append(people.merged(*pair))
            words += [people.split(pair[1])] if dice.random() < 0.5 else []
        elif (pair := people.splittable(place)) is not None:
            words.append(people.split(pair[0]))
            words += [people.merged(*pair)] if dice.random() < 0.5 else []
    return [word for word in words if word is not None]


def test_the_end_is_the_same_as_without(told: Told) -> None:
    """After each round every touchpoint is in its owner's timeline alone, and alerts and flags are the core's."""
    assert {fault: lines for fault, lines in told.wrong.items() if lines} == {}
    assert len(told.wrong) == ROUNDS


def test_something_happened(told: Told) -> None:
    """Workers left in every round, operators spoke, and somebody was erased."""
    assert len(told.left) >= ROUNDS
    assert told.words
    assert told.gone or FAULTS.index("erased, both killed") >= ROUNDS
