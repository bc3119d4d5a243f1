"""Resolves bonds into customers; the rules are at the head of this room."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from pipeline.ids import derived
from pipeline.kin.bonds import Bond, Pair, Verdict
from pipeline.kin.groups import Groups
from pipeline.kin.outcomes import Outcome
from pipeline.kin.rules import KinRules
from pipeline.kin.standing import Standing, standings, why_not
from pipeline.kin.ties import tie
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Answer:
    """Whose an identifier is: the customer, the identifier that names the customer, and why it is parked, if it is."""

    customer_id: str
    named_by: Identifier
    parked: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for each identifier, and what became of each bond and of each verdict *together*."""

    answers: Mapping[Identifier, Answer]
    outcomes: Mapping[Pair, Outcome]


def customer_named_by(identifier: Identifier) -> str:
    """Return the id of the customer that an identifier names."""
    return derived("customer", identifier.type, identifier.value)


def owner(identifiers: Iterable[Identifier], answers: Mapping[Identifier, Answer]) -> Answer | None:
    """Return whose an event with these identifiers (strongest first) is; None where there are none.

    An identifier without an answer has never been seen with another one, and names a customer of its own.
    """
    first: Answer | None = None
    for identifier in identifiers:
        answer = answers.get(identifier) or Answer(customer_named_by(identifier), identifier)
        if answer.parked is None:
            return answer
        first = first or answer
    return first


def resolve(
    bonds: Collection[Bond],
    verdicts: Collection[Verdict],
    rules: KinRules,
    found: Mapping[Identifier, Standing] | None = None,
) -> Resolution:
    """Resolve a set of bonds, each pair once, under the operators' verdicts, each pair once.

    `found` is where the identifiers stand. It must be given where these are not all bonds of each of them, and names
    every identifier that an answer is wanted for.
    """
    found = standings(bonds, rules) if found is None else found
    told = {identifier for verdict in verdicts for identifier in verdict.pair}
    # What an operator named without it ever having been seen with another is judged too: it may be junk.
    found = {one: Standing(Outcome.JUNK if rules.is_junk(one) else None) for one in told - found.keys()} | dict(found)
    apart = {verdict.pair for verdict in verdicts if verdict.together is False}
    groups = Groups(found, apart)
    outcomes = _obey([verdict.pair for verdict in verdicts if verdict.together], groups, found, rules)
    counted: list[Bond] = []
    for bond in bonds:
        parted = why_not(bond, found)
        why = Outcome.TOLD_APART if bond.pair in apart else parted
        if why is not None:
            outcomes.setdefault(bond.pair, why)
        if parted is None:
            counted.append(bond)
    if groups.are_at_peace:
        outcomes.update((bond.pair, groups.join(bond.pair)) for bond in counted)
        return Resolution(_answers(groups, found, rules), outcomes)
    for _, tier in groupby(sorted(counted, key=lambda b: _order(b, rules)), key=lambda b: _order(b, rules)[:2]):
        outcomes |= _joined(list(tier), apart, groups, rules)
    return Resolution(_answers(groups, found, rules), outcomes)


def _obey(
    together: Iterable[Pair], groups: Groups, found: Mapping[Identifier, Standing], rules: KinRules
) -> dict[Pair, Outcome]:
    """Join what operators said is one, but for junk."""
    outcomes: dict[Pair, Outcome] = {}
    for both in sorted(together, key=lambda both: (rules.rank(both[0]), rules.rank(both[1]))):
        is_junk = any(found[one].parked is Outcome.JUNK for one in both)
        outcomes[both] = Outcome.JUNK if is_junk else groups.join(both)
    return outcomes


def _joined(tier: Collection[Bond], apart: Collection[Pair], groups: Groups, rules: KinRules) -> dict[Pair, Outcome]:
    """Take all bonds between two types at once, so that none of them is ahead of another for its spelling."""
    linking = [bond for bond in tier if bond.pair not in apart]
    tie(groups, linking, [bond for bond in tier if bond.pair in apart], rules)
    return {bond.pair: groups.join(bond.pair) for bond in linking}


def _order(bond: Bond, rules: KinRules) -> tuple[int, int, str, str]:
    both = bond.pair
    return rules.strength(both[0].type), rules.strength(both[1].type), both[0].value, both[1].value


def _answers(groups: Groups, found: Mapping[Identifier, Standing], rules: KinRules) -> dict[Identifier, Answer]:
    answers: dict[Identifier, Answer] = {}
    for members in groups.members():
        strongest = min(members, key=rules.rank)
        for one in members:
            answers[one] = Answer(customer_named_by(strongest), strongest, found[one].parked)
    return answers
