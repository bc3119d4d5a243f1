"""Builds identifiers, events and operators' words, and keeps them as the resolver does, in a dict that counts reads.

Rule 1. A world is small and dense: a dozen identifiers and low limits, so that all that can conflict does, often.
Rule 2. What the resolver would tell a directory stands in `directory`: the newest answer for each identifier.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st

from pipeline.kin import (
    Answer,
    Bond,
    Gathered,
    KinRules,
    Limit,
    News,
    Pair,
    Resolution,
    Verdict,
    World,
    bonds_of,
    pair,
    reachable,
    resolve,
)
from pipeline.kin.bonds import newest
from pipeline.kin.standing import standings
from pipeline.touchpoint import Identifier
from tests.builders import NOON

UNHURRIED = settings(deadline=None)
"""A law holds however busy the machine is."""

TIGHT = KinRules(
    limits={
        "email": Limit(shared_by=1, held=2),
        "phone": Limit(shared_by=1, held=2),
        "visitor_id": Limit(shared_by=2, held=2, within=timedelta(days=2)),
        "handle": Limit(shared_by=1, held=3),
    }
)
"""Every limit is passed by the second or third."""

WIDE = KinRules(limits={})
"""No limits."""


def crm(number: int) -> Identifier:
    """Return a company's own customer id."""
    return Identifier("crm_id", f"C-{number}")


def email(number: int) -> Identifier:
    """Return an address."""
    return Identifier("email", f"ana{number}@example.com")


def phone(number: int) -> Identifier:
    """Return a number of the range that is kept for fiction."""
    return Identifier("phone", f"+4420794{number:06d}")


def visitor(number: int) -> Identifier:
    """Return a browser."""
    return Identifier("visitor_id", f"v-{number}")


PEOPLE = (
    *map(crm, range(3)),
    *map(email, range(4)),
    *map(phone, range(4)),
    *map(visitor, range(3)),
    Identifier("handle", "trustpilot:ana"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Identifiers that stood on one event, and the day that it was."""

    name: str
    identifiers: frozenset[Identifier]
    day: int = 0

    def news(self, rules: KinRules) -> News:
        """Return what its claim brings."""
        return News(tuple(bonds_of(self.identifiers, NOON + timedelta(days=self.day), self.name, rules)), (), self.name)


def event(name: str, *identifiers: Identifier, day: int = 0) -> Event:
    """Return an event."""
    return Event(name, frozenset(identifiers), day)


def word(one: Identifier, other: Identifier, *, together: bool, minute: int) -> Verdict:
    """Return an operator's word on a pair."""
    return Verdict(pair(one, other, WIDE), together=together, at=NOON + timedelta(minutes=minute))


def events_of(people: Collection[Identifier] = PEOPLE, most: int = 9) -> st.SearchStrategy[list[Event]]:
    """Draw the events of a world."""
    sets = st.frozensets(st.sampled_from(list(people)), min_size=2, max_size=4)
    drawn = st.lists(st.tuples(sets, st.integers(0, 6)), max_size=most)
    return drawn.map(lambda all_: [Event(f"chat/{n}", who, day) for n, (who, day) in enumerate(all_)])


def words_of(people: Collection[Identifier] = PEOPLE) -> st.SearchStrategy[list[Verdict]]:
    """Draw operators' words, each at a moment of its own; any pair may have several."""
    pairs = st.lists(st.sampled_from(list(people)), min_size=2, max_size=2, unique=True)
    drawn = st.lists(st.tuples(pairs, st.booleans()), max_size=4)
    return drawn.map(lambda all_: [word(*both, together=together, minute=n) for n, (both, together) in enumerate(all_)])


junk = st.frozensets(st.sampled_from(PEOPLE[3:]), max_size=1)


def with_junk(rules: KinRules, junk: Collection[Identifier]) -> KinRules:
    """Return the rules with a longer junk list."""
    return replace(rules, is_junk=lambda identifier: identifier in junk)


def bonds_in(events: Iterable[Event], rules: KinRules) -> tuple[Bond, ...]:
    """Return all bonds of some events, each pair once."""
    bonds: dict[Pair, Bond] = {}
    for one in events:
        for bond in one.news(rules).bonds:
            bonds[bond.pair] = bond.merged(bonds[bond.pair]) if bond.pair in bonds else bond
    return tuple(bonds.values())


def whole(events: Iterable[Event], verdicts: Iterable[Verdict], rules: KinRules) -> Resolution:
    """Resolve everything at once."""
    return resolve(bonds_in(events, rules), newest(verdicts), rules)


def world_of(events: Iterable[Event], verdicts: Iterable[Verdict], rules: KinRules) -> World:
    """Return everything as one world."""
    bonds = bonds_in(events, rules)
    return World(bonds, newest(verdicts), standings(bonds, rules))


def customers(answers: Mapping[Identifier, Answer]) -> frozenset[frozenset[Identifier]]:
    """Return who is one customer."""
    members: dict[str, set[Identifier]] = {}
    for one, answer in answers.items():
        members.setdefault(answer.customer_id, set()).add(one)
    return frozenset(map(frozenset, members.values()))


@dataclass(slots=True)
class Store:
    """What the resolver keeps, and what it told the directory. `reads` counts the rows that were read."""

    rules: KinRules
    bonds: dict[Identifier, dict[str, dict[Identifier, Bond]]] = field(default_factory=dict)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)
    directory: dict[Identifier, Answer] = field(default_factory=dict)
    reads: int = 0

    def bonds_at(self, one: Identifier, type_: str) -> Iterator[Bond]:
        """Yield an identifier's bonds with a type, row by row."""
        for bond in self.bonds.get(one, {}).get(type_, {}).values():
            self.reads += 1
            yield bond

    def verdicts_at(self, one: Identifier) -> Iterator[Verdict]:
        """Yield the words on an identifier."""
        return (verdict for verdict in self.verdicts.values() if one in verdict.pair)

    def hear(self, news: News, start: Collection[Identifier] = (), formerly: KinRules | None = None) -> Gathered:
        """Take news: gather, resolve, tell the directory, and only then keep it."""
        gathered = reachable(start, self.bonds_at, self.verdicts_at, self.rules, news, formerly=formerly)
        self.directory |= gathered.now.resolved(self.rules).answers
        self.keep(news)
        return gathered

    def obey(self, rules: KinRules) -> None:
        """Take other rules; a row is read by the rules of the day, so each bond has its stronger one first."""
        self.rules = rules
        for by_type in self.bonds.values():
            for rows in by_type.values():
                for other, bond in rows.items():
                    stronger, weaker = pair(*bond.pair, rules)
                    rows[other] = replace(bond, stronger=stronger, weaker=weaker)
        self.verdicts = {(p := pair(*v.pair, rules)): replace(v, pair=p) for v in self.verdicts.values()}

    def keep(self, news: News) -> None:
        """Write the rows of news."""
        for bond in news.bonds:
            for one in bond.pair:
                rows = self.bonds.setdefault(one, {}).setdefault(bond.other(one).type, {})
                known = rows.get(bond.other(one))
                rows[bond.other(one)] = bond if known is None else bond.merged(known)
        for verdict in news.verdicts:
            self.verdicts[verdict.pair] = max(verdict, self.verdicts.get(verdict.pair, verdict), key=lambda v: v.at)
