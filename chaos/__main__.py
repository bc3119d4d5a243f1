"""`make chaos`: plays the faults, prints a table a run and one of all runs, and the totals as the last line."""

import asyncio
import logging
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import click
from rich.console import Console

from chaos.evidence import data_of_run
from chaos.faults import FAULTS, ON_THREE, lag_at_start
from chaos.report import is_clean, line, show, show_sum, totals
from chaos.run import Played, play

MOST_LAG = 1_000_000


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, envvar="CHAOS_SEED", help="Events and order of faults.")
@click.option("--seconds", type=int, envvar="CHAOS_SECONDS", help="Begin no further run after so many seconds.")
@click.option("--runs", type=int, default=1, show_default=True, help="Runs, with a seed each from --seed on.")
@click.option("--events", type=int, default=1500, show_default=True, help="Events that each fault hits.")
@click.option("--lag", type=click.IntRange(1, MOST_LAG), help="Events of the lag at start; else four times --events.")
@click.option("--brokers", type=click.Choice(["1", "3"]), default="1", show_default=True, help="On how many brokers.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Leave logs, stores and Kafka's data here, by seed; else only those of a run that was not clean are left.",
)
@click.option("--fault", "only", multiple=True, help="Only faults whose name has this in it.")
def chaos(
    *,
    seed: int,
    seconds: int | None,
    runs: int,
    events: int,
    lag: int | None,
    brokers: str,
    keep: Path | None,
    only: tuple[str, ...],
) -> None:
    """Play every fault on a real Kafka, and compare what comes of it with what the core says."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that Kafka is away now and then, is known
    if keep and (taken := [each for each in range(seed, seed + runs) if (keep / str(each)).exists()]):
        raise click.BadParameter(f"{keep / str(taken[0])} is there already", param_hint="--keep")
    console, began, played = Console(width=140), time.monotonic(), list[Played]()
    for each in range(seed, seed + runs):
        if seconds is not None and played and time.monotonic() - began > seconds:
            break
        faults = [
            replace(fault, share=lag / events) if lag and fault.suffer is lag_at_start else fault
            for fault in (FAULTS if brokers == "1" else ON_THREE)
            if not only or any(part in fault.name for part in only)
        ]
        Random(each).shuffle(faults)  # noqa: S311 -- repeatable, not secret
        said = partial(_say, began, each)
        with data_of_run(keep / str(each) if keep else None, said) as data:
            run = asyncio.run(play(each, faults, events, data.folder, said, brokers=int(brokers)))
            data.keep |= not is_clean(totals([run]))
            run.left = data.folder if data.keep else None
        played.append(run)
        show(run, console)
    if len(played) > 1:
        show_sum(played, console)
    found = totals(played)
    print(line(found))  # noqa: T201 -- what it is asked for
    sys.exit(0 if is_clean(found) else 1)


def _say(began: float, seed: int, text: str) -> None:
    print(f"[{time.monotonic() - began:6.1f} s] seed {seed}: {text}", file=sys.stderr, flush=True)  # noqa: T201 -- meant for the terminal


if __name__ == "__main__":
    chaos()
