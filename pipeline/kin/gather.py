"""Gathers what a piece of news can change: the component that it lies in, and no more.

Rule 1. From what the news names, along every bond that links, and every word *together*, now or before the news: an
        identifier that the news parks is passed through this once, so that all that it had joined is resolved again.
Rule 2. A parked identifier is a leaf: it is gathered, for an event may carry it, and not passed through.
Rule 3. Each identifier is judged by its own bonds, read only until they are over a limit (`pipeline.kin.standing`).
Rule 4. What was before is told by the news itself: the store without the bonds that this event showed first. So a claim
        that comes again is told the same as at first, whether the store has heard of it or not.
Rule 5. After a change of rules, gather from each identifier once, with the rules that were as `formerly`: what they had
        joined is passed through once, so that whoever answered for it is told.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.kin.bonds import Bond, Pair, Verdict
from pipeline.kin.outcomes import Outcome
from pipeline.kin.resolution import Resolution, resolve
from pipeline.kin.rules import KinRules
from pipeline.kin.standing import Standing, over, standing, until_over, why_not
from pipeline.touchpoint import Identifier

BondsAt = Callable[[Identifier, str], Iterable[Bond]]
"""Gives an identifier's bonds with identifiers of a type; lazily where they are many: it may be left before its end."""

VerdictsAt = Callable[[Identifier], Iterable[Verdict]]
"""Gives the newest word on each pair of which an identifier is one."""


@dataclass(frozen=True, slots=True)
class News:
    """What a claim or a command brings; `event` is the source/event_id, None for a command."""

    bonds: Collection[Bond] = ()
    verdicts: Collection[Verdict] = ()
    event: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Bonds and verdicts, and where their identifiers stand.

    `outward` are the words on pairs of which one is here and the other is not: told apart, they do not hang together.
    """

    bonds: tuple[Bond, ...]
    verdicts: tuple[Verdict, ...]
    found: Mapping[Identifier, Standing]
    outward: tuple[Verdict, ...] = ()

    def resolved(self, rules: KinRules) -> Resolution:
        """Return who is one customer in it."""
        return resolve(self.bonds, self.verdicts, rules, self.found)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that the news can change, as it is `now`, with the news, and as it was `before`."""

    now: World
    before: World
    news: News
    formerly: KinRules

    @property
    def identifiers(self) -> Collection[Identifier]:
        """The identifiers whose answers the news can change, and the parked ones next to them."""
        return self.now.found.keys()


@dataclass(slots=True)
class _Side:
    """One of the two worlds, as far as it was read."""

    rules: KinRules
    own: dict[Identifier, dict[Pair, Bond]] = field(default_factory=dict)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)
    found: dict[Identifier, Standing] = field(default_factory=dict)

    def learn(self, one: Identifier, by_type: Mapping[str, list[Bond]], verdicts: Iterable[Verdict]) -> None:
        self.own[one] = {bond.pair: bond for bonds in by_type.values() for bond in bonds}
        self.verdicts.update((verdict.pair, verdict) for verdict in verdicts)
        self.found[one] = standing(one, by_type, self.rules)

    def learn_from(self, other: "_Side", one: Identifier) -> None:
        """Take what the other side, which has the same rules, learned of an identifier without words."""
        self.own[one], self.found[one] = other.own[one], other.found[one]

    def leads_on(self, one: Identifier, other: str) -> bool:
        """Say whether `one` links to those of type `other`, as far as it alone tells."""
        here = self.found[one]
        return here.parked is None and other not in here.full

    def is_next(self, bond: Bond, other: Identifier) -> bool:
        """Say whether a bond that leads on ends in what is gathered, the parked `other` included; both are read."""
        return self.found[other].parked is not None or why_not(bond, self.found) is None

    def bonds_within(self, identifiers: Collection[Identifier]) -> tuple[Bond, ...]:
        bonds: dict[Pair, Bond] = {}
        for one in identifiers:
            bonds.update(self.own[one])
        return tuple(b for (one, other), b in bonds.items() if one in identifiers and other in identifiers)

    def world(self, identifiers: Collection[Identifier]) -> World:
        return World(
            self.bonds_within(identifiers),
            tuple(v for v in self.verdicts.values() if all(one in identifiers for one in v.pair)),
            {one: self.found[one] for one in identifiers},
            tuple(v for v in self.verdicts.values() if not all(one in identifiers for one in v.pair)),
        )


@dataclass(slots=True)
class _Reading:
    """Reads each identifier once, into both worlds."""

    bonds_at: BondsAt
    verdicts_at: VerdictsAt
    news: News
    now: _Side
    before: _Side

    def of(self, one: Identifier) -> None:
        if one in self.now.found:
            return
        before, fresh = self._read(one)
        verdicts = {verdict.pair: verdict for verdict in self.verdicts_at(one)}
        words: dict[Pair, Verdict] = {word.pair: word for word in self.news.verdicts if one in word.pair}
        self.before.learn(one, before, (v for v in verdicts.values() if words.get(v.pair) != v))
        fresh += [bond for bond in self.news.bonds if one in bond.pair]
        if not fresh and not verdicts and not words and self.now.rules is self.before.rules:
            self.now.learn_from(self.before, one)
            return
        now = {type_: list(bonds) for type_, bonds in before.items()}
        for bond in fresh:
            _add(bond, now.setdefault(bond.other(one).type, []))
        self.now.learn(one, now, (_newest(v, verdicts.get(v.pair)) for v in (verdicts | words).values()))

    def _read(self, one: Identifier) -> tuple[dict[str, list[Bond]], list[Bond]]:
        """Return the bonds that were before, by type, and what the store has heard of the news."""
        before: dict[str, list[Bond]] = {}
        fresh: list[Bond] = []
        sides = {id(side.rules): side.rules for side in (self.before, self.now)}.values()
        linking = [rules for rules in sides if not rules.is_junk(one)]
        for type_ in self.now.rules.strongest_first:
            if not linking:
                break  # it was parked and stays so, whatever else it stands with
            stored = self.bonds_at(one, type_)
            if not stored:
                continue
            older = before[type_] = until_over(one.type, type_, self._older(stored, fresh), linking)
            linking = [r for r in linking if over(one.type, type_, older, r) in (None, Outcome.HOLDS_TOO_MANY)]
        return before, fresh

    def _older(self, stored: Iterable[Bond], fresh: list[Bond]) -> Iterable[Bond]:
        """Yield the bonds that another event showed first; the others go to `fresh`."""
        if self.news.event is None:
            yield from stored
            return
        for bond in stored:
            if bond.event == self.news.event:
                fresh.append(bond)
            else:
                yield bond

    def next_to(self, one: Identifier) -> Iterable[Identifier]:
        """Return what is gathered with `one`: what it links to in either world, and the parked that it stands with."""
        now, before = self.now, self.before
        for bond in now.own[one].values():  # what was before is among them
            other = bond.other(one)
            sides = [s for s in (now, before) if bond.pair in s.own[one] and s.leads_on(one, other.type)]
            if sides:
                self.of(other)
            if any(side.is_next(bond, other) for side in sides):
                yield other
        for side in (now, before):
            if side.verdicts:
                yield from [v.other(one) for v in side.verdicts.values() if v.together and one in v.pair]


def reachable(  # noqa: PLR0913 -- the store's two questions, the rules and the news; a class for them would say no more
    start: Iterable[Identifier],
    bonds_at: BondsAt,
    verdicts_at: VerdictsAt,
    rules: KinRules,
    news: News | None = None,
    *,
    formerly: KinRules | None = None,
) -> Gathered:
    """Return all that `news` can change (what it names is a start too), or without news the components of `start`.

    `formerly` are the rules before, where they have changed. Bonds and verdicts have the now stronger one first.
    """
    news = news or News()
    reading = _Reading(bonds_at, verdicts_at, news, _Side(rules), _Side(formerly or rules))
    pairs = [*(bond.pair for bond in news.bonds), *(verdict.pair for verdict in news.verdicts)]
    rest = list(dict.fromkeys((*start, *(one for both in pairs for one in both))))
    gathered: dict[Identifier, None] = {}
    while rest:
        one = rest.pop()
        if one in gathered:
            continue
        gathered[one] = None
        reading.of(one)
        rest += reading.next_to(one)
    return Gathered(reading.now.world(gathered), reading.before.world(gathered), news, formerly or rules)


def _add(bond: Bond, bonds: list[Bond]) -> None:
    """Add a bond to others of its identifier and type, of each pair one."""
    for place, known in enumerate(bonds):
        if known.pair == bond.pair:
            bonds[place] = bond.merged(known)
            return
    bonds.append(bond)


def _newest(one: Verdict, other: Verdict | None) -> Verdict:
    return one if other is None or one.at >= other.at else other
