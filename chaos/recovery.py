"""`make recovery`: how long it takes to be back, as a function of how much state there is, and after a kill.

Rule 1. State of a given size is written into the changelog as a worker would have: ten touchpoints a customer.
Rule 2. Back means that the alert which follows from a waiting event is on its topic; counted from the worker's start,
        or from the kill. So it includes the interpreter's start, the rebalance, the recovery, and one event's way.
Rule 3. What it costs that a worker dies, comes or goes is measured partition by partition (`chaos.pauses`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from agents.amounts import say_duration
from agents.contracts import schema_book
from agents.exact.outbox import partition_of
from agents.kept import entry_key
from agents.settings import Settings
from chaos.crew import Workers
from chaos.kafka import node
from chaos.pauses import Cost, pauses
from commands.angry import alerts, angry, customer
from commands.rehearsal import Rehearsal, rehearsal
from commands.streams import writing
from pipeline.kin import customer_named_by
from pipeline.records import entry_record
from pipeline.touchpoint import Entry, Identifier, Mood, Origin
from pipeline.wire import SchemaBook

SIZES = (10_000, 100_000, 1_000_000)
A_CUSTOMER = 10


@dataclass(frozen=True, slots=True)
class Start:
    """The seconds that a worker takes to be back with so many rows of state."""

    rows: int
    without_store: float
    with_store: float


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


async def fill(run: Rehearsal, book: SchemaBook, rows: Iterable[Entry]) -> None:
    """Write rows into the changelog of the timelines agent's state."""
    topic = f"{run.prefix}state.entries"
    count = run.topics[topic]
    async with writing(run.bootstrap) as writer:
        for row in rows:
            value = book.encode("timeline-entry", entry_record(row))
            place = partition_of(row.customer_id.encode(), count)
            await writer.send(topic, entry_key(row), value, partition=place)


async def back_after_start(run: Rehearsal, workers: Workers, number: int) -> float:
    """Return the seconds from a worker's start to the alert of an event that waited for it."""
    wanted = customer(number)
    async with alerts(run) as told, writing(run.bootstrap) as writer:
        await writer.send(f"{run.prefix}raw.survey", b"R", angry(number, datetime.now(UTC)))
        await writer.flush()
        began = time.monotonic()
        workers.start("a")
        async for name, at in told:
            if name == wanted:
                return at - began
    raise AssertionError("the alerts' topic has no end")


async def sizes(
    folder: Path, numbers: Iterable[int], environment: Callable[[Rehearsal, Path], dict[str, str]]
) -> list[Start]:
    """Measure the start of one worker with an empty store, and with the store that it left."""
    book, found = schema_book(), list[Start]()
    with ExitStack() as stack:
        own = stack.enter_context(node(folder))
        for number in numbers:
            async with rehearsal(Settings(), own.bootstrap, "recovery") as run:
                place = folder / str(number)
                workers = Workers(place, environment(run, place), stack)
                await fill(run, book, entries(number))
                cold = await back_after_start(run, workers, 1)
                workers.stop()
                warm = await back_after_start(run, workers, 2)
                workers.stop()
                found.append(Start(number, cold, warm))
                print(found[-1], file=sys.stderr, flush=True)  # noqa: T201 -- progress
    return found


def _said(field: str) -> str:
    return say_duration(Settings.model_fields[field].default)


def _environment(session: str, heartbeat: str) -> Callable[[Rehearsal, Path], dict[str, str]]:
    own = {
        "TELLONCE_STORE": "rocksdb",
        "TELLONCE_SESSION_TIMEOUT": session,
        "TELLONCE_HEARTBEAT": heartbeat,
    }
    return lambda run, folder: run.worker_settings(folder) | own


@click.command()
@click.option("--entries", "numbers", type=int, multiple=True, default=SIZES, show_default=True, help="Rows of state.")
@click.option("--session", default=_said("session_timeout"), show_default=True, help="The workers' session time-out.")
@click.option("--heartbeat", default=_said("heartbeat"), show_default=True, help="The workers' heartbeat.")
@click.option("--only", type=click.Choice(["sizes", "pauses"]), help="Only this half.")
def recovery(*, numbers: tuple[int, ...], session: str, heartbeat: str, only: str | None) -> None:
    """Measure how long a worker takes to be back, and what a rebalance costs; the last line is JSON."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics that were just made have no leader for a moment
    environment = _environment(session, heartbeat)
    starts, costs = list[Start](), list[Cost]()
    with tempfile.TemporaryDirectory(prefix="tellonce-recovery-") as folder:
        if only != "pauses":
            starts = asyncio.run(sizes(Path(folder) / "sizes", numbers, environment))
        if only != "sizes":
            costs = asyncio.run(pauses(Path(folder) / "pauses", environment))
    console = Console(width=110)
    if starts:
        console.print(_table(("rows of state", "start without its store, s", "start with its store, s"), starts))
    if costs:
        console.print(_table(("what happens", "back after, s", "longest wait there, s", "elsewhere, s"), costs))
    told = {"session": session, "starts": [asdict(each) for each in starts], "costs": [asdict(each) for each in costs]}
    print(json.dumps(told))  # noqa: T201 -- what it is asked for


def _table(heads: tuple[str, ...], rows: Iterable[Start | Cost]) -> Table:
    table = Table(*(Column(head, justify="right" if number else "left") for number, head in enumerate(heads)))
    for row in rows:
        table.add_row(*map(_told, astuple(row)))
    return table


def _told(value: str | float | None) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    recovery()
