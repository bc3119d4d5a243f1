"""Who is one customer, the slow way: a flood over all events. It shares no code with the pipeline.

Rule 1. Events are one customer's if a chain of identifiers that stood together on events leads from one to the other.
Rule 2. What is `nobody`'s links nothing; who that is, the test says. An event that carries nothing else is a customer
        of its strongest identifier.
Rule 3. A customer is named by the strongest of its identifiers; of equally strong ones, by the smallest.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.whole.reference import Name, name

One = tuple[str, str]
STRONGEST_FIRST = ("crm_id", "email", "phone", "visitor_id", "handle")


def customers(touches: Iterable[Mapping[str, Any]], nobody: Collection[One] = ()) -> dict[Name, One]:
    """Return what names the customer of each touchpoint."""
    told = {name(touch): {(one["type"], one["value"]) for one in touch["identifiers"]} for touch in touches}
    by_identifier: dict[One, set[Name]] = {}
    for event, ones in told.items():
        for one in ones.difference(nobody):
            by_identifier.setdefault(one, set()).add(event)
    found: dict[Name, One] = {}
    for event, ones in told.items():
        if event in found:
            continue
        if ones <= set(nobody):
            found[event] = min(ones, key=_rank)
            continue
        events, members, waiting = {event}, set[One](), list(ones.difference(nobody))
        while waiting:
            one = waiting.pop()
            if one in members:
                continue
            members.add(one)
            events |= by_identifier[one]
            waiting += {other for each in by_identifier[one] for other in told[each].difference(nobody)} - members
        found |= dict.fromkeys(events, min(members, key=_rank))
    return found


def _rank(one: One) -> tuple[int, str]:
    return STRONGEST_FIRST.index(one[0]), one[1]
