"""The intake agent: raw records in, touchpoints, claims and dead letters out.

Rule 1. Every record of a chunk ends as exactly one touchpoint or one dead letter, in the record's order.
Rule 2. A touchpoint is keyed by its customer, so all of a customer is in one partition.
Rule 3. What goes out carries the raw record's append time, so that age and delay are measured from there.
Rule 4. A chunk whose records take long is done in parts: a few hostile texts must not look like a worker that stands.
Rule 5. A touchpoint too large for its topic is a dead letter too: the broker would refuse it.
Rule 6. A touchpoint whose identifiers were never seen together goes with a claim to the resolver, in the same effects.
        Intake never waits for the answer; it only waits, once, until it has read the directory that there is.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agents.claims import Claims, seen_record
from agents.exact.chunks import Chunk, Record
from agents.exact.loop import Effects
from agents.exact.outbox import Send
from agents.exact.pace import Pace
from agents.metrics import Metrics
from pipeline.dead_letters import dead_letter
from pipeline.flow import Intake, admit
from pipeline.kin.resolution import customer_named_by
from pipeline.record import RawRecord
from pipeline.records import touchpoint_record
from pipeline.refusal import Reason, Rejected, Stage
from pipeline.touchpoint import Origin, Touchpoint

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IntakeTopics:
    """The source of each raw topic by its full name, where what follows goes, the largest touchpoint in bytes."""

    sources: dict[str, str]
    touchpoints: str
    claims: str
    dead_letters: str
    largest: int


@dataclass(frozen=True, slots=True)
class IntakeAgent:
    """The step that the exact loop runs over chunks of raw records.

    `caught_up` is awaited before each chunk; `spend` is told of a source's events that are done: how many were refused
    for which reason, and (None) how many were not.
    """

    intake: Intake
    topics: IntakeTopics
    claims: Claims
    metrics: Metrics
    by: str
    caught_up: Callable[[], Awaitable[None]]
    spend: Callable[[str, Mapping[str | None, int]], None] = lambda _source, _heard: None

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk of one raw topic's records."""
        await self.caught_up()
        source = self.topics.sources[chunk.topic]
        sends: list[Send] = []
        told: set[str] = set()
        taken = 0
        counts: Counter[tuple[str, ...]] = Counter()
        pace = Pace()
        for record in chunk.records:
            sends += self._judged(raw_record(record, source), record.timestamp, counts, told)
            taken += 1
            if await pace.is_time():
                break

        def done() -> None:
            self.claims.sent(told)
            self.metrics["received_total"].labels(source).inc(taken)
            for (name, *labels), count in counts.items():
                self.metrics[name].labels(source, *labels).inc(count)
            heard: Counter[str | None] = Counter({None: counts["admitted_total",]})
            for (name, *labels), count in counts.items():
                if name == "rejected_total":
                    heard[labels[1]] += count
            self.spend(source, heard)

        return Effects(sends=tuple(sends), done=done, taken=taken)

    def _judged(
        self, record: RawRecord, timestamp: int, counts: Counter[tuple[str, ...]], told: set[str]
    ) -> tuple[Send, ...]:
        verdict = admit(record, self.intake)
        if isinstance(verdict, Touchpoint):
            value = self.intake.book.encode("touchpoint", touchpoint_record(verdict))
            if len(value) <= self.topics.largest:
                counts["admitted_total",] += 1
                sent = Send(self.topics.touchpoints, verdict.customer_id.encode(), value, timestamp)
                news = self.claims.news(verdict, told)
                if not news:
                    return (sent,)
                told |= news
                counts["claims_total",] += 1
                return sent, self._claim(verdict, timestamp)
            verdict = Rejected(
                Stage.PUBLISH,
                Reason.TOO_LARGE,
                None,
                f"a touchpoint of at most {self.topics.largest} bytes",
                verdict.event_id,
            )
        counts["rejected_total", verdict.stage, verdict.reason] += 1
        letter = dead_letter(verdict, record, self.by)
        origin = record.origin
        key = f"{origin.topic}/{origin.partition}/{origin.offset}".encode()
        return (Send(self.topics.dead_letters, key, self.intake.book.encode("dead-letter", letter), timestamp),)

    def _claim(self, touchpoint: Touchpoint, timestamp: int) -> Send:
        """Return the claim, keyed by the strongest identifier's home."""
        key = customer_named_by(touchpoint.identifiers[0]).encode()
        return Send(
            self.topics.claims, key, self.intake.book.encode("identity-claim", seen_record(touchpoint)), timestamp
        )


def raw_record(record: Record, source: str) -> RawRecord:
    """Return Kafka's record as the core takes it."""
    return RawRecord(
        source=source,
        origin=Origin(record.topic, record.partition, record.offset),
        received_at=EPOCH + timedelta(milliseconds=max(record.timestamp, 0)),
        key=record.key,
        value=record.value,
        headers=tuple(record.headers or ()),
    )
