"""Rows in memory, in key order: a sorted dictionary a partition. What a store must do that has nothing of Faust's.

Rule 1. Rows are written as they follow from a chunk, many at a time; a row without a value goes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from faust.types import TP
from sortedcontainers import SortedDict

Row = tuple[bytes, bytes | None]
"""A key and its value; None deletes the row, if it is there."""


@dataclass(slots=True)
class SortedRows:
    """Rows by partition, and the changelog offsets up to which everything is here."""

    rows: dict[int, SortedDict[bytes, bytes]] = field(default_factory=dict)
    offsets: dict[TP, int] = field(default_factory=dict)

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Write rows, in their order."""
        here = self.rows.setdefault(partition, SortedDict())
        for key, value in rows:
            if value is None:
                here.pop(key, None)
            else:
                here[key] = value

    def scan(self, partition: int, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield a partition's rows whose keys begin with `prefix`, in key order, from `start` on."""
        here = self.rows.get(partition, SortedDict())
        for key in here.irange(minimum=max(prefix, start)):
            if not key.startswith(prefix):
                return
            yield key, here[key]

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the changelog offset up to which everything is here; None where nothing says so."""
        return self.offsets.get(tp)

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Set the changelog offset up to which everything is here."""
        self.offsets[tp] = offset
