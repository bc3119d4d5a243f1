"""Writing hotspots to their topic.

Rule 1. A cell is a record under its key; the last one of a key stands. The same hotspots are the same bytes.
Rule 2. A cell of a week that is told now, and that is not among the hotspots any more (after a merge, an erasure, or
        under another policy), is ended by a record without a value. Weeks that are not told now stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from agents.installation import Installation
from commands.people import latest, read_topics
from commands.streams import writing
from pipeline.hotspots import Hotspot
from pipeline.hotspots.record import hotspot_record

TOPIC = "hotspots"


async def publish(at: Installation, spots: Iterable[Hotspot]) -> tuple[int, int]:
    """Write these cells; return how many, and how many were ended. Raises `TopicAdminError` without the topic."""
    told = {spot.cell.key: at.book.encode("hotspot", hotspot_record(spot, at.policy)) for spot in spots}
    weeks = {key.partition("/")[0] for key in told}
    there = latest((await read_topics(at, (TOPIC,)))[TOPIC])
    ended = [key for key in there if key.decode().partition("/")[0] in weeks and key.decode() not in told]
    async with writing(at.bootstrap) as writer:
        for key in sorted(told):
            await writer.send(at.name(TOPIC), key.encode(), told[key])
        for gone in sorted(ended):
            await writer.send(at.name(TOPIC), gone, None)
    return len(told), len(ended)
