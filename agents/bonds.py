"""The resolver's memory: bonds and verdicts as rows of the table `state.bonds`.

Rule 1. A bond is two rows, one under each of its identifiers, so that an identifier's bonds with a type are a prefix
        scan, which may be left before its end. A verdict is two rows beside them. Both rows have the same value.
Rule 2. What is added is put every time it is heard, merged with what is there: a claim taken again writes it again.
Rule 3. What the chunk under way adds is seen before it is stored; `begin` forgets it, since by then it is stored, or
        was dropped and comes again.
Rule 4. What stands around an identifier is read at once and kept for the chunk, unless it is more than `AT_ONCE` rows:
        then it is read by type, and only as far as it is asked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from agents.exact.loop import Put
from agents.tables import StateTable
from pipeline.kin import Bond, KinRules, Pair, Verdict, pair
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

TOGETHER, APART = "together", "apart"
TOLD = b"!"
"""Stands between the identifiers of a verdict's key; no type begins so."""

AT_ONCE = 64
"""Rows: nearly every identifier has fewer, and a scan costs more to begin than to go on."""

Row = tuple[Pair, Mapping[str, Any]]

NOTHING: Mapping[str, Any] = dict.fromkeys(("first", "last", "event", "verdict", "by", "why", "at"))


@dataclass(slots=True)
class BondMemory:
    """Bonds and verdicts by identifier."""

    table: StateTable
    book: SchemaBook
    rules: KinRules
    _partition: int = 0
    _near: dict[Identifier, tuple[Row, ...] | None] = field(default_factory=dict)
    _bonds: dict[Identifier, dict[Pair, Bond]] = field(default_factory=dict)
    _verdicts: dict[Identifier, dict[Pair, Verdict]] = field(default_factory=dict)

    def begin(self, partition: int) -> None:
        """Turn to a chunk of this partition (Rule 3)."""
        self._partition = partition
        self._near.clear()
        self._bonds.clear()
        self._verdicts.clear()

    def bonds_at(self, one: Identifier, other: str) -> Iterator[Bond]:
        """Yield an identifier's bonds with identifiers of a type."""
        fresh = {both: bond for both, bond in self._bonds.get(one, {}).items() if bond.other(one).type == other}
        yield from fresh.values()
        for both, row in self._bond_rows(one, other):
            if both not in fresh:
                yield Bond(*both, row["first"], row["last"], row["event"])

    def verdicts_at(self, one: Identifier) -> Iterable[Verdict]:
        """Return the newest word on each pair of which an identifier is one."""
        near = self._read_near(one)
        rows = self._scan(row_key(one) + TOLD) if near is None else near
        stored = {
            both: Verdict(both, row["verdict"] == TOGETHER, row["at"])
            for both, row in rows
            if row["verdict"] is not None
        }
        return (stored | self._verdicts.get(one, {})).values()

    def add(self, bond: Bond, stamp: int) -> list[Put]:
        """Take a bond; return what to store. `stamp` is epoch milliseconds."""
        known = self._bonds.get(bond.stronger, {}).get(bond.pair)
        if known is None:
            rows = self._bond_rows(bond.weaker, bond.stronger.type, row_key(bond.stronger))
            found = (Bond(*both, row["first"], row["last"], row["event"]) for both, row in rows)
            known = next((each for each in found if each.pair == bond.pair), None)
        whole = bond if known is None else bond.merged(known)
        for identifier in bond.pair:
            self._bonds.setdefault(identifier, {})[bond.pair] = whole
        return self._puts(bond.pair, {"first": whole.first, "last": whole.last, "event": whole.event}, b"", stamp)

    def tell(self, verdict: Verdict, by: str | None, why: str | None, stamp: int) -> list[Put]:
        """Take an operator's word, which replaces an older one on the pair; return what to store."""
        known = next((each for each in self.verdicts_at(verdict.pair[0]) if each.pair == verdict.pair), None)
        if known is not None and known.at > verdict.at:
            return []
        for identifier in verdict.pair:
            self._verdicts.setdefault(identifier, {})[verdict.pair] = verdict
        word = TOGETHER if verdict.together else APART
        return self._puts(verdict.pair, {"verdict": word, "by": by, "why": why, "at": verdict.at}, TOLD, stamp)

    def _puts(self, both: Pair, said: Mapping[str, Any], between: bytes, stamp: int) -> list[Put]:
        stronger, weaker = both
        record = {**NOTHING, "stronger": _record(stronger), "weaker": _record(weaker), **said}
        value = self.book.encode("bond", record)
        keys = (row_key(stronger) + between + row_key(weaker), row_key(weaker) + between + row_key(stronger))
        return [Put(self.table, key, value, stamp) for key in keys]

    def _bond_rows(self, one: Identifier, other: str, key: bytes | None = None) -> Iterator[Row]:
        """Yield the stored bonds of an identifier with a type; if there are many, only those that begin with `key`."""
        near = self._read_near(one)
        if near is None:
            yield from self._scan(row_key(one) + (key or f"{other}:".encode()))
            return
        for both, row in near:
            if row["verdict"] is None and (both[1] if both[0] == one else both[0]).type == other:
                yield both, row

    def _read_near(self, one: Identifier) -> tuple[Row, ...] | None:
        """Return all that is stored around an identifier; None where that is too much (Rule 4)."""
        if one not in self._near:
            rows = tuple(islice(self._scan(row_key(one)), AT_ONCE + 1))
            self._near[one] = rows if len(rows) <= AT_ONCE else None
        return self._near[one]

    def _scan(self, prefix: bytes) -> Iterator[Row]:
        for _, value in self.table.scan(self._partition, prefix):
            row = self.book.decode("bond", value)
            # Which of the two is stronger may have been settled otherwise since.
            yield pair(_identifier(row["stronger"]), _identifier(row["weaker"]), self.rules), row


def row_key(identifier: Identifier) -> bytes:
    """Return an identifier as a part of a row's key: its type first, its length before its value, so that no value can
    make one the prefix of another.
    """
    value = identifier.value.encode("utf-8", "surrogatepass")
    return b"%s:%d:%s," % (identifier.type.encode(), len(value), value)


def _record(identifier: Identifier) -> dict[str, str]:
    return {"type": identifier.type, "value": identifier.value}


def _identifier(record: Mapping[str, str]) -> Identifier:
    return Identifier(record["type"], record["value"])
