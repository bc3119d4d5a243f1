"""What is read back of a changelog continues what is there: Rule 1 of this room for the state, without I/O.

A changelog is compacted, so its offsets have holes, and a hole alone says nothing. Who fetched the records knows: from
where one reads on, up to the first record that comes, the log has nothing.

Rule 1. `sought` and `fetched` are called where records are fetched, in the order in which that happens; `follows` where
        they arrive, by another thread.
Rule 2. What was dropped on the way, or fetched before the reader was sent elsewhere, is a record that does not follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP


@dataclass(slots=True)
class Readback:
    """From where the log has nothing, up to the first record of a chunk; where that is not the record itself.

    `size` is a chunk's.
    """

    size: int
    _earliest: dict[TP, int] = field(default_factory=dict)
    _at: dict[TP, int] = field(default_factory=dict)
    _since: dict[TP, dict[int, int]] = field(default_factory=dict)

    def begins(self, earliest: Mapping[TP, int]) -> None:
        """Take note where logs begin."""
        self._earliest.update(earliest)

    def sought(self, offsets: Mapping[TP, int]) -> None:
        """Take note that reading goes on at these offsets. Before a log's beginning there was never anything."""
        for tp, offset in offsets.items():
            self._at[tp] = 0 if offset < self._earliest.get(tp, 0) else offset
            self._since.pop(tp, None)

    def fetched(self, found: Mapping[TP, Sequence[Any]]) -> None:
        """Take note of records that were fetched in one go, and of what there is not before each chunk of them."""
        for tp, records in found.items():
            if not records:
                continue
            at = self._at.get(tp, records[0].offset)
            for begin in range(0, len(records), self.size):
                first = records[begin].offset
                if at < first:
                    self._since.setdefault(tp, {})[first] = at
                at = records[min(begin + self.size, len(records)) - 1].offset + 1
            self._at[tp] = at

    def follows(self, tp: TP, offset: int, here: int) -> bool:
        """Say whether nothing is missing between what is here, up to `here`, and the chunk that begins at `offset`."""
        return self._since.get(tp, {}).pop(offset, offset) <= here + 1
