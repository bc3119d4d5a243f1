"""What is remembered of what was published, and what travels with a touchpoint that turns out to be another's.

Rule 1. Written once, before the first publication goes out: only what was published is taken back.
Rule 2. That a promise's time has come is remembered in the same way, as a row of its own: a fact, not a publication.
        Whatever else it belongs to, a moment that has passed has passed for everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.findings import Kind, anchor_of
from pipeline.ids import derived
from pipeline.touchpoint import Entry

DEADLINE: Literal["deadline"] = "deadline"
"""The kind of a row that says that a time has come (Rule 2)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """That a finding was published at least once, and of which customer: raised-output.v1.avsc.

    `due` is the time that has come, where the row says that (Rule 2); else None.
    """

    output_id: str
    kind: Kind | Literal["deadline"]
    anchor: str
    first_version: int
    keeper: str = ""
    customer_id: str = ""
    due: datetime | None = None

    @property
    def answered_by(self) -> str:
        """The touchpoint whose customer answers for it (Rule 2), as source/event_id."""
        return self.keeper or self.anchor


def deadline(entry: Entry, due: datetime) -> Raised:
    """Return the row that says that the time has come by which this touchpoint promised something."""
    name = derived(DEADLINE, anchor_of(entry), due.isoformat())
    return Raised(name, DEADLINE, anchor_of(entry), 0, customer_id=entry.customer_id, due=due)


def passed_by(rows: Iterable[Raised]) -> datetime | None:
    """Return the latest time that is known to have come."""
    return max((row.due for row in rows if row.due is not None), default=None)


@dataclass(frozen=True, slots=True)
class Move:
    """A touchpoint on its way to the customer whose it is, with what was published in its name."""

    entry: Entry
    raised: tuple[Raised, ...]
    reason: str
