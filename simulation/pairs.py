"""How well two ways to sort events into customers agree, counted in pairs of events.

Rule 1. A pair of events is *together* when both are the same customer's. Of all pairs of events:
        precision is how many that were found together truly are; recall how many that truly are were found.
Rule 2. Where there is no pair to be right about, there is no number: None, not 1 and not 0.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of events that are together: in truth (`wanted`), as found, and in both."""

    wanted: int
    found: int
    both: int

    @property
    def precision(self) -> float | None:
        """Share of the pairs found together that truly are."""
        return self.both / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the pairs truly together that were found."""
        return self.both / self.wanted if self.wanted else None

    def document(self) -> dict[str, object]:
        """Return it as a JSON document."""
        counts = {"pairs_wanted": self.wanted, "pairs_found": self.found, "pairs_in_both": self.both}
        return {"precision": self.precision, "recall": self.recall, **counts}


def agreement(wanted: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> Agreement:
    """Compare two sortings of the same events, by event. Raises `ValueError` where the events are not the same."""
    if wanted.keys() != found.keys():
        raise ValueError(f"{len(wanted.keys() ^ found.keys())} events are in one of the two only")
    cells = Counter((who, found[event]) for event, who in wanted.items())
    both = _pairs(cells.values())
    return Agreement(_pairs(Counter(wanted.values()).values()), _pairs(Counter(found.values()).values()), both)


def among(events: Collection[str], sorting: Mapping[str, Hashable]) -> dict[str, Hashable]:
    """Return the sorting of these events alone."""
    return {event: sorting[event] for event in events}


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
