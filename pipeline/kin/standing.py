"""Where an identifier stands: whether it links at all, and which types of weaker ones it holds too many of.

Rule 1. Only its own bonds tell, so it can be judged by whoever has all of them, and by nobody else.
Rule 2. More bonds never make it link again: once over a limit, no more need be read. So a number on 20,000 calls costs
        what a number just over its limit does.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.kin.bonds import Bond, Outcome
from pipeline.kin.rules import CRM, KinRules, Limit
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Standing:
    """Why an identifier is parked (None: it links), and the types of weaker ones that it holds too many of."""

    parked: Outcome | None = None
    full: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Most:
    """At most so many neighbours of a type, counted as `limit` says; what an identifier that has more is."""

    count: int
    limit: Limit
    why: Outcome


_EVER = Limit(shared_by=1, held=1)


def standing(one: Identifier, bonds_with: Callable[[str], Collection[Bond]], rules: KinRules) -> Standing:
    """Return where an identifier stands; `bonds_with` gives its own bonds with a type, enough of them to be over."""
    if rules.is_junk(one):
        return Standing(Outcome.JUNK)
    full: set[str] = set()
    for type_ in rules.strongest_first:
        why = over(one.type, type_, bonds_with(type_), rules)
        if why is Outcome.HOLDS_TOO_MANY:
            full.add(type_)
        elif why is not None:
            return Standing(why)
    return Standing(None, frozenset(full))


def standings(bonds: Iterable[Bond], rules: KinRules) -> dict[Identifier, Standing]:
    """Return where each identifier stands, given all bonds of all of them, each pair once."""
    own: dict[Identifier, dict[str, list[Bond]]] = {}
    for bond in bonds:
        own.setdefault(bond.stronger, {}).setdefault(bond.weaker.type, []).append(bond)
        own.setdefault(bond.weaker, {}).setdefault(bond.stronger.type, []).append(bond)

    def of(held: Mapping[str, list[Bond]]) -> Callable[[str], Collection[Bond]]:
        return lambda type_: held.get(type_, ())

    return {one: standing(one, of(held), rules) for one, held in own.items()}


def over(one: str, other: str, bonds: Collection[Bond], rules: KinRules) -> Outcome | None:
    """Return what too many bonds with type `other` make of an identifier of type `one`; None where they are few."""
    most = _most(one, other, rules) if bonds else None
    return most.why if most is not None and _is_over(bonds, most) else None


def until_over(one: str, other: str, bonds: Iterable[Bond], rules: Collection[KinRules]) -> Iterator[Bond]:
    """Yield the bonds of an identifier of type `one` with those of type `other`, until they are over by all rules."""
    found = [_most(one, other, each) for each in rules]
    limits = [most for most in found if most is not None]
    if len(limits) < len(found):
        yield from bonds
        return
    read: list[Bond] = []
    look_at = max(most.count for most in limits) + 1
    for bond in bonds:
        yield bond
        read.append(bond)
        if len(read) == look_at:
            if all(_is_over(read, most) for most in limits):
                return
            look_at *= 2  # looking at each would be quadratic where the bonds lie in many windows


def why_not(bond: Bond, found: Mapping[Identifier, Standing]) -> Outcome | None:
    """Return why a bond links nobody, as far as its two identifiers' standings tell; None where it may link."""
    stronger, weaker = found[bond.stronger], found[bond.weaker]
    if stronger.parked or weaker.parked:
        return stronger.parked or weaker.parked
    if bond.stronger.type == bond.weaker.type == CRM:
        return Outcome.TWO_CRM_IDS
    return Outcome.HOLDS_TOO_MANY if bond.weaker.type in stronger.full else None


def _most(one: str, other: str, rules: KinRules) -> _Most | None:
    """Return how many neighbours of type `other` an identifier of type `one` may have; None: any number."""
    if other == CRM != one:
        return _Most(1, _EVER, Outcome.CLAIMED_BY_TWO)
    limit = rules.limits.get(one if rules.strength(other) <= rules.strength(one) else other)
    if limit is None:
        return None
    if rules.strength(other) > rules.strength(one):
        return _Most(limit.held, limit, Outcome.HOLDS_TOO_MANY)
    # Of its own type it holds one itself.
    return _Most(limit.held - 1 if other == one else limit.shared_by, limit, Outcome.SHARED_BY_TOO_MANY)


def _is_over(bonds: Collection[Bond], most: _Most) -> bool:
    return len(bonds) > most.count and _most_at_once(bonds, most.limit) > most.count


def _most_at_once(bonds: Collection[Bond], limit: Limit) -> int:
    """Return the largest number of bonds in one window; from the window of its first to that of its last."""
    if limit.within is None:
        return len(bonds)
    turns = [(limit.window(bond.first), 1) for bond in bonds] + [(limit.window(bond.last) + 1, -1) for bond in bonds]
    most = open_ = 0
    for _, turn in sorted(turns):  # at the same window those that end come first
        open_ += turn
        most = max(most, open_)
    return most
