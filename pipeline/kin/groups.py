"""A union-find that refuses to join two CRM ids, or what was told apart."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from pipeline.kin.bonds import Pair
from pipeline.kin.outcomes import Outcome
from pipeline.kin.rules import CRM
from pipeline.touchpoint import Identifier


class Groups:
    """Identifiers in groups. A group is called by one of its members, which changes as it grows.

    A group's *claim* is its CRM id, or what stands for the tie that it is in (Rule 4 of this room). Groups of two
    claims never join.
    """

    def __init__(self, nodes: Iterable[Identifier], apart: Collection[Pair]) -> None:
        """Begin with each identifier alone."""
        self._members: dict[Identifier, list[Identifier]] = {node: [node] for node in nodes}
        self._group = {node: node for node in self._members}
        self._claims = {node: node for node in self._members if node.type == CRM}
        self._foes: dict[Identifier, set[Identifier]] = {}
        for one, other in apart:
            self._foes.setdefault(one, set()).add(other)
            self._foes.setdefault(other, set()).add(one)

    @property
    def are_at_peace(self) -> bool:
        """Whether no two groups can be in conflict, now or later: then the order of joins does not matter."""
        return len(self._claims) < 2 and not self._foes  # noqa: PLR2004 -- a conflict takes two

    def of(self, identifier: Identifier) -> Identifier:
        """Return the group of an identifier."""
        return self._group[identifier]

    def members(self) -> Collection[list[Identifier]]:
        """Return the members of each group."""
        return self._members.values()

    def members_of(self, group: Identifier) -> Collection[Identifier]:
        """Return the members of one group."""
        return self._members[group]

    def has_claim(self, group: Identifier) -> bool:
        """Say whether a group has a CRM id, or is in a tie."""
        return group in self._claims

    def foes(self, group: Identifier) -> AbstractSet[Identifier]:
        """Return the groups that a group was told apart from."""
        return self._foes.get(group, set())

    def tie(self, groups: Collection[Identifier], between: Collection[Identifier], name: Identifier) -> None:
        """Give groups without a claim one of their own: they may join each other, but nobody whom they are between."""
        for group in groups:
            self._claims[group] = name
            for foe in between:
                self._foes.setdefault(group, set()).add(foe)
                self._foes.setdefault(foe, set()).add(group)

    def conflict(self, one: Identifier, other: Identifier) -> Outcome | None:
        """Return why two groups may not join, None where they may."""
        claims = self._claims.get(one), self._claims.get(other)
        if None not in claims and claims[0] != claims[1]:
            return Outcome.TWO_CRM_IDS
        return Outcome.TOLD_APART if other in self._foes.get(one, ()) else None

    def join(self, both: Pair) -> Outcome:
        """Join the groups of two identifiers, or say why not."""
        large, small = self._group[both[0]], self._group[both[1]]
        if large == small:
            return Outcome.JOINED
        refused = self.conflict(large, small)
        if refused is not None:
            return refused
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        for member in self._members[small]:
            self._group[member] = large
        self._members[large] += self._members.pop(small)
        if small in self._claims:
            self._claims[large] = self._claims.pop(small)
        for foe in self._foes.pop(small, ()):
            self._foes[foe].remove(small)
            self._foes[foe].add(large)
            self._foes.setdefault(large, set()).add(foe)
        return Outcome.JOINED
