"""What follows when the rules for identifiers change: what they had joined comes apart, and what they kept apart joins.

Rule 1. The resolver's table says by which rules everything in it was resolved (`Note`). It is changed before anything
        is said by other rules, so it always tells the truth, whoever takes over.
Rule 2. By each of the former rules every identifier is gathered from once, in the order of the table's keys, and where
        their answers are not those of the rules in force, all whom it concerns are told. A few hundred at a time: each
        claim of the kind `rules` does some, says so, and sends the next one, until nothing is left.
Rule 3. How far it is stands in the note, and is put last: a claim taken again does the same again, or the next part.
        More such claims than needed do no harm.
Rule 4. If the rules change again on the way, what was begun is begun again, for each of the former rules in turn.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from agents.bonds import BondMemory, row_key
from agents.exact.chunks import Chunk, Record
from agents.exact.exits import Exit, Leave, where
from agents.exact.loop import Effects
from agents.exact.outbox import Send
from agents.exact.pace import Pace
from agents.metrics import Metrics
from agents.resolver import RULES, ResolverTopics, statements
from pipeline.kin import Cause, Gathered, KinRules, reachable
from pipeline.linking import linking_rules
from pipeline.touchpoint import Identifier
from pipeline.wire import SchemaBook

LOOK_EVERY = 3.0
"""Seconds between two looks of the watch."""

STEP = 300
"""Identifiers that one claim goes through: about a tenth of a second."""

KEY = RULES.encode()
"""The key of such a claim; others have a customer's id."""

BEHIND = b"\xff"
"""Behind an identifier's key and its rows: what comes next is another's."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Note:
    """The rules in force as a text, former ones that are not done with, and where to go on by the first of these."""

    rules: str
    former: tuple[str, ...] = ()
    place: bytes = b""

    def changed(self, rules: str) -> "Note":
        """Return the note once other rules are in force."""
        former = dict.fromkeys((*self.former, self.rules))
        return Note(rules, tuple(each for each in former if each != rules))

    def document(self) -> str:
        """Return the note as it is kept."""
        return json.dumps({"rules": self.rules, "former": self.former, "place": self.place.hex()}, ensure_ascii=False)


def note_of(document: str) -> Note:
    """Return a note that was kept."""
    said: dict[str, Any] = json.loads(document)
    return Note(said["rules"], tuple(said["former"]), bytes.fromhex(said["place"]))


def rules_claim(moment: datetime) -> Mapping[str, Any]:
    """Return the record of identity-claim.v1.avsc that makes the resolver go on; all of one change have its moment."""
    nothing = dict.fromkeys(("event", "origin", "by", "reason"))
    return {"kind": RULES, "identifiers": [], "occurred_at": moment, **nothing}


@dataclass(frozen=True, slots=True)
class RulingResolver:
    """The resolver's step, which also minds the rules; `resolver` takes every claim of another kind.

    `rules` are those in force, and `text` is the same as `pipeline.linking` has it.
    """

    resolver: Callable[[Chunk], Awaitable[Effects]]
    book: SchemaBook
    rules: KinRules
    text: str
    topics: ResolverTopics
    memory: BondMemory
    metrics: Metrics

    def behind(self) -> str | None:
        """Return the note as it is kept, if something is left to do. Ask only where the table is this worker's."""
        document = self.memory.note(0)
        if document is None:
            return None
        note = note_of(document)
        return document if note.former or note.rules != self.text else None

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from the chunk's claims up to the first that is about rules, or from that one."""
        document = self.memory.note(chunk.partition)
        before = None if document is None else note_of(document)
        note = Note(self.text) if before is None else before if before.rules == self.text else before.changed(self.text)
        own = next((n for n, record in enumerate(chunk.records) if record.key == KEY), None)
        first = chunk.records[0]
        if own == 0:
            effects = await self._gone_on(chunk, note)
        else:
            effects = await self.resolver(chunk if own is None else replace(chunk, records=chunk.records[:own]))
            if own is not None and effects.taken is None:
                effects = replace(effects, taken=own)
        if note == before:
            return effects
        begun = (self.to_go_on(first.timestamp),) if own != 0 and note.former else ()
        noted = self.memory.noted(note.document(), first.timestamp)
        return replace(effects, puts=(noted, *effects.puts), sends=(*effects.sends, *begun))

    async def _gone_on(self, chunk: Chunk, note: Note) -> Effects:
        """Go through some identifiers by the first of the former rules (Rule 2)."""
        record = chunk.records[0]
        if not note.former:
            return Effects(taken=1)
        self.memory.begin(chunk.partition)
        old, moment = _former(note.former[0]), _moment(record.timestamp)
        outcomes: Counter[str] = Counter()
        sends: list[Send] = []
        passed: set[Identifier] = set()
        place, gone_through, pace = note.place, 0, Pace()
        while gone_through < STEP and (one := self.memory.first_from(place)) is not None:
            place = row_key(one) + BEHIND
            gone_through += 1
            if one not in passed:
                gathered = reachable([one], self.memory.bonds_at, self.memory.verdicts_at, self.rules, formerly=old)
                passed.update(_passed(gathered))
                sends += self._said(gathered, record, moment, outcomes)
            await pace.give_way()
        is_done = gone_through < STEP
        after = Note(note.rules, note.former[1:]) if is_done else replace(note, place=place)
        if after.former:
            sends.append(self.to_go_on(record.timestamp))

        def done() -> None:
            self.metrics["reviewed_total"].inc(gone_through)
            for outcome, count in outcomes.items():
                self.metrics["resolutions_total"].labels(outcome).inc(count)

        last = (self.memory.noted(after.document(), record.timestamp),)
        return Effects(sends=tuple(sends), done=done, taken=1, last=last)

    def _said(self, gathered: Gathered, record: Record, moment: datetime, outcomes: Counter[str]) -> list[Send]:
        """Return what is said of a component; nothing where the former rules have the same answers."""
        now = gathered.now.resolved(self.rules)
        if gathered.before.resolved(gathered.formerly).answers == now.answers:
            return []
        cause = Cause(RULES, moment)
        return list(statements(gathered, now, cause, record, (self.book, self.rules, self.topics), outcomes))

    def to_go_on(self, stamp: int) -> Send:
        """Return the claim that makes the resolver go on; `stamp` is epoch milliseconds."""
        value = self.book.encode("identity-claim", rules_claim(_moment(stamp)))
        return Send(self.topics.claims, KEY, value, stamp)


@dataclass(slots=True)
class RulesWatch:
    """Makes the resolver begin, or go on where a worker died in between: nothing else may come for a long time.

    `behind` returns the note where something is left to do, and None where not or where it is not this worker's to say.
    """

    behind: Callable[[], str | None]
    send: Callable[[], Awaitable[None]]
    _seen: str | None = None

    async def look(self) -> None:
        """Send a claim if nothing has moved since the last look."""
        document = self.behind()
        if document is not None and document == self._seen:
            await self.send()
        self._seen = document

    async def watch(self, is_over: Callable[[], bool], leave: Leave) -> None:
        """Look every few seconds until it is over."""
        while not is_over():
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 -- nobody else would begin
                leave(Exit.UNEXPECTED, where(error))


def _passed(gathered: Gathered) -> set[Identifier]:
    """Return those from which the same would be gathered: all but those that are parked by both rules."""
    now, before = gathered.now.found, gathered.before.found
    return {one for one in gathered.identifiers if now[one].parked is None or before[one].parked is None}


@lru_cache(maxsize=4)
def _former(text: str) -> KinRules:
    kin = linking_rules(text).kin
    return replace(kin, is_junk=lru_cache(maxsize=1 << 16)(kin.is_junk))


def _moment(stamp: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=max(stamp, 0))
