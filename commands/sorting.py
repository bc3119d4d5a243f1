"""Three ways to sort events into customers by their identifiers, to be measured against each other.

Rule 1. Ours is the pure core over everything at once: what the directory says when all claims are resolved.
Rule 2. The other two are the ends between which it stands: nothing is joined, and everything is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.kin import Answer, Bond, KinRules, Pair, bonds_of, owner, pair_digest, resolve
from pipeline.touchpoint import Identifier
from simulation.knowable import linked


@dataclass(frozen=True, slots=True)
class Seen:
    """One event: its name, its canonical identifiers, strongest first, and when it was."""

    name: str
    identifiers: tuple[Identifier, ...]
    at: datetime


def by_strongest(events: Iterable[Seen]) -> dict[str, str]:
    """Sort by the strongest identifier of each event; nothing is ever joined."""
    return {event.name: str(event.identifiers[0]) for event in events}


def by_any(events: Iterable[Seen]) -> dict[str, str]:
    """Sort by any identifier in common, whatever that joins (a union-find without a guard)."""
    told = {event.name: tuple((one.type, one.value) for one in event.identifiers) for event in events}
    return {event: str(name) for event, name in linked(told).items()}


def resolved(events: Iterable[Seen], rules: KinRules) -> Mapping[Identifier, Answer]:
    """Return what the directory says when all that the events claim is resolved at once."""
    bonds: dict[Pair, Bond] = {}
    for event in events:
        for bond in bonds_of(event.identifiers, event.at, event.name, rules):
            known = bonds.get(bond.pair)
            bonds[bond.pair] = bond if known is None else known.merged(bond)
    return resolve(list(bonds.values()), (), rules).answers


def by_kin(events: Iterable[Seen], rules: KinRules) -> dict[str, str]:
    """Sort as Tellonce does."""
    listed = list(events)
    answers = resolved(listed, rules)
    found: dict[str, str] = {}
    for event in listed:
        whose = owner(event.identifiers, answers)
        if whose is None:
            raise ValueError(f"{event.name} has no identifier: whose it is cannot be asked")
        found[event.name] = whose.customer_id
    return found


def bring_news(events: Iterable[Seen], rules: KinRules) -> int:
    """Count the events that bring a pair of identifiers not seen before: those that the resolver has to hear of."""
    known: set[str] = set()
    count = 0
    for event in events:
        pairs = {pair_digest(each.pair, event.at, rules) for each in bonds_of(event.identifiers, event.at, "", rules)}
        count += not pairs <= known
        known |= pairs
    return count
