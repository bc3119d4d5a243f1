"""Two workers on RocksDB, killed and stopped in mid-work: nothing lost, nothing twice, nothing else published.

The faults come by the share of the raw events that is committed, never by the clock. A worker is the child of its
supervisor (`tellonce worker`), which starts it again; one supervisor is also told to stop, and started anew.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from agents.contracts import default_policy
from agents.timelines import entry_key
from chaos.crew import Workers
from chaos.looks import LOOK, Looks, watch
from commands.patience import WORK, until_worked_off
from commands.playing import wire
from commands.settled import Outcome
from commands.streams import read_to_the_end
from pipeline.flow import picture
from pipeline.records import entry, entry_of, touchpoint
from simulation import Answers, Simulated, simulate
from tests.whole.harness import PATIENCE, Raw, Record, Stage, stage

START = datetime(2026, 8, 1, tzinfo=UTC)
CUSTOMERS, SEED = 300, 5


@dataclass(frozen=True, slots=True)
class Told:
    """What was fed, what came of it, and what happened on the way."""

    events: list[Simulated]
    heard: dict[str, list[Record]]
    rows: dict[bytes, bytes | None]
    outcome: Outcome
    at: Stage
    fell: list[str]
    exits: Counter[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Feeds the events while the workers are killed at 30 %, stopped at 45 %, killed at 60 % of the work."""
    events = list(simulate(SEED, CUSTOMERS, START))
    folder = tmp_path_factory.mktemp("faults")
    quick = {"session_timeout": "6s", "heartbeat": "2s", "chunk": "20"}
    at = await stage(kafka, "whole-faults.", folder, store="rocksdb", **quick)
    with ExitStack() as stack:
        two, looks = Workers(folder, at.environment, stack), Looks()
        two.start("a", "b")
        watching = asyncio.create_task(watch(looks, kafka, at.group, at.named(WORK), meant_up=lambda: True))
        await _suffer(at, two, looks, [Raw(event.source, wire(event), event.key) for event in events])
        work = at.named(WORK)
        await until_worked_off(kafka, at.group, work, patience=PATIENCE, check=two.check, progress=_tell_nobody)
        watching.cancel()
        heard = await at.read()
        found = await read_to_the_end(kafka, at.named(["state.entries"]))
        rows = {each.key: each.value for records in found.values() for each in records}
        exits = two.exits()
    return Told(events, heard, rows, at.settled(heard), at, looks.fell, exits)


def _tell_nobody(_done: int, _all: int) -> None:
    """Nobody looks on."""


async def _suffer(at: Stage, two: Workers, looks: Looks, events: list[Raw]) -> None:
    """Do one thing after the other, each at its share of the work; what is fed by then always has more."""

    def restart() -> bool:
        two.stop("b")
        two.start("b")
        return True

    faults: list[tuple[float, float, Callable[[], object]]] = [
        (0.30, 0.45, lambda: two.signal("a", signal.SIGKILL)),
        (0.45, 0.60, restart),
        (0.60, 0.80, lambda: two.signal("b", signal.SIGKILL)),
    ]
    fed = 0
    for share, more, fault in faults:
        fed += await at.feed(events[fed : round(more * len(events))])
        while sum(offset for place, offset in looks.committed.items() if place.topic in at.raw) < share * len(events):
            two.check()
            await asyncio.sleep(LOOK)
        while not fault():
            two.check()
            await asyncio.sleep(LOOK)
    await at.feed(events[fed:])


def test_the_workers_were_killed(told: Told) -> None:
    """Both kills came while there was work, and the supervisors started the workers again."""
    assert told.exits["signal_sigkill"] == 2, told.exits


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
