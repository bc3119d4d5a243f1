"""The resolver's memory: bonds and verdicts as rows of the table `state.bonds`.

Rule 1. A bond is two rows, one under each of its identifiers, so that an identifier's bonds with a type are a prefix
        scan, which may be left before its end. A verdict is two rows beside them. Both rows have the same value.
Rule 2. What is added is put every time it is heard, merged with what is there: a claim taken again writes it again.
Rule 3. What the chunk under way adds is seen before it is stored; `begin` forgets it, since by then it is stored, or
        was dropped and comes again.
Rule 4. What stands around an identifier is read at once and kept for the chunk, unless it is more than `AT_ONCE` rows:
        then it is read by type, and only as far as it is asked for.
Rule 5. One row is no bond: what `agents.ruling` notes of the rules.
Rule 6. Bytes say the same whenever they are read, so what they say is remembered from chunk to chunk, however often the
        rows themselves are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from agents.exact.loop import Put
from agents.tables import StateTable
from pipeline.kin import Bond, KinRules, Pair, Verdict, pair, verdict_of, word_of
from pipeline.records import identifier_of, identifier_record
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

TOLD = b"!"
"""Stands between the identifiers of a verdict's key; no type begins so."""

AT_ONCE = 64
"""Rows: nearly every identifier has fewer, and a scan costs more to begin than to go on."""

ROWS_REMEMBERED = 1 << 14
"""Rows whose bytes need not be read again: each stands under two identifiers, and customers come back."""

NOTHING: Mapping[str, Any] = dict.fromkeys(("first", "last", "event", "verdict", "by", "why", "at", "note"))
NOBODY = identifier_record(Identifier("", ""))

NOTE = b"\0rules"
"""The key of the one row that is no bond, in front of all others."""


@dataclass(slots=True)
class _Near:
    """All that stands around an identifier: bonds by the other's type, and verdicts; what the chunk adds included."""

    bonds: dict[str, dict[Pair, Bond]] = field(default_factory=dict)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)

    def take(self, one: Identifier, row: Bond | Verdict) -> None:
        if isinstance(row, Bond):
            self.bonds.setdefault(row.other(one).type, {})[row.pair] = row
        else:
            self.verdicts[row.pair] = row


@dataclass(slots=True)
class BondMemory:
    """Bonds and verdicts by identifier."""

    table: StateTable
    book: SchemaBook
    rules: KinRules
    _partition: int = field(default=0, init=False)
    _near: dict[Identifier, _Near | None] = field(default_factory=dict, init=False)
    _fresh: dict[Identifier, _Near] = field(default_factory=dict, init=False)
    _read: Callable[[bytes], Bond | Verdict] = field(init=False)

    def __post_init__(self) -> None:
        """Begin without anything read."""
        self._read = lru_cache(maxsize=ROWS_REMEMBERED)(self._decoded)

    def begin(self, partition: int) -> None:
        """Turn to a chunk of this partition (Rule 3)."""
        self._partition = partition
        self._near.clear()
        self._fresh.clear()

    def bonds_at(self, one: Identifier, other: str) -> Iterable[Bond]:
        """Return an identifier's bonds with identifiers of a type; row by row where they may be many."""
        near = self._around(one)
        return self._many(one, other) if near is None else near.bonds.get(other, {}).values()

    def verdicts_at(self, one: Identifier) -> Iterable[Verdict]:
        """Return the newest word on each pair of which an identifier is one."""
        near = self._around(one)
        if near is not None:
            return near.verdicts.values()
        stored = {row.pair: row for row in self._scan(row_key(one) + TOLD) if isinstance(row, Verdict)}
        return (stored | self._added(one).verdicts).values()

    def add(self, bond: Bond, stamp: int) -> list[Put]:
        """Take a bond; return what to store. `stamp` is epoch milliseconds."""
        known = self._known(bond)
        whole = bond if known is None else bond.merged(known)
        self._take(whole)
        return self._puts(bond.pair, {"first": whole.first, "last": whole.last, "event": whole.event}, b"", stamp)

    def tell(self, verdict: Verdict, by: str | None, why: str | None, stamp: int) -> list[Put]:
        """Take an operator's word, which replaces an older one on the pair; return what to store."""
        self._take(verdict)
        return self._puts(
            verdict.pair, {"verdict": word_of(verdict), "by": by, "why": why, "at": verdict.at}, TOLD, stamp
        )

    def note(self, partition: int) -> str | None:
        """Return what is noted of the rules; None before anything was."""
        rows = self.table.scan(partition, NOTE)
        return next((self.book.decode("bond", value)["note"] for _, value in rows), None)

    def noted(self, document: str, stamp: int) -> Put:
        """Return what to store to note it."""
        record = {**NOTHING, "stronger": NOBODY, "weaker": NOBODY, "note": document}
        return Put(self.table, NOTE, self.book.encode("bond", record), stamp)

    def first_from(self, place: bytes) -> Identifier | None:
        """Return the first identifier whose key is at `place` or behind it."""
        for key, value in self.table.scan(self._partition, b"", place or NOTE + b"\0"):
            return next(one for one in self._read(value).pair if key.startswith(row_key(one)))
        return None

    def _puts(self, both: Pair, said: Mapping[str, Any], between: bytes, stamp: int) -> list[Put]:
        stronger, weaker = both
        record = {**NOTHING, "stronger": identifier_record(stronger), "weaker": identifier_record(weaker), **said}
        value = self.book.encode("bond", record)
        keys = (row_key(stronger) + between + row_key(weaker), row_key(weaker) + between + row_key(stronger))
        return [Put(self.table, key, value, stamp) for key in keys]

    def _take(self, row: Bond | Verdict) -> None:
        for one in row.pair:
            near = self._around(one)
            (self._fresh.setdefault(one, _Near()) if near is None else near).take(one, row)

    def _known(self, bond: Bond) -> Bond | None:
        """Return what is known of a bond's pair; from the smaller side, if one of the two has too many to read."""
        stronger, weaker = bond.pair
        for one, other in ((weaker, stronger), (stronger, weaker)):
            near = self._around(one)
            if near is not None:
                return near.bonds.get(other.type, {}).get(bond.pair)
        fresh = self._added(weaker).bonds.get(stronger.type, {}).get(bond.pair)
        rows = self._scan(row_key(weaker) + row_key(stronger))
        return fresh or next((row for row in rows if isinstance(row, Bond) and row.pair == bond.pair), None)

    def _many(self, one: Identifier, other: str) -> Iterator[Bond]:
        fresh = self._added(one).bonds.get(other, {})
        yield from fresh.values()
        for row in self._scan(row_key(one) + f"{other}:".encode()):
            if isinstance(row, Bond) and row.pair not in fresh:
                yield row

    def _added(self, one: Identifier) -> _Near:
        return self._fresh.get(one) or _Near()

    def _around(self, one: Identifier) -> _Near | None:
        """Return all that stands around an identifier; None where that is too much to read at once (Rule 4)."""
        if one not in self._near:
            rows = tuple(islice(self._scan(row_key(one)), AT_ONCE + 1))
            near = _Near() if len(rows) <= AT_ONCE else None
            if near is not None:
                for row in rows:
                    near.take(one, row)
            self._near[one] = near
        return self._near[one]

    def _scan(self, prefix: bytes) -> Iterator[Bond | Verdict]:
        return (self._read(value) for _, value in self.table.scan(self._partition, prefix))

    def _decoded(self, value: bytes) -> Bond | Verdict:
        """Return a row's bytes as what they say."""
        row = self.book.decode("bond", value)
        # Which of the two is stronger may have been settled otherwise since.
        both = pair(identifier_of(row["stronger"]), identifier_of(row["weaker"]), self.rules)
        if row["verdict"] is None:
            return Bond(*both, row["first"], row["last"], row["event"])
        return verdict_of(both, row["verdict"], row["at"])


def row_key(identifier: Identifier) -> bytes:
    """Return an identifier as a part of a row's key: its type first, its length before its value, so that no value can
    make one the prefix of another.
    """
    value = identifier.value.encode("utf-8", "surrogatepass")
    return b"%s:%d:%s," % (identifier.type.encode(), len(value), value)
