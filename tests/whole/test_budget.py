"""A source that pours garbage, on a real broker: its alarm, its slower pace, and nothing lost by either."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.builders import RAW_EVENTS
from tests.whole.harness import Raw, Record, restarts, stage

GARBAGE, GOOD = 600, 60


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the events, and what the worker said."""

    heard: dict[str, list[Record]]
    said: str
    left: list[str]


def _good(source: str, number: int) -> Raw:
    return Raw(source, json.dumps(RAW_EVENTS[source](event_id=f"{source}-{number}")).encode(), b"one partition")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Feeds garbage to one source, then what is good; the worker takes it in while a source rests again and again."""
    folder: Path = tmp_path_factory.mktemp("budget")
    budget = {"dead_letter_window": "50", "dead_letter_rate": "100", "chunk": "20"}
    at = await stage(kafka, "whole-budget.", folder, **budget)
    with at.worked(1) as crew:
        await at.feed(Raw("chat", b"garbage %d" % number, b"one partition") for number in range(GARBAGE))
        await at.feed(_good("phone", number) for number in range(GOOD))
        await at.feed(_good("chat", number) for number in range(GOOD))
        await at.until_worked_off(crew)
        return Told(await at.read(), crew.logs[0].read_text("utf-8"), restarts(crew))


def test_the_alarm_is_raised_and_ends(told: Told) -> None:
    """One line each, in this order, about this source only; no contents."""
    lines = [line for line in told.said.splitlines() if "alarm" in line]
    begin, end = "tellonce worker alarm: ", "tellonce worker alarm ends: "
    assert [line.startswith(begin) for line in lines] == [True, False]
    assert lines[0].endswith("of chat becomes dead letters, mostly unknown_format; it is slowed until the share falls")
    assert lines[1].startswith(end)


def test_nothing_is_lost_and_nobody_leaves(told: Told) -> None:
    """Each piece of garbage is one dead letter, each good event a touchpoint, and the rests were no stall."""
    assert len({letter["dead_letter_id"] for letter in told.heard["dead-letters"]}) == GARBAGE
    wanted = {f"{source}-{number}" for source in ("chat", "phone") for number in range(GOOD)}
    assert {str(one["event_id"]) for one in told.heard["touchpoints"]} == wanted
    assert told.left == []
