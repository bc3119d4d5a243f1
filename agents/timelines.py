"""The timelines agent: touchpoints in; timelines, alerts, flags and retractions out.

Rule 1. State is kept per touchpoint (key: customer, event time, event), never as one value a customer. A row is written
        once and depends on no other, so even a worker that should be dead can only write what is true.
Rule 2. What was ever raised is remembered before it is published, so that it can always be taken back.
Rule 3. A chunk's touchpoints of one customer advance the customer once; records follow the chunk's order of customers.
Rule 4. The timestamp of what goes out is the newest raw arrival that it follows from.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.hot import Hot, HotCustomers
from agents.intake import GIVE_WAY_AFTER
from agents.metrics import Metrics
from agents.tables import StateTable
from pipeline.advance import Advance, Raised
from pipeline.flow import advance, picture
from pipeline.policy import Policy
from pipeline.records import entry, entry_of, entry_record, touchpoint
from pipeline.touchpoint import Entry
from pipeline.wire import SchemaBook

SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class TimelineTopics:
    """Full names of the topics that the agent writes."""

    timelines: str
    alerts: str
    flags: str


@dataclass(frozen=True, slots=True)
class TimelinesAgent:
    """The step that the exact loop runs over chunks of touchpoints."""

    book: SchemaBook
    policy: Policy
    topics: TimelineTopics
    entries: StateTable
    raised: StateTable
    hot: HotCustomers
    metrics: Metrics

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk of touchpoints."""
        arrivals: dict[str, list[Entry]] = {}
        stamps: dict[str, int] = {}
        for record in chunk.records:
            arrived = entry_of(touchpoint(self.book.decode("touchpoint", record.value)))
            arrivals.setdefault(arrived.customer_id, []).append(arrived)
            stamps[arrived.customer_id] = max(record.timestamp, stamps.get(arrived.customer_id, 0))
        puts: list[Put] = []
        sends: list[Send] = []
        moved: dict[str, Hot] = {}
        advances: list[Advance] = []
        began = time.monotonic()
        for customer, entries in arrivals.items():
            hot = self._known(chunk.partition, customer)
            after = advance(hot.picture, hot.raised, entries, self.policy)
            puts += self._rows(customer, after, stamps[customer])
            sends += self._records(customer, after, stamps[customer])
            moved[customer] = Hot(after.picture, hot.raised | {r.output_id: r for r in after.raised})
            advances.append(after)
            if time.monotonic() - began > GIVE_WAY_AFTER:
                await asyncio.sleep(0)
                began = time.monotonic()

        def done() -> None:
            self.hot.keep(chunk.partition, moved)
            self._count(chunk, advances)

        return Effects(tuple(puts), tuple(sends), done)

    def _known(self, partition: int, customer: str) -> Hot:
        """Return what is known of a customer, from memory or from the store."""
        hot = self.hot.find(partition, customer)
        if hot is None:
            prefix = customer.encode() + b"\0"
            rows = [entry(self.book.decode("timeline-entry", row)) for _, row in self.entries.scan(partition, prefix)]
            raised = [self.book.decode("raised-output", row) for _, row in self.raised.scan(partition, prefix)]
            hot = Hot(picture(rows, self.policy), {r["output_id"]: Raised(**r) for r in raised})
        return hot

    def _rows(self, customer: str, after: Advance, stamp: int) -> list[Put]:
        rows = [
            Put(self.entries, entry_key(e), self.book.encode("timeline-entry", entry_record(e)), stamp)
            for e in after.entries
        ]
        for r in after.raised:
            record = {"output_id": r.output_id, "kind": r.kind, "anchor": r.anchor, "first_version": r.first_version}
            key = customer.encode() + b"\0" + r.output_id.encode()
            rows.append(Put(self.raised, key, self.book.encode("raised-output", record), stamp))
        return rows

    def _records(self, customer: str, after: Advance, stamp: int) -> list[Send]:
        key, topics, encode = customer.encode(), self.topics, self.book.encode
        return [
            *(Send(topics.alerts, key, encode("detractor-alert", record), stamp) for record in after.alerts),
            *(Send(topics.flags, key, encode("repeat-contact", record), stamp) for record in after.flags),
            Send(topics.timelines, key, encode("timeline", after.timeline), stamp),
        ]

    def _count(self, chunk: Chunk, advances: list[Advance]) -> None:
        now = datetime.now(UTC).timestamp()
        self.metrics["touchpoints_stitched_total"].inc(len(chunk.records))
        for record in chunk.records:
            self.metrics["end_to_end_seconds"].observe(max(0.0, now - record.timestamp / 1000))
        for after in advances:
            for alert in after.alerts:
                self.metrics["alerts_total"].labels(alert["basis"], alert["status"]).inc()
            for flag in after.flags:
                answer = "same_topic" if flag["same_topic"] else "any_topic"
                self.metrics["flags_total"].labels(answer, flag["status"]).inc()


def entry_key(row: Entry) -> bytes:
    """Return a row's key: customer, event time (milliseconds, so that bytes sort as times do), source, event id."""
    moment = round(row.occurred_at.timestamp() * 1000) + SIGN
    return b"\0".join(
        (row.customer_id.encode(), moment.to_bytes(8, "big") + row.source.encode(), row.event_id.encode())
    )
