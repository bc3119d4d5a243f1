"""The resolver's memory: bonds and verdicts as rows of the table `state.bonds`, and the recently used ones decoded.

Rule 1. A bond is two rows, one under each of its identifiers, so that all bonds of an identifier are a prefix scan; a
        verdict is two rows beside them. A row is the same whichever of its keys it stands under.
Rule 2. What is added is put every time it is heard, merged with what is there: a claim taken again writes it again.
Rule 3. What is held in memory may run ahead of the store by one chunk that was dropped, which is then taken again (so
        Rule 2); a new generation of the group empties it.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.exact.loop import Put
from agents.tables import StateTable
from pipeline.kin import Bond, KinRules, Pair, Verdict, pair
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

VERDICT = b"verdict"
TOGETHER, APART = "together", "apart"
NOTHING: Mapping[str, Any] = dict.fromkeys(("first", "last", "event", "verdict", "by", "why", "at"))


@dataclass(frozen=True, slots=True)
class Told:
    """An operator's verdict, with who said it, why and when."""

    verdict: Verdict
    by: str | None
    why: str | None
    at: datetime


@dataclass(slots=True)
class _Around:
    """What is known around one identifier."""

    bonds: dict[Pair, Bond] = field(default_factory=dict)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)


@dataclass(slots=True)
class BondMemory:
    """Bonds and verdicts by identifier. `generation` is the group's; `most` bounds the bonds held decoded."""

    table: StateTable
    book: SchemaBook
    rules: KinRules
    generation: Callable[[], int]
    most: int = 200_000
    _partition: int = 0
    _of: int | None = None
    _held: OrderedDict[Identifier, _Around] = field(default_factory=OrderedDict)
    _size: int = 0

    def begin(self, partition: int) -> None:
        """Turn to a chunk of this partition: forget what may be another worker's by now, and what is too much."""
        if self.generation() != self._of:
            self._of = self.generation()
            self._held.clear()
            self._size = 0
        self._partition = partition
        while self._size > self.most:
            _, around = self._held.popitem(last=False)
            self._size -= 1 + len(around.bonds)

    def bonds_at(self, identifier: Identifier) -> Collection[Bond]:
        """Return every bond of an identifier."""
        return self._around(identifier).bonds.values()

    def verdicts_at(self, identifier: Identifier) -> Collection[Verdict]:
        """Return the newest verdict on each pair of an identifier."""
        return self._around(identifier).verdicts.values()

    def add(self, bond: Bond, stamp: int) -> list[Put]:
        """Take a bond; return what to store. `stamp` is epoch milliseconds."""
        known = self._around(bond.stronger).bonds.get(bond.pair)
        whole = bond if known is None else known.merged(bond)
        for identifier in bond.pair:
            around = self._around(identifier)
            self._size += bond.pair not in around.bonds
            around.bonds[bond.pair] = whole
        said = {"first": whole.first, "last": whole.last, "event": whole.event}
        return self._puts(bond.pair, said, b"", stamp)

    def tell(self, told: Told, stamp: int) -> list[Put]:
        """Take an operator's word, which replaces an earlier one on the pair; return what to store."""
        both = told.verdict.pair
        for identifier in both:
            self._around(identifier).verdicts[both] = told.verdict
        word = TOGETHER if told.verdict.together else APART
        return self._puts(both, {"verdict": word, "by": told.by, "why": told.why, "at": told.at}, VERDICT, stamp)

    def _puts(self, both: Pair, said: Mapping[str, Any], suffix: bytes, stamp: int) -> list[Put]:
        stronger, weaker = both
        record = {**NOTHING, "stronger": _record(stronger), "weaker": _record(weaker), **said}
        value = self.book.encode("bond", record)
        keys = (row_key(stronger) + row_key(weaker) + suffix, row_key(weaker) + row_key(stronger) + suffix)
        return [Put(self.table, key, value, stamp) for key in keys]

    def _around(self, identifier: Identifier) -> _Around:
        around = self._held.get(identifier)
        if around is None:
            around = self._held[identifier] = self._read(identifier)
            self._size += 1 + len(around.bonds)
        self._held.move_to_end(identifier)
        return around

    def _read(self, identifier: Identifier) -> _Around:
        around = _Around()
        for _, value in self.table.scan(self._partition, row_key(identifier)):
            row = self.book.decode("bond", value)
            both = pair(_identifier(row["stronger"]), _identifier(row["weaker"]), self.rules)
            if row["verdict"] is None:
                around.bonds[both] = Bond(*both, row["first"], row["last"], row["event"])
            else:
                around.verdicts[both] = Verdict(both, row["verdict"] == TOGETHER)
        return around


def row_key(identifier: Identifier) -> bytes:
    """Return an identifier as a part of a row's key: with its length before it, so that none is another's prefix."""
    text = f"{identifier.type}:{identifier.value}".encode("utf-8", "surrogatepass")
    return b"%d:%s," % (len(text), text)


def _record(identifier: Identifier) -> dict[str, str]:
    return {"type": identifier.type, "value": identifier.value}


def _identifier(record: Mapping[str, str]) -> Identifier:
    return Identifier(record["type"], record["value"])
