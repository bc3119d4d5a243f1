"""Bonds: that two identifiers stood on one event, and when that was first and last seen. Verdicts: operators' words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from pipeline.ids import derived
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

    def other(self, one: Identifier) -> Identifier:
        """Return the one of the two that `one` is not."""
        return self.weaker if one == self.stronger else self.stronger

    def merged(self, other: "Bond") -> "Bond":
        """Return what both tell of the same pair; the order does not matter."""
        early = min(self, other, key=lambda bond: (bond.first, bond.event))
        return replace(early, last=max(self.last, other.last))


@dataclass(frozen=True, slots=True)
class Verdict:
    """An operator's word on two identifiers (the stronger first): `together`, or apart, or None where a merge was taken
    back, as if nothing had been said. The newest on a pair counts. `over`: the two had been told apart before.
    """

    pair: Pair
    together: bool | None
    at: datetime
    over: bool = False

    def other(self, one: Identifier) -> Identifier:
        """Return the one of the two that `one` is not."""
        return self.pair[1] if one == self.pair[0] else self.pair[0]


MEANINGS = {
    "together": (True, False),
    "together_again": (True, True),
    "apart": (False, False),
    "taken_back": (None, False),
}
"""What each word on a pair means: bond.v1.avsc."""


def word_of(verdict: Verdict) -> str:
    """Return a verdict as it is written."""
    return next(word for word, meaning in MEANINGS.items() if meaning == (verdict.together, verdict.over))


def verdict_of(both: Pair, word: str, at: datetime) -> Verdict:
    """Return a verdict that was written. Raises KeyError for a word that is none."""
    together, over = MEANINGS[word]
    return Verdict(both, together, at, over)


def newest(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the newest verdict on each pair; of one moment, the last."""
    return tuple({verdict.pair: verdict for verdict in sorted(verdicts, key=lambda verdict: verdict.at)}.values())


def pair(one: Identifier, other: Identifier, rules: KinRules) -> Pair:
    """Return the two, the stronger first."""
    return (one, other) if rules.rank(one) <= rules.rank(other) else (other, one)


def bonds_of(identifiers: Iterable[Identifier], at: datetime, event: str, rules: KinRules) -> Iterator[Bond]:
    """Yield the bonds that an event shows: each two of its identifiers."""
    for one, other in combinations(sorted(set(identifiers), key=rules.rank), 2):
        yield Bond(one, other, at, at, event)


def pair_digest(both: Pair, at: datetime, rules: KinRules) -> str:
    """Return what stands for a pair (the stronger first) in the directory: a pair is news where its digest is unknown.

    Where the weaker one's limit counts within a window, a pair is news once in each window that it is seen in, or which
    windows the resolver has heard of would hang on the order of arrival.
    """
    one, other = sorted(both)  # whichever is the stronger one by the rules of the day
    parts = (*one, *other)
    limit = rules.limits.get(both[1].type)
    if limit is None or limit.within is None:
        return derived("pair", *parts)
    return derived("pair", *parts, str(limit.window(at)))
