"""Sending dead letters again: the raw event as it was, to the topic where it stood.

Rule 1. Bytes, key and headers are the event's own. Two headers are added: the letter's id, and how often the event was
        tried so far; so the dead letter of an event that fails again counts on.
Rule 2. It goes to the partition where it stood, where the topic still has it; else by its key.
Rule 3. A letter is sent again once. First the events, then, when Kafka has them, a record of each in dead-letters that
        says when and by whom. Whoever dies in between sends a few again the next time: an event is its id, with or
        without an `event_id` of its own, so twice counts once.
Rule 4. A topic that is not there is never made: its letters stay, and are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from agents.installation import Installation
from commands.letters import TOPIC, Found, Progress, Wanted, counted, letters
from commands.streams import Writer, existing_topics, writing
from pipeline.dead_letters import replayed, sent_again

AT_ONCE, AT_ONCE_BYTES = 200, 16 << 20
"""Events that are sent before their letters are marked."""


@dataclass(slots=True)
class Replay:
    """What was sent, by topic; how many letters had been sent before; those whose topic is gone; ids of no letter."""

    sent: Counter[str] = field(default_factory=Counter)
    before: int = 0
    homeless: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Order:
    """Which letters to send again, who says so, and when; `dry`: only say which would be sent."""

    wanted: Wanted
    by: str
    at: datetime
    dry: bool = False


async def replay(at: Installation, order: Order, most: int, progress: Progress) -> Replay:
    """Send the wanted letters again that were not yet. Raises `TopicAdminError`, `TooManyError`."""
    wanted = order.wanted
    count = await counted(at, Wanted(since=wanted.since), most, progress)
    there = await existing_topics(at.bootstrap)
    done = Replay()
    seen: set[str] = set()
    waiting: list[Found] = []
    async with writing(at.bootstrap) as writer:
        async for found in letters(at, wanted.since, most, progress):
            if found.is_replay or found.id in seen or found.letter not in wanted:
                continue
            seen.add(found.id)
            topic = found.letter["topic"]
            if found.id in count.replayed:
                done.before += 1
            elif topic not in there:
                done.homeless[topic] += 1
            else:
                done.sent[topic] += 1
                waiting += [found] * (not order.dry)
            if len(waiting) >= AT_ONCE or sum(len(each.letter["value"] or b"") for each in waiting) > AT_ONCE_BYTES:
                await _send(at, writer, waiting, there, order)
                waiting = []
        await _send(at, writer, waiting, there, order)
    done.unknown = set(wanted.ids) - seen
    return done


async def _send(at: Installation, writer: Writer, waiting: list[Found], there: dict[str, int], order: Order) -> None:
    for each in waiting:
        letter = each.letter
        topic, partition = letter["topic"], letter["partition"]
        place = partition if partition < there[topic] else None
        stamp = int(letter["received_at"].timestamp() * 1000)
        await writer.send(topic, letter["key"], letter["value"], sent_again(letter), place, timestamp=stamp)
    await writer.flush()
    for each in waiting:
        value = at.book.encode("dead-letter", replayed(each.letter, order.at, order.by))
        await writer.send(at.name(TOPIC), each.key, value, (), each.partition)
    await writer.flush()
