"""`make bench-scaleout`: what an event costs with one worker, with two and with four, partitions growing with them.

Rule 1. The whole product over an invented day that goes by at a steady rate; each worker has four partitions of every
        shared topic, and its share of events. What works off a lag is no measure: its chunks are larger the fewer
        partitions there are, and a customer's events in one chunk are one piece of work.
Rule 2. The machine is as busy in each run: there are always as many workers as in the largest, in as many installations
        beside each other as that takes (four of one, two of two, one of four).
Rule 3. What counts is the CPU of all workers per event, from when all have long begun until the last event is done. On
        a machine with fewer cores than workers it can stay flat, events a second cannot grow.
Rule 4. Rounds are interleaved, and everybody begins with an empty store, on fresh topics.
"""

import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from subprocess import Popen
from typing import Any

import click

from bench.feed import Feed, Line, day
from bench.measure import DidOtherWork, cpu_seconds, running, still_runs
from bench.product import PRODUCTS, Places, group_of, installed
from broker.embedded import embedded
from commands.patience import StalledError, until_worked_off
from commands.streams import writing

A_WORKER = 4
"""Partitions of each shared topic."""

WARM = 20.0
"""Seconds at the rate that are not measured: workers start, find each other, and hear of the first customers."""

IDLE = 0.2
"""Of a worker's fair share of CPU: who took less had no part of the work."""

MARGIN = 5.0
"""Seconds that a day is made longer than it is needed for."""

PATIENCE = timedelta(seconds=60)
"""How long nothing may move once the last event is sent."""


@dataclass(frozen=True, slots=True)
class Load:
    """What comes to an installation: how many workers it has, events a second, for how long, and which."""

    crew: int
    rate: int
    seconds: float
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: CPU seconds per million events, and the events that were measured."""

    cpu_per_million: float
    events: int


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50), help="How often each is run.")
@click.option(
    "--workers", "crews", multiple=True, default=(1, 2, 4), show_default=True, type=click.IntRange(1, 32),
    help="How many workers an installation has; all are told beside the first.",
)  # fmt: skip
@click.option("--rate", default=60, show_default=True, type=click.IntRange(1), help="Events a second and worker.")
@click.option("--seconds", default=40.0, show_default=True, type=click.FloatRange(1), help="Measured seconds a run.")
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON only.")
def main(*, rounds: int, crews: tuple[int, ...], rate: int, seconds: float, as_json: bool) -> None:
    """Measure the CPU of an event by the number of workers. The last line is JSON."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    most, busy = max(crews), os.getloadavg()[0]
    if any(most % crew for crew in crews):
        raise click.UsageError(f"--workers: the largest must be a multiple of each other one; got {list(crews)}")
    found: dict[int, list[Cost]] = {crew: [] for crew in crews}
    days = {crew: day(round(rate * crew * (WARM + seconds + MARGIN))) for crew in crews}
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, embedded(Path(folder)) as node:
        for number in range(rounds):
            for crew in crews if number % 2 == 0 else reversed(crews):
                installations = [f"s{number}-{crew}-{each}." for each in range(most // crew)]
                load = Load(crew, rate * crew, seconds, days[crew])
                try:
                    cost = asyncio.run(measured(node.bootstrap, installations, load))
                except (DidOtherWork, StalledError) as error:
                    raise click.ClickException(str(error)) from None
                found[crew].append(cost)
                said = f"{cost.cpu_per_million:.0f} CPU s/million over {cost.events:,} events"
                click.echo(f"round {number + 1} of {rounds}, {crew} workers: {said}", err=True)
    if not as_json:
        click.echo(table(found))
    click.echo(json.dumps({"load_before": round(busy, 2), "rate_a_worker": rate, **record(found)}))


async def measured(kafka: str, prefixes: Sequence[str], load: Load) -> Cost:
    """Run an installation for each prefix, all at once, each under the load. Raises DidOtherWork, StalledError."""
    async with AsyncExitStack() as stack:
        feeds: list[Feed] = []
        work: dict[str, Places] = {}
        workers: list[Popen[bytes]] = []
        for prefix in prefixes:
            own, work[prefix] = await stack.enter_async_context(
                installed(PRODUCTS[0], kafka, prefix, load.crew * A_WORKER)
            )
            writer = await stack.enter_async_context(writing(kafka))
            feeds.append(Feed(writer, prefix, load.rate, iter(load.lines)))
            workers += [await stack.enter_async_context(running(own, kafka, prefix)) for _ in range(load.crew)]
        await _steadily(feeds, WARM)
        before, sent = [cpu_seconds(each.pid) for each in workers], sum(feed.sent for feed in feeds)
        await _steadily(feeds, load.seconds)
        await asyncio.gather(*(feed.writer.flush() for feed in feeds))
        await asyncio.gather(*(_worked_off(kafka, prefix, places, workers) for prefix, places in work.items()))
        took = [cpu_seconds(each.pid) - was for each, was in zip(workers, before, strict=True)]
        if min(took) < IDLE * sum(took) / len(took):
            raise DidOtherWork(f"a worker had no part of the work: they took {[round(each, 1) for each in took]} CPU s")
        events = sum(feed.sent for feed in feeds) - sent
        return Cost(sum(took) / events * 1e6, events)


async def _worked_off(kafka: str, prefix: str, work: Places, workers: Sequence[Popen[bytes]]) -> None:
    def check() -> None:
        for each in workers:
            still_runs(each)

    await until_worked_off(
        kafka, group_of(prefix), work, patience=PATIENCE, check=check, progress=lambda _done, _total: None
    )


async def _steadily(feeds: Sequence[Feed], seconds: float) -> None:
    until = time.monotonic() + seconds
    await asyncio.gather(*(feed.steadily(lambda: time.monotonic() >= until) for feed in feeds))


def record(found: Mapping[int, Sequence[Cost]]) -> dict[str, Any]:
    """Return all as JSON takes it: each number of workers' cost beside the first's, within the rounds."""
    first = next(iter(found.values()))
    return {
        "cost_vs_first": {
            str(crew): round(median(r.cpu_per_million / f.cpu_per_million for r, f in zip(runs, first, strict=True)), 3)
            for crew, runs in found.items()
        },
        "cpu_seconds_per_million": {
            str(crew): [round(r.cpu_per_million, 1) for r in runs] for crew, runs in found.items()
        },
    }


def table(found: Mapping[int, Sequence[Cost]]) -> str:
    """Return what people read, a line a number of workers."""
    beside = record(found)["cost_vs_first"]
    lines = [f"{'workers':>8}{'partitions':>12}{'CPU s/million':>15}{'beside the first':>18}{'events':>9}"]
    for crew, runs in found.items():
        cost, events = median(r.cpu_per_million for r in runs), sum(r.events for r in runs)
        lines.append(f"{crew:>8}{crew * A_WORKER:>12}{cost:>15,.1f}{beside[str(crew)]:>17.2f}x{events:>9,}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
