"""The judge of the faults can be made to say each of its words: a judge that cannot is none."""

from typing import Any

import pytest

from chaos.answer import Answer
from chaos.verdict import MOST_APART, judge
from pipeline.touchpoint import Origin

PLACE = Origin("raw.chat", 0, 7)
POISON = Origin("raw.chat", 0, 8)
ROW = b"ann\0" + bytes(8) + b"chat\0E-1\0digest"
FLAG = {"flag_id": "f", "version": 3, "status": "raised", "why": "twice", "evidence": ()}


def wanted() -> Answer:
    """Return what should stand: one event, one dead letter, one flag, one row."""
    return Answer(
        places={("chat", "E-1"): PLACE},
        customers={("chat", "E-1"): "ann"},
        standing={"detractor-alerts": {}, "repeat-contacts": {"f": FLAG}, "journey-signals": {}, "timelines": {}},
        letters={POISON: ("decode", "malformed_json")},
        rows={ROW},
    )


def heard(**changed: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what workers said that made no mistake, but for what is changed."""
    told: dict[str, list[dict[str, Any]]] = {
        "touchpoints": [{"source": "chat", "event_id": "E-1", "origin": _at(PLACE)}],
        "dead_letters": [{**_at(POISON), "stage": "decode", "reason": "malformed_json"}],
        "detractor_alerts": [],
        "repeat_contacts": [FLAG],
        "journey_signals": [],
        "timelines": [],
    }
    return {name.replace("_", "-"): records for name, records in {**told, **changed}.items()}


def _at(origin: Origin) -> dict[str, Any]:
    return {"topic": origin.topic, "partition": origin.partition, "offset": origin.offset}


def counts(told: dict[str, list[dict[str, Any]]], rows: set[bytes] | None = None) -> dict[str, int]:
    """Return how many of each the judge finds."""
    verdict = judge(told, {ROW} if rows is None else rows, wanted(), lambda _origin: "fault")
    return {name: getattr(verdict, name).total() for name in ("lost", "duplicated", "wrong") if getattr(verdict, name)}


def test_no_mistake_is_no_mistake() -> None:
    """What should stand stands, and nothing else; an older version and what was taken back do not count."""
    older = {**FLAG, "version": 2, "why": "once"}
    withdrawn = [{**FLAG, "flag_id": "g", "version": 4}, {**FLAG, "flag_id": "g", "version": 5, "status": "retracted"}]
    assert counts(heard(repeat_contacts=[FLAG, older, *withdrawn])) == {}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"touchpoints": []}, {"lost": 1}, id="an event is gone"),
        pytest.param({"dead_letters": []}, {"lost": 1}, id="a dead letter is gone"),
        pytest.param({"repeat_contacts": []}, {"lost": 1}, id="a flag is gone"),
        pytest.param({"repeat_contacts": [{**FLAG, "why": "thrice"}]}, {"wrong": 1}, id="a flag says another thing"),
        pytest.param(
            {"repeat_contacts": [FLAG, {**FLAG, "version": 4, "status": "retracted"}]}, {"lost": 1}, id="taken back"
        ),
        pytest.param({"repeat_contacts": [FLAG, {**FLAG, "flag_id": "g"}]}, {"duplicated": 1}, id="one flag too many"),
        pytest.param(
            {"dead_letters": [{**_at(POISON), "stage": "decode", "reason": "other"}]}, {"wrong": 1}, id="another reason"
        ),
        pytest.param(
            {
                "dead_letters": [
                    {**_at(POISON), "stage": "decode", "reason": "malformed_json"},
                    {**_at(PLACE), "stage": "decode", "reason": "malformed_json"},
                ]
            },
            {"duplicated": 2},
            id="an event is both",
        ),
    ],
)
def test_each_mistake_is_found(changed: dict[str, list[dict[str, Any]]], found: dict[str, int]) -> None:
    """One mistake at a time."""
    assert counts(heard(**changed)) == found


def test_the_state_is_looked_at() -> None:
    """A row that is missing, and one of no event; a row that moved on to its owner may stay behind."""
    strange = b"ann\0" + bytes(8) + b"chat\0E-2\0digest"
    left_behind = b"bob\0" + bytes(8) + b"chat\0E-1\0digest"
    assert counts(heard(), set()) == {"lost": 1}
    assert counts(heard(), {ROW, strange}) == {"wrong": 1}
    assert counts(heard(), {ROW, left_behind}) == {}


@pytest.mark.parametrize("count", [MOST_APART - 1, MOST_APART, MOST_APART + 1])
def test_where_wrong_records_are_apart_is_told_of_the_first(count: int) -> None:
    """All are counted."""
    names = [f"f{number}" for number in range(count)]
    should = wanted()
    should.standing["repeat-contacts"] = {name: {**FLAG, "flag_id": name, "chain_length": 2} for name in names}
    told = [{**FLAG, "flag_id": name, "chain_length": 3, "version": 4} for name in names]
    verdict = judge(heard(repeat_contacts=told), {ROW}, should, lambda _origin: "fault")
    assert verdict.wrong.total() == count
    line = "repeat-contacts {}: version 4, wanted 3; chain_length 3, wanted 2"
    assert verdict.apart == [line.format(one) for one in names[:MOST_APART]]
