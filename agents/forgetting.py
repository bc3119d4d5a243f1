"""The resolver's half of an erasure: a person goes out of the bonds and the directory, and every home is told.

Rule 1. An erasure is done by itself: what comes before it is done and committed first (taken again, it would bring back
        what is erased), what comes after it is done when it is committed (taken again, it would erase who came back).
Rule 2. Bonds and words are deleted last, when all that follows is said: until then a claim taken again finds the person
        still there, and says the same again.
Rule 3. The home of each of the person's identifiers is told `erased` without a name. The homes of others concerned are
        told `erased` with the identifiers, since they may hold touchpoints that moved on; then, whose their own are.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.bonds import TOLD, BondMemory, row_key
from agents.exact.chunks import Chunk, Record
from agents.exact.loop import Effects, Put
from agents.exact.outbox import Send
from agents.known import identifier_key
from agents.metrics import Metrics
from agents.resolver import ResolverTopics, entry_key
from pipeline.kin import Cause, KinRules, customer_named_by, directory_entries, identity_changes
from pipeline.kin.erasure import Erasure, digests, erasure
from pipeline.records import identifier_of, told_record
from pipeline.refusal import Refused
from pipeline.touchpoint import Identifier, Told
from pipeline.wire import SchemaBook

ERASE, ERASED = "erase", "erased"
"""The kind of claim, and the outcome that follows."""


@dataclass(frozen=True, slots=True)
class ForgettingResolver:
    """The resolver's step, which also erases; `resolver` takes every other claim."""

    resolver: Callable[[Chunk], Awaitable[Effects]]
    book: SchemaBook
    rules: KinRules
    topics: ResolverTopics
    memory: BondMemory
    metrics: Metrics

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk's claims up to the first erasure, or from that erasure (Rule 1)."""
        before, claim = self._first(chunk)
        if claim is None:
            return await self.resolver(chunk)
        if before:
            return await self.resolver(replace(chunk, records=chunk.records[:before]))
        return self._erased(chunk, claim)

    def _first(self, chunk: Chunk) -> tuple[int, Mapping[str, Any] | None]:
        """Return how many records come before the first erasure, and that erasure, if there is one."""
        for number, record in enumerate(chunk.records):
            try:
                said = self.book.decode("identity-claim", record.value or b"")
            except Refused:
                continue  # a dead letter, as the resolver has it
            known = all(each["type"] in self.rules.strongest_first for each in said["identifiers"])
            if said["kind"] == ERASE and known and len(said["identifiers"]) == 1:
                return number, said
        return 0, None

    def _erased(self, chunk: Chunk, claim: Mapping[str, Any]) -> Effects:
        self.memory.begin(chunk.partition)
        record = chunk.records[0]
        named = [identifier_of(each) for each in claim["identifiers"]]
        person = erasure(named, self.memory.bonds_at, self.memory.verdicts_at, self.rules)

        def done() -> None:
            self.metrics["resolutions_total"].labels(ERASED).inc()

        return Effects(
            sends=(*self._forgotten(person, record), *self._said(person, claim, record)),
            done=done,
            taken=1,
            last=tuple(self._rows(person, record.timestamp)),
            apart=True,
        )

    def _forgotten(self, person: Erasure, record: Record) -> Iterator[Send]:
        for one in person.identifiers:
            yield Send(self.topics.directory, identifier_key(one), None, record.timestamp)
        for bond in person.bonds:
            for digest in digests(bond, self.rules):
                yield Send(self.topics.directory, digest.encode(), None, record.timestamp)

    def _said(self, person: Erasure, claim: Mapping[str, Any], record: Record) -> Iterator[Send]:
        epoch = record.offset + 1
        cause = Cause(ERASE, claim["occurred_at"], claim["by"], claim["reason"])
        now = person.others.now.resolved(self.rules)
        for one in person.identifiers:
            yield self._change(customer_named_by(one), _erased(customer_named_by(one), epoch, cause, ()), record)
        for one in person.others.identifiers:
            told = _erased(customer_named_by(one), epoch, cause, person.identifiers)
            yield self._change(customer_named_by(one), told, record)
        for entry in directory_entries(person.others, now, epoch, self.rules):
            value = self.book.encode("directory-entry", entry)
            yield Send(self.topics.directory, entry_key(entry), value, record.timestamp)
        for change in identity_changes(person.others, now, epoch, cause, self.rules):
            yield self._change(change["customer_id"], change, record)

    def _change(self, home: str, change: Mapping[str, Any], record: Record) -> Send:
        return Send(self.topics.changes, home.encode(), self.book.encode("identity-change", change), record.timestamp)

    def _rows(self, person: Erasure, stamp: int) -> Iterator[Put]:
        pairs = [(b"", bond.pair) for bond in person.bonds] + [(TOLD, word.pair) for word in person.verdicts]
        for between, (one, other) in pairs:
            yield Put(self.memory.table, row_key(one) + between + row_key(other), None, stamp)
            yield Put(self.memory.table, row_key(other) + between + row_key(one), None, stamp)


def _erased(home: str, epoch: int, cause: Cause, identifiers: tuple[Identifier, ...]) -> dict[str, Any]:
    answers = [told_record(Told(one, customer_named_by(one), one, None, epoch)) for one in identifiers]
    return {
        "customer_id": home,
        "epoch": epoch,
        "outcome": ERASED,
        "reason": "operator",
        "customers": [],
        "answers": answers,
        "caused_by": cause.name,
        "links": [],
        "occurred_at": cause.occurred_at,
        "by": cause.by,
        "why": cause.why,
    }
