"""The resolver agent: claims in; whose every identifier is out. Claims have one partition, so it is the one writer.

Rule 1. Claims are taken one by one, in their order. The epoch of a claim's resolution is its place in the log, so it
        grows, survives a restart, and is the same when the claim is taken again.
Rule 2. What a claim adds is stored before anything is said that follows from it (`agents.exact.loop`).
Rule 3. Statements, not differences: a claim heard twice is resolved and said again.
Rule 4. A claim that makes no sense is a dead letter.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents.bonds import BondMemory, Told
from agents.exact.chunks import Chunk, Record
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.intake import DONE_AFTER, GIVE_WAY_AFTER, raw_record
from agents.metrics import Metrics
from agents.standin import Cause, Gathered, reachable, statements
from pipeline.dead_letters import dead_letter
from pipeline.kin import KinRules, Resolution, Verdict, bonds_of, pair, resolve
from pipeline.refusal import Reason, Refused, Stage
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

SEEN = "seen"
KINDS: Mapping[str, range] = {SEEN: range(1, 1000), "merge": range(2, 3), "split": range(1, 2), "erase": range(1, 2)}
"""The kinds of claims, and how many identifiers each is about."""


@dataclass(frozen=True, slots=True)
class ResolverTopics:
    """Full names of the topics that the agent writes."""

    directory: str
    changes: str
    dead_letters: str


@dataclass(frozen=True, slots=True)
class ResolverAgent:
    """The step that the exact loop runs over chunks of claims."""

    book: SchemaBook
    rules: KinRules
    topics: ResolverTopics
    memory: BondMemory
    metrics: Metrics
    by: str

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk of claims."""
        self.memory.begin(chunk.partition)
        puts: list[Put] = []
        sends: list[Send] = []
        outcomes: Counter[str] = Counter()
        taken = 0
        started = began = time.monotonic()
        for record in chunk.records:
            try:
                cause = self._cause(record)
            except Refused as refused:
                sends.append(self._letter(record, refused))
                outcomes["refused"] += 1
            else:
                puts += self._stored(cause, record.timestamp)
                outcome, said = self._said(cause, record)
                sends += said
                outcomes[outcome] += 1
            taken += 1
            now = time.monotonic()
            if now - started > DONE_AFTER:
                break
            if now - began > GIVE_WAY_AFTER:
                await asyncio.sleep(0)
                began = time.monotonic()

        def done() -> None:
            for outcome, count in outcomes.items():
                self.metrics["resolutions_total"].labels(outcome).inc(count)

        return Effects(tuple(puts), tuple(sends), done, taken)

    def _cause(self, record: Record) -> Cause:
        """Return what a claim says. Raises Refused (Rule 4)."""
        said = self.book.decode("identity-claim", record.value or b"")
        kind = said["kind"]
        identifiers = tuple(dict.fromkeys(Identifier(each["type"], each["value"]) for each in said["identifiers"]))
        if kind not in KINDS:
            raise _refused("kind", f"one of {', '.join(KINDS)}")
        known = all(each.type in self.rules.strongest_first for each in identifiers)
        if not known or len(identifiers) not in KINDS[kind]:
            raise _refused("identifiers", f"so many as {kind} is about, each of a known type")
        if kind == SEEN and said["event"] is None:
            raise _refused("event", "the event on which they were seen")
        return Cause(kind, identifiers, said["occurred_at"], said["event"], said["by"], said["reason"])

    def _stored(self, cause: Cause, stamp: int) -> Iterator[Put]:
        """Take what a claim adds into the memory, and yield what to store."""
        if cause.kind == SEEN:
            for bond in bonds_of(cause.identifiers, cause.occurred_at, str(cause.event), self.rules):
                yield from self.memory.add(bond, stamp)
        for verdict in self._verdicts(cause):
            yield from self.memory.tell(Told(verdict, cause.by, cause.reason, cause.occurred_at), stamp)

    def _verdicts(self, cause: Cause) -> Iterator[Verdict]:
        """Yield what an operator says of pairs: a split is from all that its customer has now."""
        if cause.kind == "merge":
            one, other = cause.identifiers
            yield Verdict(pair(one, other, self.rules), together=True)
        elif cause.kind == "split":
            (split,) = cause.identifiers
            answers = self._resolved(cause)[1].answers
            for other, answer in answers.items():
                if other != split and answer.customer_id == answers[split].customer_id:
                    yield Verdict(pair(split, other, self.rules), together=False)

    def _resolved(self, cause: Cause) -> tuple[Gathered, Resolution]:
        gathered = reachable(cause.identifiers, self.memory.bonds_at, self.memory.verdicts_at, self.rules)
        return gathered, resolve(gathered.bonds, gathered.verdicts, self.rules)

    def _said(self, cause: Cause, record: Record) -> tuple[str, list[Send]]:
        """Return the outcome and all that is said of a claim whose bonds are in the memory."""
        gathered, resolution = self._resolved(cause)
        sends = []
        for each in statements(cause, gathered, resolution, record.offset + 1, self.rules):
            topic = self.topics.directory if each.topic == "directory" else self.topics.changes
            subject = "directory-entry" if each.topic == "directory" else "identity-change"
            sends.append(Send(topic, each.key.encode(), self.book.encode(subject, each.record), record.timestamp))
        return "merged", sends

    def _letter(self, record: Record, refused: Refused) -> Send:
        raw = raw_record(record, "identity-claims")
        letter = dead_letter(refused.rejected, raw, self.by)
        key = f"{record.topic}/{record.partition}/{record.offset}".encode()
        return Send(self.topics.dead_letters, key, self.book.encode("dead-letter", letter), record.timestamp)


def _refused(field: str, expected: str) -> Refused:
    return Refused(Stage.DECODE, Reason.UNKNOWN_VALUE, field, expected)
