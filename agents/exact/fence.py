"""The sequence fence: Rule 1 of this room as a state machine without I/O.

A generation is the consumer group's; all that is known of a partition is forgotten when it changes.
"""

from dataclasses import dataclass, field
from enum import Enum

from faust.types import TP


class Verdict(Enum):
    """What to do with a chunk."""

    PROCEED = "proceed"
    """It continues what was processed, or repeats a part of it."""
    AHEAD = "ahead"
    """It starts above what was processed: something is missing in between."""


@dataclass(slots=True)
class Fence:
    """What of each partition is processed, in the current generation of the group."""

    generation: int | None = None
    _next: dict[TP, int] = field(default_factory=dict)
    _committed: dict[TP, int] = field(default_factory=dict)
    _back: dict[TP, int] = field(default_factory=dict)

    def enter(self, generation: int) -> None:
        """Take note of the group's generation; a new one begins from what the broker has as committed."""
        if generation != self.generation:
            self.generation = generation
            self._next.clear()
            self._committed.clear()
            self._back.clear()

    def expected(self, tp: TP) -> int | None:
        """Return the first offset not yet processed; None while it is to be asked of the broker."""
        return self._next.get(tp)

    def start(self, tp: TP, committed: int) -> None:
        """Take the broker's committed offset as the point to continue from."""
        self._next.setdefault(tp, committed)

    def judge(self, tp: TP, first: int) -> Verdict:
        """Judge a chunk by its first offset; `start` was called for its partition."""
        return Verdict.AHEAD if first > self._next[tp] else Verdict.PROCEED

    def sent_back(self, tp: TP, offset: int) -> None:
        """Take note that the consumer was sent to an offset: records from there on may come once more."""
        self._back[tp] = min(offset, self._back.get(tp, offset))

    def news(self, tp: TP, first: int) -> int:
        """Return from which offset on a chunk that begins with `first` is to be taken; `start` was called.

        What comes once more because the consumer was sent back, and was done meanwhile, is not. What comes from below
        that place, nobody asked for: it may be another log of the same name.
        """
        return max(first, self._next[tp]) if self._back.get(tp, first + 1) <= first else first

    def done(self, tp: TP, end: int, generation: int) -> None:
        """Count everything below `end` as processed, if the generation is still the same."""
        if generation == self.generation:
            self._next[tp] = max(end, self._next.get(tp, end))

    def committable(self, tp: TP, generation: int) -> int | None:
        """Return the offset to commit for a partition; None when there is none of this generation."""
        return self._next.get(tp) if generation == self.generation else None

    def is_committed(self, tp: TP, offset: int) -> bool:
        """Say whether this offset was committed in this generation."""
        return self._committed.get(tp) == offset

    def committed(self, offsets: dict[TP, int], generation: int) -> None:
        """Remember a commit that succeeded, if the generation is still the same."""
        if generation == self.generation:
            self._committed.update(offsets)
