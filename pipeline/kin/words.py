"""Operators' words, merge and split, as verdicts on pairs.

Rule 1. A merge first takes back: if a split told the two apart, that split becomes *together*, and split then merge is
        where you began. Else it is *together* on the two identifiers, and on every pair of their customers that was
        told apart. Two CRM ids are refused, and so is junk. Two that are one customer already need no word.
Rule 2. A split first takes back: if a merge holds the identifier's customer together, the newest such merge is taken
        back: to *apart* where the two had been told apart before, else to nothing. So merge then split is where you
        began. Else the identifier is told apart from all others of it.
Rule 3. The newest word on a pair counts, and a word is spoken once: one that the world has heard already (verdicts of
        its own moment) says nothing new.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.kin.bonds import Pair, Verdict, newest, pair
from pipeline.kin.gather import World
from pipeline.kin.outcomes import Outcome
from pipeline.kin.resolution import resolve
from pipeline.kin.rules import CRM, KinRules
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class NotMerged:
    """Why a merge is refused (two CRM ids, or junk), and the identifiers that stand in its way."""

    reason: Outcome
    identifiers: tuple[Identifier, ...]


def merge(
    one: Identifier, other: Identifier, world: World, rules: KinRules, at: datetime
) -> tuple[Verdict, ...] | NotMerged:
    """Return the verdicts that make one customer of two; `world` must hold the components of both."""
    junk = tuple(each for each in (one, other) if rules.is_junk(each))
    if junk:
        return NotMerged(Outcome.JUNK, junk)
    spoken = _spoken(world, at)
    if spoken:
        return spoken
    here, there = _customer_of(one, world, world.verdicts, rules), _customer_of(other, world, world.verdicts, rules)
    if other in here:
        return ()
    taken_back = _split_taken_back(pair(one, other, rules), world, at)
    if taken_back and other in _customer_of(one, world, newest((*world.verdicts, *taken_back)), rules):
        return taken_back
    crm = sorted(each for each in here | there if each.type == CRM)
    if len(crm) > 1:
        return NotMerged(Outcome.TWO_CRM_IDS, tuple(crm))
    between = [
        v.pair
        for v in world.verdicts
        if v.together is False and len(here & set(v.pair)) == len(there & set(v.pair)) == 1
    ]
    both = pair(one, other, rules)
    return tuple(Verdict(each, together=True, at=at, over=each in between) for each in dict.fromkeys((both, *between)))


def split(identifier: Identifier, world: World, rules: KinRules, at: datetime) -> tuple[Verdict, ...]:
    """Return the verdicts that take an identifier out of its customer; none where it is alone in it."""
    spoken = _spoken(world, at)
    if spoken:
        return spoken
    customer = _customer_of(identifier, world, world.verdicts, rules)
    for merged in _merges(customer, world.verdicts):
        taken_back = tuple(Verdict(each.pair, False if each.over else None, at) for each in merged)
        if _customer_of(identifier, world, newest((*world.verdicts, *taken_back)), rules) != customer:
            return taken_back
    rest = sorted(customer - {identifier}, key=rules.rank)
    return tuple(Verdict(pair(identifier, each, rules), together=False, at=at) for each in rest)


def _spoken(world: World, at: datetime) -> tuple[Verdict, ...]:
    """Return what was said at this moment. A split that took a merge back leaves the other half out of the world."""
    return tuple(verdict for verdict in (*world.verdicts, *world.outward) if verdict.at == at)


def _split_taken_back(both: Pair, world: World, at: datetime) -> tuple[Verdict, ...]:
    """Return the split that told two apart, or took back their merge, as *together*; what has one moment is one."""
    moments = {verdict.at for verdict in world.verdicts if verdict.pair == both and not verdict.together}
    told = (verdict for verdict in world.verdicts if verdict.at in moments and not verdict.together)
    return tuple(Verdict(each.pair, together=True, at=at, over=each.together is False) for each in told)


def _merges(customer: Collection[Identifier], verdicts: Iterable[Verdict]) -> list[list[Verdict]]:
    """Return the merges within a customer, the newest first: the verdicts of one moment are one merge."""
    by_moment: dict[datetime, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.together and all(one in customer for one in verdict.pair):
            by_moment.setdefault(verdict.at, []).append(verdict)
    return [by_moment[at] for at in sorted(by_moment, reverse=True)]


def _customer_of(
    identifier: Identifier, world: World, verdicts: Collection[Verdict], rules: KinRules
) -> frozenset[Identifier]:
    answers = resolve(world.bonds, verdicts, rules, world.found).answers
    if identifier not in answers:
        return frozenset({identifier})
    customer = answers[identifier].customer_id
    return frozenset(one for one, answer in answers.items() if answer.customer_id == customer)
