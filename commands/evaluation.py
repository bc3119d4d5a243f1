"""What `tellonce evaluate identity` measures.

Rule 1. Events are what the intake admits; who they are is asked of the pure core, with the rules in force.
Rule 2. In the simulation there are two truths: who it was, and who it can be known to have been. Where they differ, the
        first says what the company would like to know, the second whether the rules do what they can.
Rule 3. The same seed and number give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.contracts import default_policy, identifiers_in_force, language_of, schema_book
from commands import febrl
from commands.playing import wire
from commands.sorting import Seen, bring_news, by_any, by_kin, by_strongest
from pipeline.flow import Intake, admit
from pipeline.identifiers import canonical
from pipeline.identity import StrongestIdentifier
from pipeline.record import RawRecord
from pipeline.touchpoint import Origin, Touchpoint
from simulation import Answers, simulate
from simulation.pairs import agreement, among

START = datetime(2026, 3, 1, tzinfo=UTC)
Sorting = Mapping[str, object]
Document = dict[str, object]
Begin = Callable[[int], Callable[[], None]]
"""Told how many events there are; returns what is to be called for each."""


@dataclass(frozen=True, slots=True)
class Town:
    """The simulation's known answers, and its events as the intake admits them."""

    answers: Answers
    seen: list[Seen]


def town(seed: int, customers: int, begin: Begin) -> Town:
    """Tell the simulation and admit its events; each once, however often it was sent."""
    rules = identifiers_in_force()
    words = language_of(rules.default_region)
    intake = Intake(schema_book(), default_policy(), rules, words, StrongestIdentifier())
    answers, seen = Answers(), dict[str, Seen]()
    events = list(simulate(seed, customers, START))
    tick = begin(len(events))
    for offset, event in enumerate(events):
        answers.hear(event)
        origin = Origin(f"raw.{event.source}", 0, offset)
        record = RawRecord(event.source, origin, event.sent_at, event.key, wire(event))
        admitted = admit(record, intake)
        if isinstance(admitted, Touchpoint):
            seen[admitted.event_id] = Seen(admitted.event_id, admitted.identifiers, admitted.occurred_at)
        tick()
    return Town(answers, list(seen.values()))


def simulated(told: Town) -> Document:
    """Measure the simulation: whole, and situation by situation."""
    known = told.answers.known()
    rules = identifiers_in_force().kin
    found = by_kin(told.seen, rules)
    ways = {"strongest": by_strongest(told.seen), "any": by_any(told.seen), "tellonce": found}
    situations: dict[str, list[str]] = {}
    for event, situation in known.situation_of.items():
        situations.setdefault(situation, []).append(event)
    return {
        **measured("simulation", known.person_of, {**ways, "knowable": known.customer_of}),
        "against_knowable": agreement(known.customer_of, found).document(),
        "events_with_news": bring_news(told.seen, rules),
        "situations": [
            _situation(name, events, known.person_of, known.customer_of, found)
            for name, events in sorted(situations.items())
        ],
    }


def of_febrl(name: str, begin: Begin, *, with_id: bool) -> Document:
    """Measure one FEBRL set. Raises `NoFebrlError`."""
    rules = identifiers_in_force()
    records = febrl.records(name, with_id=with_id)
    seen, tick = list[Seen](), begin(len(records))
    for one in records:
        seen.append(Seen(one.name, canonical(one.identifiers, rules), START))
        tick()
    ways = {"strongest": by_strongest(seen), "any": by_any(seen), "tellonce": by_kin(seen, rules.kin)}
    return measured(name + (" + id" if with_id else ""), {one.name: one.person for one in records}, ways)


def measured(name: str, truth: Sorting, ways: Mapping[str, Sorting]) -> Document:
    """Compare each way to sort the events with the truth."""
    return {
        "set": name,
        "events": len(truth),
        "people": len(set(truth.values())),
        "ways": {
            way: {"customers": len(set(found.values())), **agreement(truth, found).document()}
            for way, found in ways.items()
        },
    }


def _situation(name: str, events: list[str], people: Sorting, knowable: Sorting, found: Sorting) -> Document:
    truth, can, ours = (among(events, each) for each in (people, knowable, found))
    return {
        "situation": name,
        "events": len(events),
        "people": len(set(truth.values())),
        "knowable": len(set(can.values())),
        "customers": len(set(ours.values())),
        "against_people": agreement(truth, ours).document(),
        "against_knowable": agreement(can, ours).document(),
    }
