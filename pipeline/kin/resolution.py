"""Resolves bonds into customers; the rules are at the head of this room."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush

from pipeline.ids import derived
from pipeline.kin.bonds import Bond, Pair
from pipeline.kin.rules import KinRules, Limit
from pipeline.touchpoint import Identifier

CRM = "crm_id"


class Outcome(StrEnum):
    """What became of a bond."""

    JOINED = "joined"
    TWO_CRM_IDS = "two_crm_ids"
    TOLD_APART = "told_apart"
    JUNK = "junk"
    CLAIMED_BY_TWO = "claimed_by_two"
    SHARED_BY_TOO_MANY = "shared_by_too_many"
    HOLDS_TOO_MANY = "holds_too_many"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An operator's word on two identifiers: `together` or apart. The newest word on a pair counts."""

    pair: Pair
    together: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Whose an identifier is: the customer, the identifier that names the customer, and why it is parked, if it is."""

    customer_id: str
    named_by: Identifier
    parked: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for each identifier, and what became of each bond."""

    answers: Mapping[Identifier, Answer]
    outcomes: Mapping[Pair, Outcome]


def customer_named_by(identifier: Identifier) -> str:
    """Return the id of the customer that an identifier names."""
    return derived("customer", identifier.type, identifier.value)


def owner(identifiers: Iterable[Identifier], answers: Mapping[Identifier, Answer]) -> Answer | None:
    """Return whose an event with these identifiers (strongest first) is; None where there are none.

    An identifier without an answer has never been seen with another one, and names a customer of its own.
    """
    first: Identifier | None = None
    for identifier in identifiers:
        first = first or identifier
        answer = answers.get(identifier)
        if answer is None:
            return Answer(customer_named_by(identifier), identifier)
        if answer.parked is None:
            return answer
    return None if first is None else Answer(customer_named_by(first), first, answers[first].parked)


def resolve(bonds: Collection[Bond], verdicts: Collection[Verdict], rules: KinRules) -> Resolution:
    """Resolve a set of bonds, each pair once, under the operators' verdicts, each pair once."""
    apart = {verdict.pair for verdict in verdicts if not verdict.together}
    together = sorted((v.pair for v in verdicts if v.together), key=lambda p: (rules.rank(p[0]), rules.rank(p[1])))
    counted = [bond for bond in bonds if bond.pair not in apart]
    parked = _parked(counted, rules)
    full = _full(counted, rules)
    nodes = {identifier for bond in bonds for identifier in bond.pair} | {i for v in verdicts for i in v.pair}
    groups = _Groups(nodes, apart)
    outcomes: dict[Pair, Outcome] = {}
    for both in together:
        outcomes[both] = groups.join(*both)
    for bond in sorted(bonds, key=lambda b: (rules.rank(b.stronger), rules.rank(b.weaker))):
        why = parked.get(bond.stronger) or parked.get(bond.weaker)
        if bond.pair in apart:
            outcomes[bond.pair] = Outcome.TOLD_APART
        elif why is not None:
            outcomes.setdefault(bond.pair, why)
        elif (bond.stronger, bond.weaker.type) in full:
            outcomes.setdefault(bond.pair, Outcome.HOLDS_TOO_MANY)
        else:
            outcomes[bond.pair] = groups.join(*bond.pair)
    answers: dict[Identifier, Answer] = {}
    for members in groups.members():
        strongest = min(members, key=rules.rank)
        for member in members:
            alone = len(members) == 1
            answers[member] = Answer(customer_named_by(strongest), strongest, parked.get(member) if alone else None)
    return Resolution(answers, outcomes)


def _parked(bonds: Iterable[Bond], rules: KinRules) -> dict[Identifier, Outcome]:
    """Return the identifiers that link nobody, with why (Rule 3)."""
    sharing: dict[Identifier, dict[str, list[Bond]]] = defaultdict(lambda: defaultdict(list))
    found: dict[Identifier, Outcome] = {}
    for bond in bonds:
        if bond.stronger.type != bond.weaker.type:
            sharing[bond.weaker][bond.stronger.type].append(bond)
        for identifier in bond.pair:
            if rules.is_junk(identifier):
                found[identifier] = Outcome.JUNK
    for weaker, by_type in sharing.items():
        limit = rules.limits.get(weaker.type)
        if weaker in found:
            continue
        if len(by_type.get(CRM, ())) > 1:
            found[weaker] = Outcome.CLAIMED_BY_TWO
        elif limit is not None and any(_most_at_once(b, limit) > limit.shared_by for b in by_type.values()):
            found[weaker] = Outcome.SHARED_BY_TOO_MANY
    return found


def _full(bonds: Iterable[Bond], rules: KinRules) -> set[tuple[Identifier, str]]:
    """Return which identifiers hold too many values of a weaker type, as (identifier, type)."""
    holding: dict[tuple[Identifier, str], list[Bond]] = defaultdict(list)
    for bond in bonds:
        if bond.stronger.type != bond.weaker.type:
            holding[bond.stronger, bond.weaker.type].append(bond)
    return {
        key
        for key, held in holding.items()
        if (limit := rules.limits.get(key[1])) is not None and _most_at_once(held, limit) > limit.held
    }


def _most_at_once(bonds: Collection[Bond], limit: Limit) -> int:
    """Return the largest number of bonds that were seen within one window; each counts from first to last seen."""
    if limit.within is None:
        return len(bonds)
    open_until: list[datetime] = []
    most = 0
    for bond in sorted(bonds, key=lambda b: b.first):
        while open_until and open_until[0] < bond.first:
            heappop(open_until)
        heappush(open_until, _later(bond.last, limit.within))
        most = max(most, len(open_until))
    return most


def _later(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


@dataclass(slots=True)
class _Groups:
    """A union-find that refuses to join two CRM ids, or what was told apart (Rule 2)."""

    nodes: Collection[Identifier]
    apart: Collection[Pair]
    _root: dict[Identifier, Identifier] = field(default_factory=dict)
    _members: dict[Identifier, list[Identifier]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._root = {node: node for node in self.nodes}
        self._members = {node: [node] for node in self.nodes}

    def members(self) -> Collection[list[Identifier]]:
        return self._members.values()

    def join(self, one: Identifier, other: Identifier) -> Outcome:
        large, small = self._root[one], self._root[other]
        if large == small:
            return Outcome.JOINED
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        both = [*self._members[large], *self._members[small]]
        if sum(member.type == CRM for member in both) > 1:
            return Outcome.TWO_CRM_IDS
        if any(self._root.get(a) in (large, small) and self._root.get(b) in (large, small) for a, b in self.apart):
            if any({self._root.get(a), self._root.get(b)} == {large, small} for a, b in self.apart):
                return Outcome.TOLD_APART
        for member in self._members[small]:
            self._root[member] = large
        self._members[large] = both
        del self._members[small]
        return Outcome.JOINED
