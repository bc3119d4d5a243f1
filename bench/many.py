"""`make bench-many`: the whole product with ten thousand customers in state, and with a million.

Rule 1. Each customer has ten touchpoints, and any of them comes to chat (`bench.crowd`): with a million nearly each
        chat is of somebody who must be read from disk, with ten thousand most are of somebody who is in memory.
Rule 2. What counts is the ratio, in events a second and in CPU seconds per event; rounds are interleaved, each on fresh
        topics and a fresh copy of the store.
Rule 3. Memory is the worker process's, at its peak and at the end. Bytes are those of Kafka's files of the state's
        topics, by the events that were written meanwhile.
"""

import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench.crowd import EACH, MESSAGES, copied, data_of, fill, messages
from bench.measure import DidOtherWork, Measured, memory_mib, running, watched
from bench.product import LOOK_EVERY, PRODUCTS, Left, installed
from broker.embedded import embedded
from broker.layout import Layout
from commands.playing import now as this_second
from commands.streams import writing


@dataclass(frozen=True, slots=True)
class Kafka:
    """A Kafka of our own: its address, and the folder of its files."""

    bootstrap: str
    data: Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was measured, memory at the end in MiB, bytes of state on Kafka an event."""

    measured: Measured
    resident_mib: float
    state_bytes: float


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50), help="How often each is run.")
@click.option(
    "--customers", "sizes", multiple=True, default=(10_000, 1_000_000), show_default=True,
    type=click.IntRange(1, 9_999_999), help="Customers in state; the last is told beside the first.",
)  # fmt: skip
@click.option("--events", default=30_000, show_default=True, type=click.IntRange(1000), help="Events a run.")
@click.option("--messages", "each", default=MESSAGES, show_default=True, type=click.IntRange(1), help="A chat.")
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON only.")
def main(*, rounds: int, sizes: tuple[int, ...], events: int, each: int, as_json: bool) -> None:
    """Measure what many customers in state cost. The last line is JSON."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    busy, now = os.getloadavg()[0], this_second()
    found: dict[int, list[Run]] = {size: [] for size in sizes}
    stored: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-many-") as name:
        folder = Path(name)
        for size in sizes:
            began = time.monotonic()
            fill(folder / str(size), size, now)
            stored[size] = sum(each.stat().st_size for each in (folder / str(size)).rglob("*.sst")) / size / EACH
            click.echo(f"{size:,} customers are in a store after {time.monotonic() - began:.0f} s", err=True)
        with embedded(folder / "kafka") as node:
            kafka = Kafka(node.bootstrap, Layout(folder / "kafka" / "broker").data)
            for number in range(rounds):
                for size in sizes if number % 2 == 0 else reversed(sizes):
                    prefix, state = f"m{number}-{size}.", folder / f"{size}-{number}"
                    copied(folder / str(size), data_of(state, prefix))
                    chats = messages(events, size, each, now)
                    try:
                        run = asyncio.run(measured(kafka, state, prefix, chats, events))
                    except DidOtherWork as error:
                        raise click.ClickException(str(error)) from None
                    found[size].append(run)
                    click.echo(f"round {number + 1} of {rounds}, {size:,}: {run.measured.rate:.0f}/s", err=True)
    rows = {str(size): {**row(runs), "store_bytes_an_entry": round(stored[size])} for size, runs in found.items()}
    record = {"load_before": round(busy, 2), **ratios(found[sizes[0]], found[sizes[-1]]), "rows": rows}
    if not as_json:
        click.echo(table(rows))
    click.echo(json.dumps(record))


async def measured(kafka: Kafka, state: Path, prefix: str, chats: Iterable[tuple[bytes, bytes]], events: int) -> Run:
    """Run a worker over the state folder until it has taken all events; raises DidOtherWork."""
    async with installed(PRODUCTS[0], kafka.bootstrap, prefix) as (worker, places):
        async with writing(kafka.bootstrap) as writer:
            for key, value in chats:
                await writer.send(f"{prefix}raw.chat", key, value)
        left = Left(kafka.bootstrap, prefix, events, places)
        async with running(worker, kafka.bootstrap, prefix, state) as process, left:
            found = await watched(process, left.done, events, LOOK_EVERY)
            bytes_an_event = sum(each.stat().st_size for each in kafka.data.glob(f"{prefix}state.*/*.log")) / events
            return Run(found, memory_mib(process.pid, "VmRSS"), bytes_an_event)


def ratios(few: Sequence[Run], many: Sequence[Run]) -> dict[str, float]:
    """Return how fast it is with many in state beside how fast with few: by the clock, and by CPU seconds."""
    both = list(zip(few, many, strict=True))
    return {
        "many_vs_few": round(median(m.measured.rate / f.measured.rate for f, m in both), 3),
        "many_vs_few_by_cpu": round(
            median(f.measured.cpu_per_million / m.measured.cpu_per_million for f, m in both), 3
        ),
    }


def row(runs: Sequence[Run]) -> dict[str, Any]:
    """Return a size's rounds as JSON takes them."""
    return {
        "events_per_second": [round(run.measured.rate) for run in runs],
        "cpu_seconds_per_million": round(median(run.measured.cpu_per_million for run in runs), 1),
        "peak_mib": round(max(run.measured.peak_mib for run in runs)),
        "resident_mib": round(max(run.resident_mib for run in runs)),
        "state_bytes_an_event": round(median(run.state_bytes for run in runs)),
    }


def table(rows: dict[str, Any]) -> str:
    """Return what people read, a line a size."""
    columns = ("events/s", "CPU s/million", "peak MiB", "MiB at end", "state B/event", "store B/entry")
    lines = [f"{'customers':>12}" + "".join(f"{column:>15}" for column in columns)]
    for size, found in rows.items():
        values = (median(found["events_per_second"]), *list(found.values())[1:])
        lines.append(f"{int(size):>12,}" + "".join(f"{value:>15,}" for value in values))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
