"""Where an identifier stands: whether it links at all, and which types of weaker ones it holds too many of.

Rule 1. Only its own bonds tell, so it can be judged by whoever has all of them, and by nobody else.
Rule 2. More bonds never make it link again: once over a limit, no more need be read. So a number on 20,000 calls costs
        what a number just over its limit does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.kin.bonds import Bond
from pipeline.kin.outcomes import Outcome
from pipeline.kin.rules import CRM, KinRules, Limit, Most
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Standing:
    """Why an identifier is parked (None: it links), and the types of weaker ones that it holds too many of."""

    parked: Outcome | None = None
    full: frozenset[str] = frozenset()


_LINKS = Standing()
"""Where nearly every identifier stands."""


def standing(one: Identifier, bonds: Mapping[str, Collection[Bond]], rules: KinRules) -> Standing:
    """Return where an identifier stands; `bonds` are its own, by type, enough of them to be over."""
    if rules.is_junk(one):
        return Standing(Outcome.JUNK)
    full: set[str] = set()
    for type_ in sorted(bonds, key=rules.strength):
        why = over(one.type, type_, bonds[type_], rules)
        if why is Outcome.HOLDS_TOO_MANY:
            full.add(type_)
        elif why is not None:
            return Standing(why)
    return Standing(None, frozenset(full)) if full else _LINKS


def standings(bonds: Iterable[Bond], rules: KinRules) -> dict[Identifier, Standing]:
    """Return where each identifier stands, given all bonds of all of them, each pair once."""
    own: dict[Identifier, dict[str, list[Bond]]] = {}
    for bond in bonds:
        own.setdefault(bond.stronger, {}).setdefault(bond.weaker.type, []).append(bond)
        own.setdefault(bond.weaker, {}).setdefault(bond.stronger.type, []).append(bond)
    return {one: standing(one, held, rules) for one, held in own.items()}


def over(one: str, other: str, bonds: Collection[Bond], rules: KinRules) -> Outcome | None:
    """Return what too many bonds with type `other` make of an identifier of type `one`; None where they are few."""
    most = rules.most(one, other) if bonds else None
    return most.why if most is not None and _is_over(bonds, most) else None


def until_over(one: str, other: str, bonds: Iterable[Bond], rules: Collection[KinRules]) -> list[Bond]:
    """Read the bonds of an identifier of type `one` with those of type `other`, until they are over by all rules."""
    limits = [most for each in rules if (most := each.most(one, other)) is not None]
    if len(limits) < len(rules):
        return list(bonds)
    read: list[Bond] = []
    look_at = max(most.count for most in limits) + 1
    for bond in bonds:
        read.append(bond)
        if len(read) == look_at:
            if all(_is_over(read, most) for most in limits):
                break
            look_at *= 2  # looking at each would be quadratic where the bonds lie in many windows
    return read


def why_not(bond: Bond, found: Mapping[Identifier, Standing]) -> Outcome | None:
    """Return why a bond links nobody, as far as its two identifiers' standings tell; None where it may link.

    Only the stronger one can hold too many of the other. Both are asked: by former rules the other one may be it.
    """
    stronger, weaker = found[bond.stronger], found[bond.weaker]
    if stronger.parked or weaker.parked:
        return stronger.parked or weaker.parked
    if bond.stronger.type == bond.weaker.type == CRM:
        return Outcome.TWO_CRM_IDS
    is_full = bond.weaker.type in stronger.full or bond.stronger.type in weaker.full
    return Outcome.HOLDS_TOO_MANY if is_full else None


def _is_over(bonds: Collection[Bond], most: Most) -> bool:
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
