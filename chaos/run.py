"""One run: a Kafka of its own, two workers on RocksDB, the faults one after the other, then the verdict.

Rule 1. All faults of a run hit the same topics, workers and state: what one breaks, the next one finds.
Rule 2. A fault is over when all that was sent is worked off; how long that took is counted from when the last thing
        that it ended runs again and all is sent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiokafka.structs import TopicPartition

from agents.contracts import schema_book
from agents.settings import Settings
from chaos.answer import FINDINGS, Answer, answer
from chaos.cluster import BROKERS, Cluster, cluster
from chaos.crew import Workers
from chaos.disk import small_disk
from chaos.faults import SESSION, Fault
from chaos.feed import Raw, Town
from chaos.kafka import Node, node
from chaos.stage import Stage
from chaos.verdict import Verdict, judge
from commands.children import WorkerGaveUpError, tail
from commands.patience import StalledError
from commands.rehearsal import Rehearsal, rehearsal
from commands.streams import ends_of, read_to_the_end, reading
from pipeline.touchpoint import Origin

READ = ("touchpoints", "dead-letters", *FINDINGS, "timelines")
STANDS = 30.0
"""Seconds that commits may stand still with work to do: more is a stall."""


@dataclass(slots=True)
class Row:
    """What is known of one fault when it is over."""

    name: str
    events: int
    seconds: float
    exits: Counter[str]
    needless: int
    stood: float
    back: float
    late: int
    ends: Mapping[TopicPartition, int]


@dataclass(slots=True)
class Played:
    """A run that is over; `left` is where its data is, if it is there still."""

    seed: int
    rows: list[Row] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    fell: list[str] = field(default_factory=list)
    memory: int = 0
    told: list[str] = field(default_factory=list)
    compared: int = 0
    left: Path | None = None


async def play(
    seed: int, faults: Iterable[Fault], events: int, folder: Path, say: Callable[[str], None], *, brokers: int = 1
) -> Played:
    """Play faults with so many events each, on one broker or three; `say` is told what happens.

    Raises `StalledError`, `WorkerGaveUpError`.
    """
    dice = Random(seed)  # noqa: S311 -- repeatable, not secret
    town = Town(seed, schema_book())
    played = Played(seed)
    with ExitStack() as stack:
        own: Node | Cluster
        own = stack.enter_context(cluster(folder)) if brokers == BROKERS else stack.enter_context(node(folder))
        async with rehearsal(Settings(), own.bootstrap, "chaos", keep=True) as run:
            environment = run.worker_settings(folder) | {
                "TELLONCE_STORE": "rocksdb",
                "TELLONCE_SESSION_TIMEOUT": f"{SESSION:g}s",
                "TELLONCE_HEARTBEAT": "2s",
            }
            at = Stage(own, Workers(folder, environment, stack), run, dice, say)
            stack.enter_context(small_disk(at.workers.home))
            async with at.watched():
                for fault in faults:
                    sent = fault.mischief(town.take(round(events * fault.share)), dice)
                    say(f"{fault.name}: {len(sent)} events")
                    try:
                        played.rows.append(await _suffer(at, fault, sent, played))
                    except (StalledError, WorkerGaveUpError):
                        say("\n".join(f"{log.parent.name}:\n{tail(log)}" for log in at.workers.logs[-4:]))
                        raise
                    say(f"{fault.name}: over, caught up in {played.rows[-1].seconds:.1f} s")
            at.workers.stop()
            say("reading everything, and asking the core what it should be")
            wanted, heard = await _answer(run), await run.read(READ)
            played.verdict = judge(heard, await _state(run), wanted, lambda origin: _fault_at(origin, played.rows))
            played.fell = at.looks.fell
            played.compared = sum(len(each) for each in wanted.standing.values()) + len(wanted.places)
            played.told = _told_on(wanted, at.workers.logs)
    return played


async def _suffer(at: Stage, fault: Fault, sent: list[Raw], played: Played) -> Row:
    await at.ready()
    before = at.workers.exits()
    await at.feed(sent, fault.over)
    await fault.suffer(at)
    await at.sent()
    began = time.monotonic()
    await at.worked_off()
    seconds = time.monotonic() - began
    at.feeding = None
    played.memory = max(played.memory, at.workers.memory())
    async with reading(at.node.bootstrap) as consumer:
        ends = await ends_of(consumer, at.run.raw)
    exits = at.workers.exits() - before
    needless, seen = fault.needless(exits, len(at.killed), at.latent), at.looks
    at.latent -= exits
    return Row(fault.name, len(sent), seconds, exits, needless, seen.stood, seen.back, at.late, ends)


async def _answer(run: Rehearsal) -> Answer:
    found = await read_to_the_end(run.bootstrap, run.raw)
    stem = f"{run.prefix}raw."
    return answer((topic.removeprefix(stem), each) for topic, records in found.items() for each in records)


async def _state(run: Rehearsal) -> set[bytes]:
    found = await read_to_the_end(run.bootstrap, run.named("state.entries"))
    rows = {each.key: each.value for records in found.values() for each in records}
    return {key for key, value in rows.items() if value is not None}


def _fault_at(origin: Origin, rows: Iterable[Row]) -> str:
    """Return the fault during which an event was sent."""
    place = TopicPartition(origin.topic, origin.partition)
    return next((row.name for row in rows if origin.offset < row.ends.get(place, 0)), "?")


def _told_on(wanted: Answer, logs: Iterable[Path]) -> list[str]:
    """Return the logs that hold an identifier of a customer."""
    words = {log: log.read_text("utf-8", "replace") for log in logs}
    return [log.parent.name for log, text in words.items() if any(each in text for each in wanted.personal)]
