"""Two events that kill a worker, one by a signal while it is read, one by an error while it is stitched: both become
dead letters, and everything around them is as if they had never been there.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.supervisor import BackOff, Supervisor
from commands.children import Crew
from tests.builders import RAW_EVENTS
from tests.whole.crashing import BREAKS_TIMELINES, KILLS_INTAKE
from tests.whole.harness import Raw, Record, Stage, ids, stage

MOST = 2
CUSTOMERS = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the events, and how the workers left."""

    heard: dict[str, list[Record]]
    left: list[str]
    values: dict[str, bytes]


class Supervised(Crew):
    """A supervisor in a thread; it never gives up by itself."""

    def check(self) -> None:
        """There is nothing to check."""


@contextmanager
def supervised(at: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Run the crashing worker again and again; yield what its supervisor says."""
    for name, value in at.environment.items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    command = [sys.executable, "-m", "tests.whole.crashing", str(at.folder / "worker")]
    supervisor = Supervisor(lambda _: command, said.append, time.monotonic, time.sleep)
    back_off = BackOff(timedelta(milliseconds=100), timedelta(milliseconds=100))
    thread = threading.Thread(target=supervisor.run, args=(back_off,))
    thread.start()
    try:
        yield said
    finally:
        supervisor.stop()
        thread.join()


def _events() -> Iterator[tuple[str, bytes]]:
    for number in range(CUSTOMERS):
        for text in ("Where is my parcel?", "It still is not here.", "Thanks."):
            name = f"e-{number}-{text[:2]}"
            yield name, _event(name, number, text)
        if number == CUSTOMERS // 2:
            yield "killer", _event("killer", number, f"This {KILLS_INTAKE}.")
            yield "breaker", _event("breaker", number, f"This {BREAKS_TIMELINES}.")


def _event(name: str, customer: int, text: str) -> bytes:
    who = {"customer_id": f"C-{customer}"}
    return json.dumps(RAW_EVENTS["chat"](event_id=name, customer=who, session_id=name, text=text)).encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 -- an async generator
    """Feeds all events before the worker starts, and waits until it is through with them."""
    folder: Path = tmp_path_factory.mktemp("crashes")
    quick = {"session_timeout": "6s", "heartbeat": "2s", "most_crashes": str(MOST)}
    at = await stage(kafka, "whole-crashes.", folder, **quick)
    values = dict(_events())
    await at.feed(Raw("chat", value, b"one partition") for value in values.values())
    with pytest.MonkeyPatch.context() as monkeypatch, supervised(at, monkeypatch) as left:
        await at.until_worked_off(Supervised((), ()))
    yield Told(await at.read(), left, values)


def test_both_became_dead_letters_with_their_bytes(told: Told) -> None:
    """The stage and the reason say what happened, the attempts how often; the bytes are those of the record."""
    letters = {letter["source"]: letter for letter in told.heard["dead-letters"]}
    assert {(each["stage"], each["reason"], each["attempts"]) for each in letters.values()} == {
        ("work", "crashed", MOST)
    }
    assert sorted(letters) == ["chat", "touchpoints"]
    assert letters["chat"]["value"] == told.values["killer"]
    assert letters["chat"]["key"] == b"one partition"
    broken = [letter for letter in told.heard["dead-letters"] if letter["source"] == "touchpoints"]
    assert all(BREAKS_TIMELINES.encode() in letter["value"] for letter in broken)
    assert len({letter["dead_letter_id"] for letter in told.heard["dead-letters"]}) == 1 + _copies(told)


def test_everything_else_went_through(told: Told) -> None:
    """All other events are touchpoints, and every customer's timeline has theirs."""
    admitted = {str(one["event_id"]) for one in told.heard["touchpoints"]}
    assert sorted(admitted) == sorted(name for name in told.values if name != "killer")
    newest: dict[str, int] = {}
    for timeline in told.heard["timelines"]:
        newest[timeline["customer_id"]] = max(newest.get(timeline["customer_id"], 0), timeline["version"])
    assert sorted(newest.values()) == [3] * CUSTOMERS
    assert len(ids(told.heard["touchpoints"], "event_id")) >= len(told.values) - 1


def test_the_worker_left_no_more_often_than_it_had_to(told: Told) -> None:
    """With the chunk in hand, then as often as allowed with the record alone; for each of the two. Not for ever.

    An intake that was killed tells again what it told: each copy of the other one is a record of its own. And where one
    of the two dies while the other is in hand too, that one is looked at once more.
    """
    crashed = [line for line in told.left if "signal_sigkill" in line or "unexpected" in line]
    assert 2 * MOST <= len(crashed) <= 2 * (1 + _copies(told)) * (MOST + 1), told.left


def _copies(told: Told) -> int:
    """Return how often the event that breaks the timelines was told."""
    return sum(touchpoint["event_id"] == "breaker" for touchpoint in told.heard["touchpoints"])
