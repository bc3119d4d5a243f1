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

from pipeline.kin.bonds import Bond, Outcome, Pair, Verdict
from pipeline.kin.resolution import Resolution, resolve
from pipeline.kin.rules import KinRules
from pipeline.kin.standing import Standing, over, standing, until_over, why_not
from pipeline.touchpoint import Identifier

BondsAt = Callable[[Identifier, str], Iterable[Bond]]
"""Gives an identifier's bonds with identifiers of a type; lazily, since it may be left before its end."""

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
        self.verdicts |= {verdict.pair: verdict for verdict in verdicts}
        self.found[one] = standing(one, lambda type_: by_type.get(type_, ()), self.rules)

    def bonds_within(self, identifiers: Collection[Identifier]) -> tuple[Bond, ...]:
        bonds = {pair: bond for one in identifiers for pair, bond in self.own[one].items()}
        return tuple(bond for both, bond in bonds.items() if all(one in identifiers for one in both))

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
        now: dict[str, list[Bond]] = {}
        before: dict[str, list[Bond]] = {}
        sides = {id(side.rules): side.rules for side in (self.before, self.now)}.values()
        linking = [rules for rules in sides if not rules.is_junk(one)]
        for type_ in self.now.rules.strongest_first:
            if not linking:
                break  # it was parked and stays so, whatever else it stands with
            before[type_], now[type_] = self._read(one, type_, linking)
            parks = [over(one.type, type_, before[type_], rules) for rules in linking]
            linking = [r for r, why in zip(linking, parks, strict=True) if why in (None, Outcome.HOLDS_TOO_MANY)]
        self._add_news(one, now)
        verdicts = {verdict.pair: verdict for verdict in self.verdicts_at(one)}
        words: dict[Pair, Verdict] = {word.pair: word for word in self.news.verdicts if one in word.pair}
        self.before.learn(one, before, (v for v in verdicts.values() if words.get(v.pair) != v))
        self.now.learn(one, now, (_newest(v, verdicts.get(v.pair)) for v in (verdicts | words).values()))

    def _read(self, one: Identifier, type_: str, rules: Collection[KinRules]) -> tuple[list[Bond], list[Bond]]:
        """Return what was before, and that with what the store has heard of the news."""
        fresh: list[Bond] = []

        def older() -> Iterable[Bond]:
            for bond in self.bonds_at(one, type_):
                if self.news.event is not None and bond.event == self.news.event:
                    fresh.append(bond)
                else:
                    yield bond

        old = list(until_over(one.type, type_, older(), rules))
        return old, [*old, *fresh]

    def _add_news(self, one: Identifier, now: dict[str, list[Bond]]) -> None:
        for bond in self.news.bonds:
            if one in bond.pair:
                bonds = now.setdefault(bond.other(one).type, [])
                known = next((each for each in bonds if each.pair == bond.pair), None)
                if known is not None:
                    bonds.remove(known)
                bonds.append(bond if known is None else bond.merged(known))

    def next_to(self, one: Identifier) -> Iterable[Identifier]:
        """Return what is gathered with `one`: what it links to in either world, and the parked that it stands with."""
        for side in (self.now, self.before):
            for bond in side.own[one].values():
                other = bond.other(one)
                if side.found[one].parked or other.type in side.found[one].full:
                    continue
                self.of(other)
                both = {one: side.found[one], other: side.found[other]}
                if side.found[other].parked or why_not(bond, both) is None:
                    yield other
            yield from (v.other(one) for v in list(side.verdicts.values()) if v.together and one in v.pair)


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

    `formerly` are the rules before, where they have changed; the order of the types must be the same.
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


def _newest(one: Verdict, other: Verdict | None) -> Verdict:
    return one if other is None or one.at >= other.at else other
