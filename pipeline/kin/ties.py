"""Finds what equally strong bonds tie to two customers at once (Rule 4 of this room).

Rule 1. All bonds between the same two types are looked at together. Take away the groups that have a claim (a CRM id):
        what then still hangs together is a *piece*. A piece that touches two claims belongs to neither.
Rule 2. The same again with what was told apart: a piece between two groups that an operator told apart is neither's.
Rule 3. A bond that was told apart joins nobody, but it still counts as a touch (Rule 8 of this room).
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

from pipeline.kin.bonds import Bond
from pipeline.kin.groups import Groups
from pipeline.kin.rules import KinRules
from pipeline.touchpoint import Identifier

Web = dict[Identifier, set[Identifier]]


def tie(groups: Groups, linking: Collection[Bond], touching: Collection[Bond], rules: KinRules) -> None:
    """Tie the pieces that belong to nobody; `touching` are the bonds of the tier that were told apart."""
    links = _web(groups, linking)
    touches = _web(groups, [*linking, *touching])
    claimed = {group for group in touches if groups.has_claim(group)}
    _tie(groups, _pieces(links, claimed), touches, claimed, rules)
    claimed = {group for group in touches if groups.has_claim(group)}
    parties = {group for group in touches if any(foe in touches for foe in groups.foes(group))} - claimed
    pieces = [*_pieces(links, claimed | parties), *({party} for party in parties)]
    _tie(groups, pieces, touches, claimed | parties, rules)


def _tie(
    groups: Groups, pieces: Iterable[set[Identifier]], touches: Web, anchors: set[Identifier], rules: KinRules
) -> None:
    """Tie each piece that touches two anchors that may not join."""
    torn = [(piece, {near for group in piece for near in touches[group]} & anchors) for piece in pieces]
    torn = [each for each in torn if any(groups.conflict(*both) for both in combinations(each[1], 2))]
    for piece, touched in torn:
        groups.tie(piece, touched, min((m for group in piece for m in groups.members_of(group)), key=rules.rank))


def _pieces(links: Web, anchors: Collection[Identifier]) -> Iterator[set[Identifier]]:
    seen: set[Identifier] = set(anchors)
    for start in links:
        if start in seen:
            continue
        piece, rest = {start}, [start]
        while rest:
            new = links[rest.pop()] - seen - piece
            piece |= new
            rest += new
        seen |= piece
        yield piece


def _web(groups: Groups, bonds: Collection[Bond]) -> Web:
    web: Web = {}
    for bond in bonds:
        one, other = groups.of(bond.stronger), groups.of(bond.weaker)
        if one != other:
            web.setdefault(one, set()).add(other)
            web.setdefault(other, set()).add(one)
    return web
