"""What is remembered of what was published, and what travels with a touchpoint that turns out to be another's.

Rule 1. Written once, before the first publication goes out: only what was published is taken back.
"""

from dataclasses import dataclass

from pipeline.findings import Kind
from pipeline.touchpoint import Entry


@dataclass(frozen=True, slots=True)
class Raised:
    """That a finding was published at least once, and of which customer: raised-output.v1.avsc."""

    output_id: str
    kind: Kind
    anchor: str
    first_version: int
    keeper: str = ""
    customer_id: str = ""

    @property
    def answered_by(self) -> str:
        """The touchpoint whose customer answers for it (Rule 2), as source/event_id."""
        return self.keeper or self.anchor


@dataclass(frozen=True, slots=True)
class Move:
    """A touchpoint on its way to the customer whose it is, with what was published in its name."""

    entry: Entry
    raised: tuple[Raised, ...]
    reason: str
