"""Broken events of every source through the real broker: each a dead letter, and all that is valid passes by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from pipeline.sources import SOURCES
from tests.builders import RAW_EVENTS
from tests.whole.harness import Raw, Record, run, stage
from tests.whole.hostile import Hostile, avro_of, hostile

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Told:
    """What was fed, where it stands, and what came of it; the worker was never restarted (the harness holds that)."""

    cases: list[Hostile]
    valid: set[tuple[str, str]]
    places: dict[tuple[str, bytes], Place]
    heard: dict[str, list[Record]]

    @property
    def letters(self) -> dict[tuple[str, bytes], list[Record]]:
        """The dead letters, by source and key; one that a rebalance had published again is one."""
        found: dict[tuple[str, bytes], list[Record]] = {}
        for letter in {each["dead_letter_id"]: each for each in self.heard["dead-letters"]}.values():
            found.setdefault((letter["source"], letter["key"]), []).append(letter)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Feeds every case to one worker, valid events before, between and after."""
    at = await stage(kafka, "whole-hostile.", tmp_path_factory.mktemp("hostile"))
    cases = [case for source in SOURCES for case in hostile(source, at.book)]
    valid: set[tuple[str, str]] = set()

    def events() -> Iterator[Raw]:
        for number, case in enumerate(cases):
            name = f"ok-{number}"
            valid.add((case.source, name))
            yield Raw(case.source, json.dumps(RAW_EVENTS[case.source](event_id=name)).encode(), name.encode())
            yield Raw(case.source, case.value, case.key)
        for source in SOURCES:
            yield Raw(source, avro_of(source, at.book), b"ok-avro")
            yield Raw(source, HALF % source.encode() if source == "chat" else _last(source), b"ok-last")

    heard = await run(at, list(events()))
    return Told(cases, valid, await at.places(), heard)


HALF = b"""{"event_id": "half-%s", "occurred_at": "2026-03-02T12:00:00Z", "customer": {"customer_id": "C-2002"},
"session_id": "S-9", "kind": "message", "sender": "customer", "text": "So slow \\ud83d"}"""
"""Half of an emoji, which only JSON can say: repaired, not refused, for the rest of what the customer said counts."""


def _last(source: str) -> bytes:
    return json.dumps(RAW_EVENTS[source](event_id="last")).encode()


def test_each_is_one_dead_letter_that_says_why(told: Told) -> None:
    """Stage, reason and field are those of what is wrong, at the first attempt, with what was expected."""
    found = {
        place: [
            (each["stage"], each["reason"], each["field"], each["attempts"], bool(each["expected"])) for each in letters
        ]
        for place, letters in told.letters.items()
    }
    wanted = {(case.source, case.key): [(case.stage, case.reason, case.field, 1, True)] for case in told.cases}
    assert found == wanted


def test_the_original_is_kept_as_it_came(told: Told) -> None:
    """The bytes are unchanged, nothing and 5 MB included, and the origin is where they stand."""
    for case in told.cases:
        (letter,) = told.letters[case.source, case.key]
        assert letter["value"] == case.value, case.name
        origin = (letter["topic"], letter["partition"], letter["offset"])
        assert origin == told.places[case.source, case.key], case.name


def test_no_dead_letter_says_what_was_found(told: Told) -> None:
    """What was expected is said, never the value: that may be personal data."""
    said = " ".join(letter["expected"] for letter in told.heard["dead-letters"])
    assert not [word for word in ("telepathy", "parrot", "carrier_pigeon", "yesterday", "Anna") if word in said]


def test_an_event_id_that_could_be_read_is_said(told: Told) -> None:
    """Whoever looks for an event finds it among the dead letters by its own id."""
    for case in told.cases:
        (letter,) = told.letters[case.source, case.key]
        wanted = None if case.stage == "decode" else f"h-{case.name}"
        assert letter["event_id"] == wanted, case.name


def test_all_that_is_valid_passes(told: Told) -> None:
    """The events before, between and after are touchpoints, each once, and none of the broken ones is."""
    found = {(touch["source"], touch["event_id"]) for touch in told.heard["touchpoints"]}
    last = {(source, "half-chat" if source == "chat" else "last") for source in SOURCES}
    assert len(found) == len(told.valid) + 2 * len(SOURCES)
    assert told.valid | last < found
    half = next(touch for touch in told.heard["touchpoints"] if touch["event_id"] == "half-chat")
    assert half["text"] == "So slow \ufffd"
