"""What the workers made of it, held against the answer: by a reader who keeps the highest version of an id.

Rule 1. Lost: an event that is neither a touchpoint nor a dead letter, or what should stand on a topic and does not.
Rule 2. Duplicated: an event that is both, or is in two customers' timelines; what stands and should not.
Rule 3. Wrong: what stands where it should, and says another thing.
Rule 4. The state is what the log says: a row for each telling, at the customer whose it is; rows that moved on may
        stay where they were, unseen.
Rule 5. Each is counted to the fault during which its event was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos.answer import FINDINGS, Answer, Event
from chaos.apart import apart
from pipeline.touchpoint import Origin

OWN = {
    "detractor-alerts": "alert_id",
    "repeat-contacts": "flag_id",
    "journey-signals": "signal_id",
    "timelines": "customer_id",
}
LEFT_OUT = frozenset({"version", "status", "reason", "epoch", "redirect_to"})
"""How a record came about, which depends on the order in which things were heard; what it says does not."""

Heard = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(slots=True)
class Verdict:
    """How many of each, by fault; the first few are named, and of wrong records told where they are `apart`."""

    lost: Counter[str] = field(default_factory=Counter)
    duplicated: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)

    def note(self, what: str, fault: str, why: str) -> None:
        """Count one, and keep the first few; `why` names ids, never a person."""
        getattr(self, what)[fault] += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{what} ({fault}): {why}")


MOST_EXAMPLES, MOST_APART = 20, 5


def judge(heard: Heard, state: Collection[bytes], wanted: Answer, fault_at: Callable[[Origin], str]) -> Verdict:
    """Return the verdict on all that was heard, and on the keys of the state's rows."""
    verdict = Verdict()
    _events(heard, wanted, fault_at, verdict)
    for name in (*FINDINGS, "timelines"):
        _standing(name, heard[name], wanted, fault_at, verdict)
    owners = {customer.encode() for customer in wanted.customers.values()}
    for key in wanted.rows - set(state):
        verdict.note("lost", "state", f"the row of {_row(key)} is missing")
    for key in set(state) - wanted.rows:
        customer, _, _rest = key.partition(b"\0")
        if customer in owners and not _moved_on(key, wanted):
            verdict.note("wrong", "state", f"the row of {_row(key)} is no event's")
    return verdict


def _moved_on(key: bytes, wanted: Answer) -> bool:
    """Say whether a row's event is another customer's: it was here before that was known."""
    customer, when_and_source, event_id = _parts(key)
    return wanted.customers.get((when_and_source[8:].decode(), event_id.decode())) not in {None, customer.decode()}


def _row(key: bytes) -> str:
    customer, when_and_source, event_id = _parts(key)
    return f"{customer.decode()}, {when_and_source[8:].decode()}/{event_id.decode()}"


def _parts(key: bytes) -> tuple[bytes, bytes, bytes]:
    """Return customer, time and source, event id: `agents.kept.entry_key`. The eight bytes of the time may be zeros."""
    customer, _, rest = key.partition(b"\0")
    source, _, after = rest[8:].partition(b"\0")
    return customer, rest[:8] + source, after.rpartition(b"\0")[0]


def _events(heard: Heard, wanted: Answer, fault_at: Callable[[Origin], str], verdict: Verdict) -> None:
    touched: Counter[Event] = Counter()
    admitted: set[Origin] = set()
    for record in heard["touchpoints"]:
        event, origin = (record["source"], record["event_id"]), _origin(record["origin"])
        touched[event] += 1
        if origin in admitted:
            verdict.repeated[fault_at(origin)] += 1
        admitted.add(origin)
    for event, origin in wanted.places.items():
        if event not in touched:
            verdict.note("lost", fault_at(origin), f"event {event} is no touchpoint")
    for event in touched.keys() - wanted.places.keys():
        verdict.note("duplicated", "?", f"touchpoint {event} of no event")
    _letters(heard, wanted, admitted, fault_at, verdict)


def _letters(
    heard: Heard, wanted: Answer, admitted: set[Origin], fault_at: Callable[[Origin], str], verdict: Verdict
) -> None:
    letters = {_origin(record): record for record in heard["dead-letters"]}
    for origin, (stage, reason) in wanted.letters.items():
        letter = letters.get(origin)
        if letter is None:
            verdict.note("lost", fault_at(origin), f"{origin} is no dead letter")
        elif (letter["stage"], letter["reason"]) != (stage, reason):
            # An event too large for what it becomes is the shell's to refuse: the core cannot know the topic's limit.
            verdict.note("wrong", fault_at(origin), f"{origin}: {letter['reason']}, not {reason}")
    for origin in letters.keys() & admitted:
        verdict.note("duplicated", fault_at(origin), f"{origin} is a touchpoint and a dead letter")
    for origin in letters.keys() - wanted.letters.keys():
        verdict.note("duplicated", fault_at(origin), f"dead letter of {origin}, which is fine")


def _standing(
    name: str, records: Iterable[Mapping[str, Any]], wanted: Answer, fault_at: Callable[[Origin], str], verdict: Verdict
) -> None:
    own = OWN[name]
    highest: dict[str, Mapping[str, Any]] = {}
    for record in records:
        if record[own] not in highest or record["version"] >= highest[record[own]]["version"]:
            highest[record[own]] = record
    stands = {one: record for one, record in highest.items() if record["status"] not in {"retracted", "merged"}}
    expected = wanted.standing[name]
    for one, record in expected.items():
        where = fault_at(_last_place(record, wanted))
        if one not in stands:
            verdict.note("lost", where, f"{name} {one} does not stand")
        elif differs := _differences(record, stands[one]):
            verdict.note("wrong", where, f"{name} {one} says another {', '.join(differs)}")
            if len(verdict.apart) < MOST_APART:
                verdict.apart.append(f"{name} {one}: {apart(record, stands[one], LEFT_OUT)}")
    for one in stands.keys() - expected.keys():
        verdict.note("duplicated", fault_at(_last_place(stands[one], wanted)), f"{name} {one} stands")


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [name for name in one if name not in LEFT_OUT and one[name] != other.get(name)]


def _last_place(record: Mapping[str, Any], wanted: Answer) -> Origin:
    """Return where the newest event that a record stands on was told."""
    told = record.get("evidence") or record.get("touchpoints") or ()
    places = [wanted.places.get((each["source"], each["event_id"])) for each in told]
    return max((place for place in places if place is not None), key=lambda place: place.offset, default=NOWHERE)


NOWHERE = Origin("", 0, 0)


def _origin(record: Mapping[str, Any]) -> Origin:
    return Origin(record["topic"], record["partition"], record["offset"])
