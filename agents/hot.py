"""The customers whose pictures are held in memory: bounded, and forgotten with their partitions.

Rule 1. It only ever holds what is in the store; a customer moves in when a chunk is done, never before.
Rule 2. A new generation of the group empties it: a partition may have been another worker's in between.
Rule 3. It is bounded by rows and answers, not customers, and the customer not seen for longest goes first.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents.metrics import Metrics
from pipeline.advance import Picture, Raised


@dataclass(frozen=True, slots=True)
class Hot:
    """What is known of one customer: the picture, and which findings were ever raised, by id."""

    picture: Picture
    raised: dict[str, Raised]

    @property
    def size(self) -> int:
        """How much of the bound it takes: its rows, those that count and those that do not, and its answers."""
        told = self.picture
        return len(told.rows) + len(told.gone) + len(told.waiting) + len(told.kin.answers)


@dataclass(slots=True)
class HotCustomers:
    """A bounded memory of customers. `generation` tells the group's generation; `most_rows` is the bound."""

    generation: Callable[[], int]
    metrics: Metrics
    most_rows: int = 200_000
    _held: OrderedDict[tuple[int, str], Hot] = field(default_factory=OrderedDict)
    _rows: int = 0
    _of: int | None = None

    def find(self, partition: int, customer: str) -> Hot | None:
        """Return what is held of a customer, or None."""
        self._enter()
        hot = self._held.get((partition, customer))
        self.metrics["hot_customer_misses_total" if hot is None else "hot_customer_hits_total"].inc()
        if hot is not None:
            self._held.move_to_end((partition, customer))
        return hot

    def keep(self, partition: int, customers: Mapping[str, Hot]) -> None:
        """Hold customers as they are in the store now."""
        self._enter()
        for customer, hot in customers.items():
            self._drop((partition, customer))
            self._held[partition, customer] = hot
            self._rows += hot.size
        while self._rows > self.most_rows and len(self._held) > 1:
            self._drop(next(iter(self._held)))
        self.metrics["hot_customers"].set(len(self._held))

    def _drop(self, held: tuple[int, str]) -> None:
        hot = self._held.pop(held, None)
        if hot is not None:
            self._rows -= hot.size

    def _enter(self) -> None:
        if self.generation() != self._of:
            self._of = self.generation()
            self._held.clear()
            self._rows = 0
