"""The timelines agent: touchpoints, moved rows, changes of identity and times that are over in; timelines, alerts,
flags, signals, retractions and moves out.

Rule 1. What is kept of a customer is `agents.kept`'s; it is stored before anything goes out.
Rule 2. What was ever raised is remembered before it is published, so that it can always be taken back.
Rule 3. A chunk's news of one customer advance the customer once; records follow the chunk's order of customers.
Rule 4. The timestamp of what goes out is the newest raw arrival that it follows from.
Rule 5. A finding's key is the customer whom it names: what a merge takes back is told where it was heard of.
Rule 6. Whatever the topic, one customer is at one partition and in one worker's hands; chunks are taken one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.exact.pace import Pace
from agents.hot import Hot
from agents.kept import KeptCustomers, entry_key
from agents.metrics import Metrics
from agents.news import news_by_customer
from pipeline.advance import Advance
from pipeline.findings import Record
from pipeline.journey.promises import OPEN
from pipeline.moved import move_record
from pipeline.policy import Policy
from pipeline.wire import SchemaBook

__all__ = ["TimelineTopics", "TimelinesAgent", "entry_key"]


@dataclass(frozen=True, slots=True)
class TimelineTopics:
    """Full names of the topics that the agent writes, and of those that it reads beside touchpoints."""

    timelines: str
    alerts: str
    flags: str
    signals: str
    moves: str
    changes: str
    deadlines: str


@dataclass(frozen=True, slots=True)
class TimelinesAgent:
    """The step that the exact loop runs over chunks of touchpoints, moves, identity changes and deadlines.

    `remind` is told of each promise that is open: partition, customer, until when.
    """

    book: SchemaBook
    policy: Policy
    topics: TimelineTopics
    kept: KeptCustomers
    metrics: Metrics
    remind: Callable[[int, str, datetime], None] = lambda _partition, _customer, _due: None

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk."""
        subject = self._subject(chunk.topic)
        puts: list[Put] = []
        sends: list[Send] = []
        advanced: dict[str, Hot] = {}
        advances: list[Advance] = []
        pace = Pace()
        for customer, news in news_by_customer(chunk, subject, self.book).items():
            known = self.kept.known(chunk.partition, customer)
            after = news.after(known, self.policy)
            puts += self.kept.puts(customer, after, news.stamp)
            sends += self._records(customer, after, news.stamp)
            advanced[customer] = Hot(after.picture, known.raised | {one.output_id: one for one in after.raised})
            advances.append(after)
            await pace.give_way()

        def done() -> None:
            self.kept.hot.keep(chunk.partition, advanced)
            if subject == "touchpoint":
                self._count_touchpoints(chunk)
            self._count(advances)
            self._remind(chunk.partition, advances)

        return Effects(tuple(puts), tuple(sends), done)

    def _subject(self, topic: str) -> str:
        if topic == self.topics.moves:
            return "moved-entry"
        if topic == self.topics.changes:
            return "identity-change"
        return "deadline" if topic == self.topics.deadlines else "touchpoint"

    def _records(self, customer: str, after: Advance, stamp: int) -> list[Send]:
        key, topics, encode = customer.encode(), self.topics, self.book.encode
        sends = [
            *(Send(topics.alerts, _key(record), encode("detractor-alert", record), stamp) for record in after.alerts),
            *(Send(topics.flags, _key(record), encode("repeat-contact", record), stamp) for record in after.flags),
            *(Send(topics.signals, _key(record), encode("journey-signal", record), stamp) for record in after.signals),
        ]
        if after.timeline:
            sends.append(Send(topics.timelines, key, encode("timeline", after.timeline), stamp))
        for move in after.moves:
            whose = move.entry.customer_id.encode()
            sends.append(Send(topics.moves, whose, encode("moved-entry", move_record(move)), stamp))
        return sends

    def _count_touchpoints(self, chunk: Chunk) -> None:
        now = datetime.now(UTC).timestamp()
        self.metrics["touchpoints_stitched_total"].inc(len(chunk.records))
        for record in chunk.records:
            self.metrics["end_to_end_seconds"].observe(max(0.0, now - record.timestamp / 1000))

    def _count(self, advances: list[Advance]) -> None:
        for after in advances:
            for move in after.moves:
                self.metrics["moves_total"].labels(move.reason).inc()
            for alert in after.alerts:
                self.metrics["alerts_total"].labels(alert["basis"], alert["status"]).inc()
            for flag in after.flags:
                answer = "same_topic" if flag["same_topic"] else "any_topic"
                self.metrics["flags_total"].labels(answer, flag["status"]).inc()
            for signal in after.signals:
                self.metrics["signals_total"].labels(signal["kind"], signal["status"]).inc()

    def _remind(self, partition: int, advances: list[Advance]) -> None:
        for after in advances:
            for signal in after.signals:
                if signal["state"] == OPEN and signal["status"] != "retracted":
                    self.remind(partition, str(signal["customer_id"]), cast("datetime", signal["due_at"]))


def _key(record: Record) -> bytes:
    return str(record["customer_id"]).encode()
