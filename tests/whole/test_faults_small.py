"""Two workers on RocksDB, killed and stopped in mid-work: nothing lost, nothing twice, nothing else published.

The faults come by the share of the raw events that is committed, never by the clock. A worker is the child of its
supervisor (`tellonce worker`), which starts it again; one supervisor is also told to stop, and started anew.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.contracts import default_policy
from agents.timelines import entry_key
from commands.children import Crew, workers
from commands.playing import wire
from commands.settled import Outcome
from commands.streams import administering, read_to_the_end
from pipeline.flow import picture
from pipeline.records import entry, entry_of, touchpoint
from simulation import Answers, Simulated, simulate
from tests.whole.harness import Raw, Record, Stage, restarts, stage

START = datetime(2026, 8, 1, tzinfo=UTC)
CUSTOMERS, SEED = 300, 5
LOOK = 0.05
"""Seconds between two looks at what is committed."""


@dataclass(slots=True)
class Progress:
    """What the group has committed, look by look."""

    total: int
    committed: dict[Any, int] = field(default_factory=dict)
    fell: list[str] = field(default_factory=list)
    share: float = 0.0

    async def look(self, at: Stage, admin: AIOKafkaAdminClient) -> None:
        """Ask the broker, and note what is less than at the last look."""
        try:
            found = await admin.list_consumer_group_offsets(at.group)
        except KafkaError:  # nobody has joined yet, or the coordinator is between two generations
            return
        now = {place: offset.offset for place, offset in found.items() if offset.offset >= 0}
        self.fell += [f"{tp}: {old} -> {now.get(tp)}" for tp, old in self.committed.items() if now.get(tp, -1) < old]
        self.committed = now
        self.share = sum(offset for place, offset in now.items() if place.topic in at.raw) / self.total


@dataclass(slots=True)
class Two:
    """Two supervised workers, each of which can be killed, and one of which can be stopped and started."""

    at: Stage
    stack: ExitStack
    starts: int = 0
    crews: dict[str, tuple[ExitStack, Crew]] = field(default_factory=dict)
    logs: list[Path] = field(default_factory=list)

    def start(self, name: str) -> None:
        """Start a supervisor; its worker takes the first data folder that is free."""
        self.starts += 1
        folder = self.at.folder / f"{name}-{self.starts}"
        folder.mkdir()
        own = self.stack.enter_context(ExitStack())
        crew = own.enter_context(workers(1, self.at.environment, folder))
        self.crews[name] = own, crew
        self.logs += crew.logs

    def stop(self, name: str) -> None:
        """Tell a supervisor to stop (SIGTERM), and wait until it has."""
        self.crews[name][0].close()

    def kill(self, name: str) -> bool:
        """Kill a supervisor's worker (SIGKILL); False where there is none at the moment."""
        supervisor = self.crews[name][1].processes[0].pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text("ascii").split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        return bool(children)

    def check(self) -> None:
        """Raise where a supervisor has given up."""
        for _, crew in self.crews.values():
            crew.check()


@dataclass(frozen=True, slots=True)
class Told:
    """What was fed, what came of it, and what happened on the way."""

    events: list[Simulated]
    heard: dict[str, list[Record]]
    rows: dict[bytes, bytes | None]
    outcome: Outcome
    at: Stage
    fell: list[str]
    left: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Feeds the events while the workers are killed at 30 %, stopped at 45 %, killed at 60 % of the work."""
    events = list(simulate(SEED, CUSTOMERS, START))
    folder = tmp_path_factory.mktemp("faults")
    quick = {"session_timeout": "6s", "heartbeat": "2s", "chunk": "20"}
    at = await stage(kafka, "whole-faults.", folder, store="rocksdb", **quick)
    with ExitStack() as stack:
        two = Two(at, stack)
        two.start("a")
        two.start("b")
        progress = Progress(len(events))
        feeding = asyncio.create_task(at.feed(Raw(event.source, wire(event), event.key) for event in events))
        await _suffer(at, two, progress)
        await feeding
        last = Crew(
            tuple(crew.processes[0] for _, crew in two.crews.values()),
            tuple(crew.logs[0] for _, crew in two.crews.values()),
        )
        watching = asyncio.create_task(_watch(at, progress))
        await at.until_worked_off(last)
        watching.cancel()
        heard = await at.read()
        found = await read_to_the_end(kafka, at.named(["state.entries"]))
        rows = {each.key: each.value for records in found.values() for each in records}
        left = restarts(Crew((), tuple(two.logs)))
    return Told(events, heard, rows, at.settled(heard), at, progress.fell, left)


async def _suffer(at: Stage, two: Two, progress: Progress) -> None:
    """Do one thing after the other, each at its share of the work."""

    def restart() -> bool:
        two.stop("b")
        two.start("b")
        return True

    faults: list[tuple[float, Callable[[], bool]]] = [
        (0.30, lambda: two.kill("a")),
        (0.45, restart),
        (0.60, lambda: two.kill("b")),
    ]
    async with administering(at.bootstrap) as admin:
        while faults:
            await progress.look(at, admin)
            two.check()
            assert progress.share < 1, "all was worked off before the faults came"
            if progress.share >= faults[0][0] and faults[0][1]():
                faults.pop(0)
            await asyncio.sleep(LOOK)


async def _watch(at: Stage, progress: Progress) -> None:
    async with administering(at.bootstrap) as admin:
        while True:
            await progress.look(at, admin)
            await asyncio.sleep(LOOK)


def test_the_workers_were_killed(told: Told) -> None:
    """Both kills came while there was work, and the supervisors started the workers again."""
    assert Counter("signal_sigkill" in line for line in told.left)[True] == 2, told.left


def test_every_event_ends_once(told: Told) -> None:
    """Every id is one settled touchpoint, every broken event one dead letter, and none is both."""
    wanted = {(e.source, e.event_id) for e in told.events if e.rejected_for is None}
    found = [(touch["source"], touch["event_id"]) for touch in told.outcome.standing["touchpoints"]]
    assert Counter(found) == Counter(wanted)
    broken = Counter(e.key for e in told.events if e.rejected_for is not None)
    letters = {letter["dead_letter_id"]: letter["key"] for letter in told.heard["dead-letters"]}
    assert Counter(letters.values()) == broken
    assert len(told.events) == told.outcome.admitted + len(letters)


def test_what_stands_is_what_the_core_says_of_all_touchpoints(told: Told) -> None:
    """Alerts and flags are those of the picture over each customer's touchpoints, field by field."""
    customers: dict[str, list[Any]] = {}
    for record in told.outcome.standing["touchpoints"]:
        one = entry_of(touchpoint({**record, "epoch": 0}))
        customers.setdefault(one.customer_id, []).append(one)
    findings = [each for rows in customers.values() for each in picture(rows, default_policy()).findings.values()]
    for name, own in (("detractor-alert", "alert_id"), ("repeat-contact", "flag_id")):
        wanted = {f.finding_id: {**f.body, "version": f.version} for f in findings if f.kind == name}
        found = {
            str(record[own]): {k: v for k, v in record.items() if k not in {own, "status"}}
            for record in told.outcome.standing[f"{name}s"]
        }
        assert found == wanted
        assert found


def test_every_event_is_in_its_customers_timeline(told: Told) -> None:
    """Customers are those that can be known of the simulation, and each event is in that one's timeline only."""
    answers = Answers()
    for event in told.events:
        answers.hear(event)
    named: dict[str, Any] = dict(answers.known().customer_of)
    touches: list[Any] = told.outcome.standing["touchpoints"]
    assert {touch["event_id"]: (touch["named_by"]["type"], touch["named_by"]["value"]) for touch in touches} == named
    lines: list[Any] = told.outcome.standing["timelines"]
    listed = Counter((line["customer_id"], each["event_id"]) for line in lines for each in line["touchpoints"])
    assert listed == Counter((touch["customer_id"], touch["event_id"]) for touch in touches)


def test_commits_never_fall(told: Told) -> None:
    """No look at the group's committed offsets found one lower than the look before."""
    assert told.fell == []


def test_the_changelog_holds_exactly_the_events(told: Told) -> None:
    """One row an event at its customer's, under its own key, as the touchpoint says it; nothing else, nothing deleted.

    Beside them there is only what such a row left behind, where it turned out to be another customer's.
    """
    kept = {key: entry(told.at.book.decode("timeline-entry", value)) for key, value in told.rows.items() if value}
    assert len(kept) == len(told.rows)
    wanted = {entry_key(one): _bare(one) for one in _entries(told)}
    whose = {_event(one): one.customer_id for one in _entries(told)}
    assert {key: _bare(kept[key]) for key in wanted} == wanted
    left = {key: one for key, one in kept.items() if key not in wanted}
    assert all(entry_key(one) == key for key, one in left.items())
    assert all(one.customer_id != whose[_event(one)] for one in left.values())
    assert left, "nobody turned out to be another: the faults test no moves"


def _entries(told: Told) -> Iterator[Any]:
    for record in told.outcome.standing["touchpoints"]:
        yield entry_of(touchpoint({**record, "epoch": 0}))


def _event(one: Any) -> tuple[str, str]:  # noqa: ANN401 -- an entry of the core
    return one.source, one.event_id


def _bare(one: Any) -> tuple[object, ...]:  # noqa: ANN401 -- an entry of the core
    return one.source, one.event_id, one.customer_id, one.occurred_at, one.origin.partition, one.origin.offset
