"""Whose each touchpoint is in the end: the reader's side of identity. Pure.

Rule 1. A touchpoint is published with the customer that was known when it came in. Whose it is in the end, the topic
        `directory` says: of each identifier the answer of the greatest epoch, of equal ones the one heard last.
Rule 2. It is the owner's of its identifiers by these answers (`pipeline.kin`): the timelines come to the same by moves.
Rule 3. What depends on how far the resolver was when the touchpoint came in is left out: `epoch`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.kin import Answer, Outcome, customer_named_by, owner
from pipeline.records import identifier_of, identifier_record
from pipeline.touchpoint import Identifier

Record = dict[str, object]
Answers = Mapping[Identifier, Answer]


def answers_of(directory: Iterable[Mapping[str, Any]]) -> Answers:
    """Return the last word on each identifier; records are those of directory-entry.v1.avsc, in their order."""
    newest: dict[Identifier, Mapping[str, Any]] = {}
    for told in directory:
        if told["identifier"] is None:
            continue
        one = identifier_of(told["identifier"])
        if one not in newest or told["epoch"] >= newest[one]["epoch"]:
            newest[one] = told
    return {one: _answer(told) for one, told in newest.items()}


def named(touchpoint: Mapping[str, Any], answers: Answers) -> Record:
    """Return a touchpoint's record with the customer whose it is in the end."""
    record = {name: value for name, value in touchpoint.items() if name != "epoch"}
    whose = owner(identifiers_of(touchpoint), answers)
    if whose is None:  # no touchpoint is without an identifier; were there one, it would stay where it is
        return record
    return {**record, "customer_id": whose.customer_id, "named_by": identifier_record(whose.named_by)}


def merged(touchpoints: Iterable[Mapping[str, Any]], answers: Answers) -> int:
    """Return how many customers turned out to be another: who by an event's strongest identifier alone would have been
    one of their own, and are not. It does not depend on what was known when.
    """
    strongest = {identifiers_of(touchpoint)[0] for touchpoint in touchpoints}
    told = ((one, answers[one]) for one in strongest if one in answers)
    return sum(answer.parked is None and answer.customer_id != customer_named_by(one) for one, answer in told)


def identifiers_of(touchpoint: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """Return a touchpoint's identifiers, strongest first."""
    return tuple(identifier_of(one) for one in touchpoint["identifiers"])


def _answer(told: Mapping[str, Any]) -> Answer:
    parked = None if told["parked"] is None else Outcome(told["parked"])
    return Answer(told["customer_id"], identifier_of(told["named_by"]), parked)
