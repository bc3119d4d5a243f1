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
    """From where the log has nothing, up to a record that came; where that is not the record itself.

    `chunked` are the topics that are no changelogs: `agents.exact.fence` looks after those.
    """

    chunked: frozenset[str] = frozenset()
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
        """Take note of records that were fetched in one go, and of what there is not between them."""
        for tp, records in found.items():
            if tp.topic in self.chunked:
                continue
            at = self._at.get(tp)
            for record in records:
                if at is not None and at < record.offset:
                    self._since.setdefault(tp, {})[record.offset] = at
                at = record.offset + 1
            if at is not None:
                self._at[tp] = at

    def follows(self, tp: TP, offset: int, here: int) -> bool:
        """Say whether nothing is missing between what is here, up to `here`, and the record at `offset`."""
        return self._since.get(tp, {}).pop(offset, offset) <= here + 1
