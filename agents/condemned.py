"""A record that crashed the worker as often as it may: a dead letter, whatever topic it stands in.

Rule 1. The letter has the record's bytes, key and headers, and names the topic; `source` is the raw topic's source,
        else the topic's own name (touchpoints, moves, identity-changes, identity-claims).
Rule 2. Nothing inside the record is looked at: looking is what crashed.
"""

import sys
from dataclasses import dataclass

from agents.exact.chunks import Record
from agents.exact.loop import Effects
from agents.exact.outbox import Send
from agents.intake import raw_record
from agents.metrics import Metrics
from pipeline.dead_letters import dead_letter
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.wire import SchemaBook


@dataclass(frozen=True, slots=True)
class Condemned:
    """What follows from such a record. `sources` is what each topic stands for, by its full name."""

    book: SchemaBook
    sources: dict[str, str]
    dead_letters: str
    metrics: Metrics
    by: str

    def __call__(self, record: Record, crashes: int) -> Effects:
        """Return the dead letter, to be sent and counted."""
        source = self.sources[record.topic]
        rejected = Rejected(Stage.WORK, Reason.CRASHED, None, "a record that a worker survives")
        letter = dead_letter(rejected, raw_record(record, source), self.by, crashes)
        place = f"{record.topic}/{record.partition}/{record.offset}"
        value = self.book.encode("dead-letter", letter)

        def done() -> None:
            self.metrics["condemned_total"].labels(source).inc()
            sys.stderr.write(f"tellonce worker sets {place} aside: it crashed {crashes} times\n")

        return Effects(sends=(Send(self.dead_letters, place.encode(), value, record.timestamp),), done=done)
