"""Reading the dead letters: one after the other, never all at once; and what they come to.

Rule 1. What is read is what is there at the start, by no group. `since` is the broker's time of the letter, not of its
        event. At most so many records are read as asked for, and it is said when that was not all.
Rule 2. A letter heard twice is one letter (its id). A record with `replayed_at` says that a letter was sent again, and
        is no letter.
Rule 3. Counting holds ids, never bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.installation import Installation
from agents.topic_admin import require
from commands.refusals import Refusal
from commands.streams import partitions, reading
from pipeline.refusal import Refused

TOPIC = "dead-letters"

Letter = dict[str, Any]
Progress = Callable[[int, int], object]
"""Told how many records are read, of how many."""


class TooManyError(Refusal):
    """There is more to read than was asked for."""

    def __init__(self, most: int) -> None:
        """Take the limit."""
        super().__init__(f"There are more than {most} records to read: narrow it with --since, or raise --most.", 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; what is empty or None does not narrow it."""

    sources: Collection[str] = ()
    reasons: Collection[str] = ()
    since: datetime | None = None
    ids: Collection[str] = ()

    def __contains__(self, letter: Letter) -> bool:
        """Say whether a letter is one of them; `since` is minded by who reads."""
        return (
            (not self.sources or letter["source"] in self.sources)
            and (not self.reasons or letter["reason"] in self.reasons)
            and (not self.ids or letter["dead_letter_id"] in self.ids)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the topic: the letter (or that it was sent again), where it stands, and when it came."""

    letter: Letter
    key: bytes | None
    partition: int
    at: datetime

    @property
    def id(self) -> str:
        """The letter's id."""
        return str(self.letter["dead_letter_id"])

    @property
    def is_replay(self) -> bool:
        """Whether this says that the letter was sent again."""
        return self.letter["replayed_at"] is not None


async def letters(at: Installation, since: datetime | None, most: int, progress: Progress) -> AsyncIterator[Found]:
    """Yield every record that is there now (Rule 1). Raises `TopicAdminError`, `TooManyError` before the first."""
    state = next(state for state in at.wanted() if state.name == at.name(TOPIC))
    await require(at.bootstrap, [state])
    places = partitions({state.name: state.partitions})
    async with reading(at.bootstrap) as consumer:
        consumer.assign(places)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        if since is not None:
            found = await consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
            begins = {place: ends[place] if found[place] is None else found[place].offset for place in places}
        total = sum(ends[place] - begins[place] for place in places)
        if total > most:
            raise TooManyError(most)
        for place in places:
            consumer.seek(place, begins[place])
        waiting, read = {place for place in places if begins[place] < ends[place]}, 0
        while waiting:
            for place, records in (await consumer.getmany(*waiting, timeout_ms=200, max_records=500)).items():
                for record in records:
                    if record.offset < ends[place] and (letter := _letter(at, record.value)) is not None:
                        moment = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                        yield Found(letter, record.key, record.partition, moment)
                read += len(records)
            progress(min(read, total), total)
            waiting = {place for place in waiting if await consumer.position(place) < ends[place]}


@dataclass(slots=True)
class Row:
    """What letters of one source, stage and reason come to."""

    letters: int = 0
    newest: datetime | None = None


@dataclass(slots=True)
class Count:
    """The letters that are wanted, counted; and which of all letters were sent again."""

    wanted: Wanted
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    replayed: set[str] = field(default_factory=set)
    _kinds: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def add(self, found: Found) -> None:
        """Take a record into account (Rule 2)."""
        if found.is_replay:
            self.replayed.add(found.id)
            return
        if found.letter not in self.wanted or found.id in self._kinds:
            return
        kind = found.letter["source"], found.letter["stage"], found.letter["reason"]
        self._kinds[found.id] = kind
        row = self.rows.setdefault(kind, Row())
        row.letters += 1
        row.newest = max(row.newest or found.at, found.at)

    def table(self) -> Iterator[Mapping[str, Any]]:
        """Yield a row a source, stage and reason, the most letters first."""
        again = dict.fromkeys(self.rows, 0)
        for each, kind in self._kinds.items():
            again[kind] += each in self.replayed
        for kind, row in sorted(self.rows.items(), key=lambda each: (-each[1].letters, each[0])):
            names = dict(zip(("source", "stage", "reason"), kind, strict=True))
            yield {**names, "letters": row.letters, "replayed": again[kind], "newest": row.newest}


async def counted(at: Installation, wanted: Wanted, most: int, progress: Progress) -> Count:
    """Return the count of the letters that are wanted."""
    count = Count(wanted)
    async for found in letters(at, wanted.since, most, progress):
        count.add(found)
    return count


def _letter(at: Installation, value: bytes | None) -> Letter | None:
    """Return a letter; None for what is none (somebody else's record in our topic)."""
    try:
        return at.book.decode("dead-letter", value)
    except Refused:
        return None
