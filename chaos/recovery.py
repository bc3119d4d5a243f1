"""`make recovery`: how long it takes to be back, as a function of how much state there is, and after a kill.

Rule 1. State of a given size is written into the changelog as a worker would have: ten touchpoints a customer.
Rule 2. Back means that the alert which follows from a waiting event is on its topic; counted from the worker's start,
        or from the kill. So it includes the interpreter's start, the rebalance, the recovery, and one event's way.
Rule 3. While one of two workers is killed, an angry answer a customer comes in steadily: of those sent after the kill
        the slowest on the dead worker's partitions says how long it was missed, the slowest elsewhere what the
        healthy ones suffered.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from agents.contracts import schema_book
from agents.exact.outbox import partition_of
from agents.kept import entry_key
from agents.settings import Settings
from chaos.crew import Workers
from chaos.kafka import node
from commands.rehearsal import Rehearsal, rehearsal
from commands.streams import partitions, reading, writing
from pipeline.kin import customer_named_by
from pipeline.records import entry_record
from pipeline.touchpoint import Entry, Identifier, Mood, Origin
from pipeline.wire import SchemaBook

SIZES = (10_000, 100_000, 1_000_000)
A_CUSTOMER = 10
EVERY, BEFORE, AFTER = 0.05, 5.0, 30.0
"""Seconds: between two angry answers, and for how long they come before and after the kill."""

SESSION = "10s"


def entries(number: int) -> Iterator[Entry]:
    """Yield so many rows of state, ten a customer."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    first = Identifier("email", "nobody@example.com")
    mood = Mood(0.1, 0.1, 2, truncated=False)
    row = Entry(
        event_id="", source="chat", channel="chat", kind="message", occurred_at=start, ended_at=None, customer_id="",
        account_id=None, named_by=first, actor="customer", direction="inbound", keys=(), item=None, revision=1,
        mood=mood, topics=("delivery",), score=None, handling=None, asks_human=False, company_negations=0,
        excerpt="Where is my parcel?", origin=Origin("raw.chat", 0, 0),
    )  # fmt: skip
    for each in range(number):
        named = Identifier("crm_id", f"C-{each // A_CUSTOMER}")
        yield replace(
            row, event_id=f"E-{each}", customer_id=customer_named_by(named), named_by=named, identifiers=(named,),
            keys=(f"chat:S-{each}",), occurred_at=start + timedelta(minutes=each % 40_000),
        )  # fmt: skip


def angry(number: int, at: datetime) -> bytes:
    """Return an answer that raises an alert, of a customer of its own."""
    return json.dumps(
        {
            "response_id": f"R-{number}",
            "occurred_at": at.isoformat(),
            "metric": "nps",
            "score": 0,
            "customer": {"customer_id": f"A-{number}"},
        }
    ).encode()


async def fill(run: Rehearsal, book: SchemaBook, rows: Iterable[Entry]) -> None:
    """Write rows into the changelog of the timelines agent's state."""
    topic = f"{run.prefix}state.entries"
    count = run.topics[topic]
    async with writing(run.bootstrap) as writer:
        for row in rows:
            value = book.encode("timeline-entry", entry_record(row))
            place = partition_of(row.customer_id.encode(), count)
            await writer.send(topic, entry_key(row), value, partition=place)


@asynccontextmanager
async def alerts(run: Rehearsal) -> AsyncIterator[AsyncIterator[tuple[str, float]]]:
    """Yield the customers of the alerts from now on, with the monotonic second at which each was read."""
    async with reading(run.bootstrap) as consumer:
        consumer.assign(partitions(run.named("detractor-alerts")))
        await consumer.seek_to_end()
        for place in consumer.assignment():
            await consumer.position(place)

        async def told() -> AsyncIterator[tuple[str, float]]:
            async for record in consumer:
                yield record.key.decode(), time.monotonic()

        yield told()


async def back_after_start(run: Rehearsal, workers: Workers, number: int) -> float:
    """Return the seconds from a worker's start to the alert of an event that waited for it."""
    wanted = customer_named_by(Identifier("crm_id", f"A-{number}"))
    async with alerts(run) as told, writing(run.bootstrap) as writer:
        await writer.send(f"{run.prefix}raw.survey", b"R", angry(number, datetime.now(UTC)))
        await writer.flush()
        began = time.monotonic()
        workers.start("a")
        async for customer, at in told:
            if customer == wanted:
                return at - began
    raise AssertionError("the alerts' topic has no end")


async def sizes(folder: Path, numbers: Iterable[int]) -> list[dict[str, float]]:
    """Measure the start of one worker with an empty store, and with the store that it left."""
    book, found = schema_book(), list[dict[str, float]]()
    with ExitStack() as stack:
        own = stack.enter_context(node(folder))
        for number in numbers:
            async with rehearsal(Settings(), own.bootstrap, "recovery") as run:
                place = folder / str(number)
                workers = Workers(place, _environment(run, place), stack)
                await fill(run, book, entries(number))
                cold = await back_after_start(run, workers, 1)
                workers.stop()
                warm = await back_after_start(run, workers, 2)
                workers.stop()
                found.append({"entries": number, "without_store": round(cold, 1), "with_store": round(warm, 1)})
                print(json.dumps(found[-1]), file=sys.stderr, flush=True)  # noqa: T201 -- progress
    return found


async def after_kill(folder: Path) -> dict[str, float]:
    """Measure what a kill -9 of one of two workers costs, on its partitions and on the others'."""
    with ExitStack() as stack:
        own = stack.enter_context(node(folder))
        async with rehearsal(Settings(), own.bootstrap, "kill") as run:
            workers = Workers(folder, _environment(run, folder), stack)
            workers.start("a", "b")
            await back_after_start(run, workers, 0)
            sent: dict[str, float] = {}
            heard: dict[str, float] = {}

            async def listen(told: AsyncIterator[tuple[str, float]]) -> None:
                async for customer, at in told:
                    heard.setdefault(customer, at)

            async with alerts(run) as told, writing(run.bootstrap) as writer:
                listening = asyncio.create_task(listen(told))
                killed = None
                for number in range(1, round((BEFORE + AFTER) / EVERY)):
                    if killed is None and number * EVERY > BEFORE:
                        workers.signal("a", signal.SIGKILL)
                        killed = time.monotonic()
                    name = Identifier("crm_id", f"A-{number}")
                    await writer.send(f"{run.prefix}raw.survey", name.value.encode(), angry(number, datetime.now(UTC)))
                    await writer.flush()
                    sent[customer_named_by(name)] = time.monotonic()
                    await asyncio.sleep(EVERY)
                while sent.keys() - heard.keys():  # noqa: ASYNC110 -- another process's alerts
                    await asyncio.sleep(EVERY)
                listening.cancel()
    delays = sorted(heard[each] - at for each, at in sent.items() if killed is None or at >= killed)
    return {
        "alerts": len(delays),
        "slowest_seconds": round(delays[-1], 1),
        "median_seconds": round(delays[len(delays) // 2], 3),
    }


def _environment(run: Rehearsal, folder: Path) -> dict[str, str]:
    own = {"TELLONCE_STORE": "rocksdb", "TELLONCE_SESSION_TIMEOUT": SESSION}
    return run.worker_settings(folder) | own


@click.command()
@click.option("--entries", "numbers", type=int, multiple=True, default=SIZES, show_default=True, help="Rows of state.")
def recovery(*, numbers: tuple[int, ...]) -> None:
    """Measure how long a worker takes to be back; the last line is JSON."""
    with tempfile.TemporaryDirectory(prefix="tellonce-recovery-") as folder:
        found = asyncio.run(sizes(Path(folder) / "sizes", numbers))
        killed = asyncio.run(after_kill(Path(folder) / "kill"))
    table = Table()
    for name in ("entries of state", "start without its store, s", "start with its store, s"):
        table.add_column(name, justify="right")
    for row in found:
        table.add_row(f"{row['entries']:,.0f}", f"{row['without_store']:.1f}", f"{row['with_store']:.1f}")
    Console().print(table)
    print(json.dumps({"starts": found, "after_kill": killed}))  # noqa: T201 -- what it is asked for


if __name__ == "__main__":
    recovery()
