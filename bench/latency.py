"""`make bench-latency`: how long from a raw event's arrival to its alert's, at a steady rate and while catching up.

Rule 1. Both moments are the broker's: the append times of the raw event and of its alert, on one clock.
Rule 2. The load is `bench.feed`'s, on all raw topics; what is measured are its angry answers.
Rule 3. Everybody takes the same events, one after the other, as one process on four partitions: the whole product, the
        same stages by hand, and two bare hops by hand (`bench.two_hops_by_hand`), which do a small part of the work.
Rule 4. Start-up and the first seconds are not measured. What comes steadily goes on while a burst is caught up with;
        what arrives from the burst until the lag is gone is the delay of a catch-up.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from subprocess import Popen
from typing import Any

import click

from bench import kafka as broker
from bench.contestants import Contestant
from bench.delays import SHARES, NeverTold, Told, summary, told
from bench.feed import EVERY, Feed, Line, day
from bench.measure import DidOtherWork, running, still_runs
from bench.product import PRODUCTS, Places, group_of, installed
from broker.embedded import embedded
from commands.patience import StalledError, until_worked_off
from commands.streams import read_to_the_end, writing

WARM = 5.0
"""Seconds at the steady rate that are not measured."""

GONE = 3.0
"""Seconds of events: a burst is caught up with when no more than these wait, over all topics."""

PATIENCE = timedelta(seconds=150)
"""How long nothing may move."""

SLOW = 1500
"""Events a second at which a burst is caught up with at least, by guess: so much of the day is made for it."""

BARE = Contestant("two_hops", "two bare hops by hand", (sys.executable, "-m", "bench.two_hops_by_hand"))
LATE = {each.name: each for each in (*PRODUCTS, BARE)}


@dataclass(frozen=True, slots=True)
class Load:
    """What comes: `rate` events a second for so many seconds, then a burst besides."""

    rate: int
    seconds: float
    steady: Sequence[Line]
    burst: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in milliseconds: of what came steadily, of what came during the catch-up, and its seconds."""

    steady: list[int]
    catching_up: list[int]
    seconds: float


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50), help="How often each is run.")
@click.option("--rate", default=500, show_default=True, type=click.IntRange(1), help="Events a second.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(1), help="Steady seconds a run.")
@click.option("--burst", default=100_000, show_default=True, type=click.IntRange(0), help="Events to catch up with.")
@click.option("--only", multiple=True, type=click.Choice(list(LATE)), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print the line of JSON only.")
def main(*, rounds: int, rate: int, seconds: float, burst: int, only: tuple[str, ...], as_json: bool) -> None:
    """Measure how long alerts take, beside the same by hand. The last line is JSON; milliseconds."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    busy = os.getloadavg()[0]
    needed = round(rate * (seconds + WARM + burst / SLOW) * (1 - 1 / EVERY))
    lines = day(needed + burst)
    load = Load(rate, seconds, lines[:needed], lines[needed:])
    names = [name for name in LATE if not only or name in only]
    found: dict[str, list[Delays]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, embedded(Path(folder)) as node:
        for number in range(rounds):
            for name in names if number % 2 == 0 else reversed(names):
                prefix = f"l{number}-{name.replace('_', '-')}."
                try:
                    run = asyncio.run(measured(LATE[name], node.bootstrap, prefix, load))
                except (DidOtherWork, NeverTold, StalledError) as error:
                    raise click.ClickException(f"{name}: {error}") from None
                found[name].append(run)
                click.echo(f"round {number + 1} of {rounds}, {name}: {json.dumps(row([run]))}", err=True)
    rows = {name: row(found[name]) for name in names}
    if not as_json:
        click.echo(table(rows))
    click.echo(json.dumps({"rate": rate, "load_before": round(busy, 2), "rows": rows}))


async def measured(contestant: Contestant, kafka: str, prefix: str, load: Load) -> Delays:
    """Run a contestant under the load; raises DidOtherWork, NeverTold, StalledError."""
    async with (
        installed(contestant, kafka, prefix) as (own, places),
        running(own, kafka, prefix) as process,
        writing(kafka) as writer,
    ):
        feed = Feed(writer, prefix, load.rate, cycle(load.steady))
        await feed.ask()
        await writer.flush()
        waits = [1]
        off = _worked_off(kafka, group_of(prefix), places, process, waits)
        await off()
        began = time.time() + WARM
        ended = began + load.seconds
        await feed.steadily(lambda: time.time() >= ended)
        caught = await _catch_up(feed, load, off, waits)
        await off()
        arrived, alerts = await _append_times(kafka, feed, broker.PARTITIONS)
    delays = told(arrived, alerts)
    bursting = _between(delays, ended, caught) if load.burst else []
    return Delays(_between(delays, began, ended), bursting, round(caught - ended, 1))


def _worked_off(kafka: str, group: str, work: Places, process: Popen[bytes], waits: list[int]) -> Callable[[], Any]:
    def hear(done: int, total: int) -> None:
        waits[0] = total - done

    def off() -> Any:  # noqa: ANN401 -- a coroutine, to be awaited or made a task
        return until_worked_off(kafka, group, work, patience=PATIENCE, check=lambda: still_runs(process), progress=hear)

    return off


async def _catch_up(feed: Feed, load: Load, off: Callable[[], Any], waits: list[int]) -> float:
    """Send the burst, and go on steadily until it is caught up with; return when that was."""
    if load.burst:
        bursting = asyncio.create_task(feed.burst(load.burst))
        await feed.steadily(bursting.done)
        await bursting
        waits[0] = len(load.burst)
        looking = asyncio.create_task(off())
        await feed.steadily(lambda: waits[0] < GONE * load.rate or looking.done())
        await looking
    return time.time()


async def _append_times(kafka: str, feed: Feed, partitions: int) -> tuple[dict[bytes, int], list[tuple[bytes, int]]]:
    """Return when each angry answer arrived, by its alert's key, and when each alert did."""
    raw, alerts = f"{feed.prefix}raw.survey", f"{feed.prefix}detractor-alerts"
    found = await read_to_the_end(kafka, dict.fromkeys((raw, alerts), partitions))
    arrived = {feed.asked[each.key]: each.timestamp for each in found[raw] if each.key in feed.asked}
    return arrived, [(each.key, each.timestamp) for each in found[alerts]]


def _between(delays: Sequence[Told], first: float, last: float) -> list[int]:
    return [each.took for each in delays if first * 1000 <= each.at < last * 1000]


def row(runs: Sequence[Delays]) -> dict[str, Any]:
    """Return a contestant's rounds, pooled, as JSON takes them."""
    bursts = [each for run in runs for each in run.catching_up]
    return {
        "steady": summary([each for run in runs for each in run.steady]),
        "catching_up": {**summary(bursts), "seconds": [run.seconds for run in runs]} if bursts else None,
    }


def table(rows: dict[str, Any]) -> str:
    """Return what people read: milliseconds from the raw event's arrival to the alert's."""
    lines = [f"{'':26}{'':16}" + "".join(f"{name + ', ms':>12}" for name in SHARES) + f"{'alerts':>10}"]
    for name, found in rows.items():
        for part, said in (("steady", "steady"), ("catching_up", "catching up")):
            if found[part]:
                cells = "".join(f"{found[part][share]:>12,}" for share in SHARES)
                lines.append(f"{LATE[name].title:26}{said:16}{cells}{found[part]['alerts']:>10,}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
