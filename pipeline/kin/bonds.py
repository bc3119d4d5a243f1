"""Bonds: that two identifiers stood on one event, and when that was first and last seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from pipeline.kin.rules import KinRules
from pipeline.touchpoint import Identifier

Pair = tuple[Identifier, Identifier]


@dataclass(frozen=True, slots=True)
class Bond:
    """Two identifiers, the stronger first; `event` is the source/event_id of the event that showed it first."""

    stronger: Identifier
    weaker: Identifier
    first: datetime
    last: datetime
    event: str

    @property
    def pair(self) -> Pair:
        """The two, the stronger first."""
        return self.stronger, self.weaker

    def merged(self, other: "Bond") -> "Bond":
        """Return what both tell of the same pair; the order does not matter."""
        early = min(self, other, key=lambda bond: (bond.first, bond.event))
        return replace(early, last=max(self.last, other.last))


def pair(one: Identifier, other: Identifier, rules: KinRules) -> Pair:
    """Return the two, the stronger first."""
    return (one, other) if rules.rank(one) <= rules.rank(other) else (other, one)


def bonds_of(identifiers: Iterable[Identifier], at: datetime, event: str, rules: KinRules) -> Iterator[Bond]:
    """Yield the bonds that an event shows: each two of its identifiers."""
    for one, other in combinations(sorted(set(identifiers), key=rules.rank), 2):
        yield Bond(one, other, at, at, event)
