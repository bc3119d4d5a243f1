"""Taking a person out of who is who: which identifiers are the person's, and who else is concerned.

Rule 1. A person is all identifiers of the customer, and no more: what is parked, or was kept apart, is others' too.
Rule 2. Concerned are those that ever stood with one of them, or that an operator spoke of together with one, and all
        that hangs together with these: their state may hold touchpoints of the person that moved on since.
Rule 3. Those are resolved anew as if the person had never been; an identifier that the person parked may come free.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipeline.kin.bonds import Bond, Verdict, pair_digest
from pipeline.kin.gather import BondsAt, Gathered, VerdictsAt, reachable
from pipeline.kin.rules import KinRules
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person's identifiers (strongest first), bonds and words to be forgotten, and the others as they are without."""

    identifiers: tuple[Identifier, ...]
    bonds: tuple[Bond, ...]
    verdicts: tuple[Verdict, ...]
    others: Gathered


def erasure(start: Collection[Identifier], bonds_at: BondsAt, verdicts_at: VerdictsAt, rules: KinRules) -> Erasure:
    """Return what erasing the customers of these identifiers takes out, and leaves."""
    answers = reachable(start, bonds_at, verdicts_at, rules).now.resolved(rules).answers
    customers = {answers[one].customer_id for one in start}
    whose = frozenset(one for one, answer in answers.items() if answer.customer_id in customers)
    bonds = {b.pair: b for one in whose for type_ in rules.strongest_first for b in bonds_at(one, type_)}
    verdicts = {v.pair: v for one in whose for v in verdicts_at(one)}
    near = {one for both in (*bonds, *verdicts) for one in both} - whose

    def bonds_without(one: Identifier, type_: str) -> Iterator[Bond]:
        return (bond for bond in bonds_at(one, type_) if bond.other(one) not in whose)

    def verdicts_without(one: Identifier) -> Iterator[Verdict]:
        return (verdict for verdict in verdicts_at(one) if verdict.other(one) not in whose)

    return Erasure(
        tuple(sorted(whose, key=rules.rank)),
        tuple(bonds.values()),
        tuple(verdicts.values()),
        reachable(sorted(near, key=rules.rank), bonds_without, verdicts_without, rules),
    )


def digests(bond: Bond, rules: KinRules) -> tuple[str, ...]:
    """Return all that may stand for a bond's pair in the directory: one in each window that it was seen in."""
    limit = rules.limits.get(bond.weaker.type)
    moment, found = bond.first, [pair_digest(bond.pair, bond.first, rules)]
    while limit is not None and limit.within is not None and moment + limit.within < bond.last:
        moment += limit.within
        found.append(pair_digest(bond.pair, moment, rules))
    return tuple(dict.fromkeys((*found, pair_digest(bond.pair, bond.last, rules))))
