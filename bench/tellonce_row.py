"""Tellonce's row: the defined work as a step of the exact loop, with all of its fences and watches on.

Rule 1. State is a row an event (customer, event time, event id), as the product keeps it: a worker that should be dead
        can only write what is true, and an event that is told again finds the history that it had.
Rule 2. Rows beyond twice the history are deleted after the outputs are out, so state and changelog stay bounded.
Rule 3. The scorer is the product's; with BENCH_SCORER=library it is vaderSentiment as it comes, as everybody else's.
"""

import asyncio
import logging
import os
import struct
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import faust
import uvloop
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from agents.app import faust_app, make_outbox, make_table
from agents.contracts import schema_book
from agents.exact.chunks import Chunk, ChunkSchema
from agents.exact.consumer import exact_transport
from agents.exact.exits import leave
from agents.exact.fence import Fence
from agents.exact.group import FaustGroup
from agents.exact.guard import Guard, Watches
from agents.exact.journal import open_journal
from agents.exact.loop import Effects, ExactLoop, Put
from agents.exact.outbox import Send
from agents.exact.pace import Pace
from agents.exact.readback import Readback
from agents.installation import Installation
from agents.settings import Settings
from agents.tables import StateTable
from agents.topics import Cleanup, Timestamp, Topic
from agents.worker import collect_less
from bench import work
from pipeline.identifiers import IdentifierRules
from pipeline.language.vader import Vader
from pipeline.policy import Policy

CHUNK = 500
"""Records that the agent takes at a time, a setting: this work is light, so a chunk of 200 mostly waits for Kafka."""

MOST_HOT = 200_000
"""Customers held in memory."""

_MOOD = struct.Struct(">d")
_AT = struct.Struct(">q")


@dataclass(slots=True)
class Rows:
    """A customer's moods by the keys of their rows, in the keys' order."""

    keys: list[bytes]
    moods: list[float]

    def told(self, key: bytes, mood: float) -> list[float]:
        """Put a row into its place, and return the history up to it."""
        if not self.keys or key > self.keys[-1]:
            self.keys.append(key)
            self.moods.append(mood)
            return self.moods[-work.KEPT :]
        at = bisect_left(self.keys, key)
        if self.keys[at] != key:
            self.keys.insert(at, key)
            self.moods.insert(at, mood)
        return self.moods[max(at + 1 - work.KEPT, 0) : at + 1]

    def oldest(self) -> bytes:
        """Take the oldest row away, and return its key."""
        del self.moods[0]
        return self.keys.pop(0)


@dataclass(slots=True)
class Step:
    """What the exact loop runs over chunks of events."""

    state: StateTable
    outputs: str
    alerts: str
    score: Callable[[str], float]
    generation: Callable[[], int]
    _hot: dict[tuple[int, bytes], Rows] = field(default_factory=dict)
    _of: int | None = None

    async def __call__(self, chunk: Chunk) -> Effects:
        """Return what follows from a chunk."""
        if self.generation() != self._of:
            self._of = self.generation()
            self._hot.clear()
        puts: list[Put] = []
        sends: list[Send] = []
        drops: list[Put] = []
        changed: dict[tuple[int, bytes], Rows] = {}
        pace = Pace()
        for record in chunk.records:
            event = work.event(record.value or b"")
            customer = event["customer_id"].encode()
            at = (chunk.partition, customer)
            rows = changed.get(at)
            if rows is None:
                rows = changed[at] = self._hot.get(at) or self._stored(*at)
            mood = self.score(event["text"])
            key = b"".join((customer, b"\0", _AT.pack(event["at"]), event["event_id"].encode()))
            history = rows.told(key, mood)
            stamp = record.timestamp
            puts.append(Put(self.state, key, _MOOD.pack(mood), stamp))
            while len(rows.keys) > 2 * work.KEPT:
                drops.append(Put(self.state, rows.oldest(), None, stamp))
            sends.append(Send(self.outputs, customer, work.output_bytes(work.output(event, history)), stamp))
            alert = work.alert(event, history)
            if alert is not None:
                sends.append(Send(self.alerts, customer, work.alert_bytes(alert), stamp))
            await pace.give_way()

        def done() -> None:
            self._hot.update(changed)
            while len(self._hot) > MOST_HOT:
                del self._hot[next(iter(self._hot))]

        return Effects(tuple(puts), tuple(sends), done, last=tuple(drops))

    def _stored(self, partition: int, customer: bytes) -> Rows:
        kept = list(self.state.scan(partition, customer + b"\0"))
        return Rows([key for key, _ in kept], [_MOOD.unpack(value)[0] for _, value in kept])


def make_app(at: Installation, score: Callable[[str], float]) -> faust.App:
    """Return the app: what `agents.app` wires, with one agent and one table."""
    fence, chunked = Fence(), frozenset({work.EVENTS})
    watches = Watches.of(at.settings.session_timeout, leave, time.monotonic, time.monotonic)
    check_pause = watches.pause.check
    app = faust_app(at, [chunked])
    readback = Readback(at.settings.chunk)
    group, outbox = FaustGroup(app, at.bootstrap), make_outbox(at)
    journal = open_journal(at.data, str(os.getpid()))
    loop = ExactLoop(
        group,
        fence,
        outbox,
        leave,
        check_pause,
        lambda: None,
        time.monotonic,
        journal=journal,
        size=at.settings.chunk,
    )
    transport = exact_transport(fence, chunked, check_pause, readback, loop.rest)
    app.transport = transport(app.conf.broker_consumer, app)
    state = make_table(app, at, work.STATE, readback)
    step = Step(state, at.name(work.OUTPUTS), at.name(work.ALERTS), score, group.generation)
    app.agent(app.topic(work.EVENTS, schema=ChunkSchema()), name="intake")(loop.agent("intake", step))

    guard = Guard(
        fence=fence,
        topics=chunked,
        watches=watches,
        seek=loop.send_back,
        leave=leave,
    )

    async def watch() -> None:
        await guard.watch(app, at.bootstrap)

    async def close(*_: Any, **__: Any) -> None:  # noqa: ANN401 -- a Faust signal's own arguments
        await outbox.close()

    app.task(watch)
    app.on_before_shutdown.connect(close, weak=False)
    return app


def topic(name: str, cleanup: Cleanup) -> Topic:
    """Return one of the row's own topics."""
    return Topic(
        name=name,
        schema=name,
        key="customer",
        partitions=None,
        retention=timedelta(days=1),
        cleanup=cleanup,
        timestamp=Timestamp.CREATE_TIME,
        max_message=1 << 20,
        writers=("bench",),
        readers=("bench",),
        why="measured",
    )


def main() -> None:
    """Work until it is ended."""
    prefix, kafka, folder = (os.environ[name] for name in ("BENCH_PREFIX", "BENCH_KAFKA", "BENCH_FOLDER"))
    settings = Settings.model_validate(
        {"broker": kafka, "prefix": prefix, "app_id": f"{prefix}tellonce", "chunk": CHUNK}
    )
    topics = (
        topic(work.STATE, Cleanup.COMPACT), topic(work.OUTPUTS, Cleanup.DELETE), topic(work.ALERTS, Cleanup.DELETE)
    )  # fmt: skip
    at = Installation(settings, kafka, Path(folder), topics, Policy(), IdentifierRules(), schema_book())
    if os.environ.get("BENCH_SCORER") == "library":
        library = SentimentIntensityAnalyzer()

        def score(text: str) -> float:
            return float(library.polarity_scores(text)["compound"])

    else:
        score = Vader().compound
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    app = make_app(at, score)
    logging.basicConfig(level=logging.WARNING)
    collect_less()
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it writes terminal codes even when quiet
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
