"""The resolver agent: claims in; whose every identifier is out. Claims have one partition, so it is the one writer.

Rule 1. Claims are taken one by one, in their order. The epoch of a claim's resolution is its place in the log, so it
        grows, survives a restart, and is the same when the claim is taken again.
Rule 2. What a claim adds is stored last, when all that follows from it is acknowledged. A resolver that dies before
        finds the world as it was, and says the same by the same epochs; had it stored first, it would say older claims
        again by what it learned from newer ones, and an epoch would have two meanings.
Rule 3. Statements, not differences: a claim heard twice is resolved and said again.
Rule 4. What an operator's word means follows from what was known when it was spoken. So a word is done by itself, and
        committed before anything newer is taken: who takes it again knows nothing newer.
Rule 5. A claim that makes no sense is a dead letter. A merge that is refused changes nothing, and that is said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.bonds import BondMemory
from agents.exact.chunks import Chunk, Record
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.exact.pace import Pace
from agents.intake import raw_record
from agents.known import identifier_key
from agents.metrics import Metrics
from pipeline.dead_letters import dead_letter
from pipeline.kin import (
    Cause,
    Gathered,
    KinRules,
    News,
    NotMerged,
    Resolution,
    Verdict,
    bonds_of,
    changes_alike,
    directory_entries,
    merge,
    reachable,
    split,
)
from pipeline.records import identifier_of
from pipeline.refusal import Reason, Refused, Stage
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

SEEN, MERGE, SPLIT, ERASE, RULES = "seen", "merge", "split", "erase", "rules"
KINDS: Mapping[str, range] = {SEEN: range(1, 1000), MERGE: range(2, 3), SPLIT: range(1, 2), ERASE: range(1, 2)}
"""The kinds of claims that are about identifiers, and about how many each; `agents.ruling` takes the other."""

UNCHANGED, REFUSED = "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class ResolverTopics:
    """Full names of the topics that the agent writes."""

    directory: str
    changes: str
    claims: str
    dead_letters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A record of identity-claim.v1.avsc that makes sense."""

    kind: str
    identifiers: tuple[Identifier, ...]
    occurred_at: datetime
    event: str | None
    by: str | None
    reason: str | None


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
        is_word = False
        pace = Pace()
        for record in chunk.records:
            try:
                claim = self._claim(record)
            except Refused as refused:
                sends.append(self._letter(record, refused))
                outcomes[REFUSED] += 1
            else:
                is_word = claim.kind != SEEN
                if is_word and taken:
                    break
                gathered = self._gathered(claim)
                puts += self._stored(gathered.news, claim, record.timestamp)
                sends += self._said(gathered, claim, record, outcomes)
            taken += 1
            if is_word or await pace.is_time():
                break

        def done() -> None:
            for outcome, count in outcomes.items():
                self.metrics["resolutions_total"].labels(outcome).inc(count)

        return Effects(sends=tuple(sends), done=done, taken=taken, last=tuple(puts), apart=is_word)

    def _claim(self, record: Record) -> Claim:
        """Return what a claim says. Raises Refused (Rule 5)."""
        said = self.book.decode("identity-claim", record.value or b"")
        kind = said["kind"]
        identifiers = tuple(dict.fromkeys(map(identifier_of, said["identifiers"])))
        if kind not in KINDS:
            raise _refused("kind", f"one of {', '.join(KINDS)}")
        known = all(each.type in self.rules.strongest_first for each in identifiers)
        if not known or len(identifiers) not in KINDS[kind]:
            raise _refused("identifiers", f"so many as {kind} is about, each of a known type")
        if kind == SEEN and said["event"] is None:
            raise _refused("event", "the event on which they were seen")
        return Claim(
            kind=kind,
            identifiers=identifiers,
            occurred_at=said["occurred_at"],
            event=said["event"],
            by=said["by"],
            reason=said["reason"],
        )

    def _gathered(self, claim: Claim) -> Gathered:
        """Return all that a claim can change, with the news that it is."""
        if claim.kind == SEEN:
            bonds = tuple(bonds_of(claim.identifiers, claim.occurred_at, str(claim.event), self.rules))
            return self._reached(claim, News(bonds, (), claim.event))
        return self._reached(claim, News((), self._verdicts(claim)))

    def _verdicts(self, claim: Claim) -> tuple[Verdict, ...]:
        """Return what an operator's word says of pairs; nothing where it is refused."""
        world = self._reached(claim, News()).now
        if claim.kind == MERGE:
            one, other = claim.identifiers
            merged = merge(one, other, world, self.rules, claim.occurred_at)
            return () if isinstance(merged, NotMerged) else merged
        return split(claim.identifiers[0], world, self.rules, claim.occurred_at) if claim.kind == SPLIT else ()

    def _reached(self, claim: Claim, news: News) -> Gathered:
        return reachable(claim.identifiers, self.memory.bonds_at, self.memory.verdicts_at, self.rules, news)

    def _stored(self, news: News, claim: Claim, stamp: int) -> Iterator[Put]:
        for bond in news.bonds:
            yield from self.memory.add(bond, stamp)
        for verdict in news.verdicts:
            yield from self.memory.tell(verdict, claim.by, claim.reason, stamp)

    def _said(self, gathered: Gathered, claim: Claim, record: Record, outcomes: Counter[str]) -> Iterator[Send]:
        """Return all that follows from a claim, and count its outcomes."""
        now = gathered.now.resolved(self.rules)
        cause = Cause(claim.event or claim.kind, claim.occurred_at, claim.by, claim.reason)
        return statements(gathered, now, cause, record, (self.book, self.rules, self.topics), outcomes)

    def _letter(self, record: Record, refused: Refused) -> Send:
        letter = dead_letter(refused.rejected, raw_record(record, "identity-claims"), self.by)
        key = f"{record.topic}/{record.partition}/{record.offset}".encode()
        return Send(self.topics.dead_letters, key, self.book.encode("dead-letter", letter), record.timestamp)


def statements(  # noqa: PLR0913, PLR0917 -- what is said, why, where it stands, and by whom: an object for them would say no more
    gathered: Gathered,
    now: Resolution,
    cause: Cause,
    record: Record,
    by: tuple[SchemaBook, KinRules, ResolverTopics],
    outcomes: Counter[str],
) -> Iterator[Send]:
    """Yield what is said of all that was gathered, by the epoch of a claim, and count what it came to."""
    book, rules, topics = by
    epoch, stamp = record.offset + 1, record.timestamp
    for entry in directory_entries(gathered, now, epoch, rules):
        yield Send(topics.directory, entry_key(entry), book.encode("directory-entry", entry), stamp)
    came_of_it: set[str] = set()
    for heads, tail in changes_alike(gathered, now, epoch, cause, rules):
        for head, value in book.encode_alike("identity-change", heads, tail):
            yield Send(topics.changes, head["customer_id"].encode(), value, stamp)
            came_of_it.add(head["outcome"])
    outcomes.update(came_of_it - {UNCHANGED} or {UNCHANGED})


def entry_key(entry: Mapping[str, Any]) -> bytes:
    """Return the key of a record of the directory: the identifier, or the pair's digest."""
    if entry["pair"] is not None:
        return str(entry["pair"]).encode()
    return identifier_key(identifier_of(entry["identifier"]))


def _refused(field: str, expected: str) -> Refused:
    return Refused(Stage.DECODE, Reason.UNKNOWN_VALUE, field, expected)
