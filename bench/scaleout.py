"""`make bench-scaleout`: what an event costs with one worker, with two and with four, partitions growing with them.

Rule 1. The whole product over an invented day; each worker has four partitions of every shared topic, so that twice the
        workers have twice the partitions.
Rule 2. What counts is the CPU of all workers per event, from a tenth of the events to the last: on a machine with
        fewer cores than workers it can stay flat, events a second cannot grow.
Rule 3. Rounds are interleaved, and everybody begins with an empty store, on fresh topics.
"""

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench.feed import Line, day
from bench.measure import DidOtherWork, Measured, running, watched
from bench.product import LOOK_EVERY, PRODUCTS, Left, installed
from broker.embedded import embedded
from commands.streams import writing

A_WORKER = 4
"""Partitions of each shared topic."""


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50), help="How often each is run.")
@click.option(
    "--workers", "crews", multiple=True, default=(1, 2, 4), show_default=True, type=click.IntRange(1, 32),
    help="How many workers; all are told beside the first.",
)  # fmt: skip
@click.option("--events", default=30_000, show_default=True, type=click.IntRange(1000), help="Events a run.")
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON only.")
def main(*, rounds: int, crews: tuple[int, ...], events: int, as_json: bool) -> None:
    """Measure the CPU of an event by the number of workers. The last line is JSON."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    busy, lines = os.getloadavg()[0], day(events)
    found: dict[int, list[Measured]] = {crew: [] for crew in crews}
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, embedded(Path(folder)) as node:
        for number in range(rounds):
            for crew in crews if number % 2 == 0 else reversed(crews):
                try:
                    run = asyncio.run(measured(node.bootstrap, f"s{number}-{crew}.", crew, lines))
                except DidOtherWork as error:
                    raise click.ClickException(str(error)) from None
                found[crew].append(run)
                said = f"{run.cpu_per_million:.0f} CPU s/million, {run.rate:.0f}/s"
                click.echo(f"round {number + 1} of {rounds}, {crew} workers: {said}", err=True)
    if not as_json:
        click.echo(table(found))
    click.echo(json.dumps({"load_before": round(busy, 2), **record(found)}))


async def measured(kafka: str, prefix: str, crew: int, lines: Sequence[Line]) -> Measured:
    """Run so many workers until they have taken all events; raises DidOtherWork."""
    async with installed(PRODUCTS[0], kafka, prefix, crew * A_WORKER) as (worker, places):
        async with writing(kafka) as writer:
            for source, key, value in lines:
                await writer.send(f"{prefix}raw.{source}", key, value)
        async with AsyncExitStack() as stack:
            left = await stack.enter_async_context(Left(kafka, prefix, len(lines), places))
            first, *others = [await stack.enter_async_context(running(worker, kafka, prefix)) for _ in range(crew)]
            return await watched(first, left.done, len(lines), LOOK_EVERY, others)


def record(found: Mapping[int, Sequence[Measured]]) -> dict[str, Any]:
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
        "events_per_second": {str(crew): [round(r.rate) for r in runs] for crew, runs in found.items()},
    }


def table(found: Mapping[int, Sequence[Measured]]) -> str:
    """Return what people read, a line a number of workers."""
    beside = record(found)["cost_vs_first"]
    lines = [f"{'workers':>8}{'partitions':>12}{'CPU s/million':>15}{'beside the first':>18}{'events/s':>10}"]
    for crew, runs in found.items():
        cost, rate = median(r.cpu_per_million for r in runs), median(r.rate for r in runs)
        lines.append(f"{crew:>8}{crew * A_WORKER:>12}{cost:>15,.1f}{beside[str(crew)]:>17.2f}x{rate:>10,.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
