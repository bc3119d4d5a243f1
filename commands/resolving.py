"""What `tellonce evaluate resolver` measures: how often the resolver is needed, its pace, how the directory grows.

Rule 1. The resolver's own step runs in this process over the claims that the invented events bring, in chunks as a
        worker takes them: the work of the core with its reading and writing of records, on rows in memory. A broker,
        the disk and the network come on top.
Rule 2. Steady is the second half of the events, once the first half has taught the directory. Shares are counted, not
        timed, so the same seed gives the same shares.
Rule 3. A record's bytes are its key and its value, of each key the last, as compaction leaves them. Memory is what
        Python allocates for the directory of one worker.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.app import make_resolver
from agents.contracts import identifiers_in_force
from agents.exact.chunks import Chunk, Record
from agents.installation import Installation
from agents.known import Known
from agents.metrics import Metrics
from agents.rows import SortedRows
from agents.settings import Settings
from agents.tables import StateTable
from commands.evaluation import START, Town
from pipeline.kin import KinRules, bonds_of, pair_digest
from pipeline.records import identifier_record

if TYPE_CHECKING:
    from commands.sorting import Seen

CHUNK = 200


@dataclass(slots=True)
class Row:
    """A claim as Kafka has it; `timestamp` in epoch milliseconds."""

    offset: int
    value: bytes | None
    timestamp: int
    topic: str = "identity-claims"
    partition: int = 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def needed(told: Town) -> dict[str, Any]:
    """Count the events that bring news: of all, of the second half, and of the second half's whose person is known."""
    rules = identifiers_in_force().kin
    person_of = told.answers.known().person_of
    known: set[str] = set()
    people: set[object] = set()
    half = len(told.seen) // 2
    count: Counter[str] = Counter()
    for number, event in enumerate(told.seen):
        digests = _digests(event, rules)
        news = not digests <= known
        known |= digests
        person = person_of.get(event.name)
        kinds = ["all"] if number < half else ["all", "steady"] + ["came_back"] * (person in people)
        for kind in kinds:
            count[f"{kind}_events"] += 1
            count[f"{kind}_with_news"] += news
        if number < half:
            people.add(person)
    return {
        kind: {
            "events": count[f"{kind}_events"],
            "with_news": count[f"{kind}_with_news"],
            "share": count[f"{kind}_with_news"] / max(count[f"{kind}_events"], 1),
        }
        for kind in ("all", "steady", "came_back")
    }


async def resolved(told: Town, clock: Callable[[], float], tick: Callable[[], None]) -> dict[str, Any]:
    """Run the resolver over the claims of all events; return its pace and what the directory comes to.

    `clock` returns the seconds that this process has worked.
    """
    at = Installation.of(Settings(), "nobody:1", Path())
    rows = SortedRows()
    agent = make_resolver(at, StateTable(lambda: rows, at.name("state.bonds")), Metrics())
    claims: list[Record] = [_row(offset, event, at) for offset, event in enumerate(_with_news(told.seen, agent.rules))]
    directory: dict[bytes, bytes] = {}
    sent: Counter[str] = Counter()
    worked = 0.0
    for start in range(0, len(claims), CHUNK):
        rest: Chunk | None = Chunk("identity-claims", 0, claims[start : start + CHUNK])
        while rest is not None:
            began = clock()
            effects = await agent(rest)
            for put in effects.puts:
                put.table.write(0, [(put.key, put.value)])
            worked += clock() - began
            for send in effects.sends:
                sent[send.topic] += 1
                if send.topic == agent.topics.directory and send.value is not None:
                    directory[send.key] = send.value
            for _ in rest.records[: effects.taken]:
                tick()
            rest = rest.after(effects.taken)
    return {
        "claims": len(claims),
        "claims_a_second": len(claims) / worked if worked else None,
        "said_a_claim": sum(sent.values()) / max(len(claims), 1),
        "directory": _sizes(directory, at),
    }


def _with_news(events: Iterable[Seen], rules: KinRules) -> Iterator[Seen]:
    known: set[str] = set()
    for event in events:
        digests = _digests(event, rules)
        if not digests <= known:
            yield event
        known |= digests


def _digests(event: Seen, rules: KinRules) -> set[str]:
    return {pair_digest(bond.pair, event.at, rules) for bond in bonds_of(event.identifiers, event.at, "", rules)}


def _row(offset: int, event: Seen, at: Installation) -> Row:
    said = {
        "kind": "seen",
        "identifiers": [identifier_record(one) for one in event.identifiers],
        "occurred_at": event.at,
        "event": event.name,
        **dict.fromkeys(("origin", "by", "reason")),
    }
    return Row(offset, at.book.encode("identity-claim", said), round(START.timestamp() * 1000) + offset)


def _sizes(directory: Mapping[bytes, bytes], at: Installation) -> dict[str, Any]:
    """Return how many identifiers and pairs there are, and what one of each takes."""
    pairs = {key: value for key, value in directory.items() if key.startswith(b"pair-")}
    identifiers = {key: value for key, value in directory.items() if key not in pairs}
    known = Known()
    gc.collect()
    tracemalloc.start()
    try:
        places = [0]
        for records in (identifiers, pairs):
            for value in records.values():
                known.hear(at.book.decode("directory-entry", value))
            gc.collect()
            places.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    memory = [after - before for before, after in pairwise(places)]
    return {
        name: {
            "count": len(records),
            "record_bytes": sum(len(key) + len(value) for key, value in records.items()) / max(len(records), 1),
            "memory_bytes": allocated / max(len(records), 1),
        }
        for name, records, allocated in zip(("identifiers", "pairs"), (identifiers, pairs), memory, strict=True)
    }
