"""Promises broken in silence, on a real broker: the clock says so, across restarts, and late news corrects it.

Rule 1. Who was told what is read from the topic; whether a worker's clock was allowed to speak is a setting. So nothing
        depends on how fast the machine is.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from commands.children import Crew
from tests.whole.harness import Raw, Record, Stage, restarts, stage

SIGNALS = "journey-signals"
POLICY = """
name = "no-grace"
version = "1"
[promise]
grace = { value = 0, unit = "seconds", reason = "The test does not wait." }
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the first worker said, which had no clock; what all said in the end, and until when each was due."""

    without_clock: list[Record]
    signals: list[Record]
    deadlines: list[Record]
    left: list[str]

    def of(self, customer: str) -> list[Record]:
        """Return the versions of a customer's promise in the order in which they were said, each once."""
        found: dict[object, Record] = {}
        for record in self.signals:
            if record["named_by"]["value"] == customer:
                found.setdefault(record["version"], record)
        return list(found.values())


def _chat(event_id: str, customer: str, at: datetime, text: str) -> Raw:
    event = {
        "event_id": event_id,
        "occurred_at": at.isoformat(),
        "session_id": event_id,
        "sender": "agent",
        "direction": "outbound",
        "text": text,
        "customer": {"customer_id": customer},
    }
    return Raw("chat", json.dumps(event).encode(), customer.encode())


def _promised(customer: str, at: datetime) -> Raw:
    """Return a message in which an agent promises to call back within an hour of it."""
    return _chat(f"promise-{customer}", customer, at, "We will call you back within an hour.")


def _came_back(customer: str, at: datetime) -> Raw:
    """Return a message of an agent in a session of its own."""
    return _chat(f"back-{customer}", customer, at, "Hello, it is about your question of today.")


async def _until(at: Stage, crew: Crew, enough: Callable[[list[Record]], bool]) -> None:
    """Return when the signals said so far are enough; a worker that ends by itself fails the test."""
    while not enough((await at.read([SIGNALS]))[SIGNALS]):
        crew.check()
        await asyncio.sleep(0.2)
    await at.until_worked_off(crew)


def _broken(said: list[Record]) -> set[str]:
    return {record["named_by"]["value"] for record in said if record["state"] == "broken"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Three workers, one after the other: without a clock, with one, and after it."""
    folder: Path = tmp_path_factory.mktemp("deadlines")
    (folder / "policy.toml").write_text(POLICY)
    at = await stage(kafka, "whole-deadlines.", folder, policy=str(folder / "policy.toml"))
    now = datetime.now(UTC)
    said_at = now - timedelta(hours=1) + timedelta(seconds=3)
    with at.worked(1) as crew:
        await at.feed([_promised("C-1", said_at), _promised("C-old", now - timedelta(days=30))])
        await at.feed([_promised("C-kept", said_at), _came_back("C-kept", said_at + timedelta(minutes=30))])
        await at.until_worked_off(crew)
        without_clock = (await at.read([SIGNALS]))[SIGNALS]
        left = restarts(crew)
    at = replace(at, settings={**at.settings, "TELLONCE_CLOCK": "on"})
    with at.worked(1) as crew:
        await at.feed([_promised("C-2", datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=3))])
        await _until(at, crew, lambda said: _broken(said) >= {"C-1", "C-2", "C-old"})
        left += restarts(crew)
    with at.worked(1) as crew:
        await at.feed([_came_back("C-1", said_at + timedelta(minutes=30))])
        await at.until_worked_off(crew)
        left += restarts(crew)
        heard = await at.read([SIGNALS, "deadlines"])
    return Told(without_clock, heard[SIGNALS], heard["deadlines"], left)


def test_without_a_clock_an_open_promise_stays_open(told: Told) -> None:
    """Nobody spoke, and the worker was not asked what time it is."""
    states = {record["named_by"]["value"]: record["state"] for record in told.without_clock}
    assert states == {"C-1": "open", "C-old": "open", "C-kept": "kept"}


def test_a_promise_broken_in_silence_is_said_by_the_worker_that_finds_it(told: Told) -> None:
    """The next worker finds it in its state: one version more, the time as the reason, a day to act from."""
    first, second = told.of("C-1")[:2]
    assert (first["kind"], first["version"]) == ("promise", 1)
    assert (second["kind"], second["version"], second["status"], second["reason"]) == (
        "promise_broken", 2, "updated", "time_passed",
    )  # fmt: skip
    assert second["signal_id"] == first["signal_id"]
    assert second["deliver_before"] == second["due_at"] + timedelta(hours=24)


def test_a_promise_that_the_worker_heard_itself_is_said_too(told: Told) -> None:
    """It comes due while the worker runs."""
    assert told.of("C-2")[-1]["kind"] == "promise_broken"


def test_old_promises_are_recorded_and_page_nobody(told: Told) -> None:
    """What came due a month ago is broken, and its time to page is over."""
    said = told.of("C-old")[-1]
    assert said["kind"] == "promise_broken"
    assert said["deliver_before"] < datetime.now(UTC) - timedelta(days=20)


def test_coming_back_that_is_heard_late_takes_it_back(told: Told) -> None:
    """By the third worker, which knows from the state that it was broken: kept after all, and later than that."""
    said = told.of("C-1")[-1]
    assert (said["kind"], said["state"], said["version"], said["reason"]) == ("promise", "kept", 3, "late_touchpoint")


def test_each_time_is_told_once_and_a_kept_promise_never(told: Told) -> None:
    """A restart forgets nothing, and says nothing again."""
    assert len(told.deadlines) == 3
    assert [record["state"] for record in told.of("C-kept")][-1] == "kept"
    assert told.left == []
