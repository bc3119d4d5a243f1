"""One run of `tellonce try`: files in, workers, what stands in the end.

Rule 1. Nothing is written before all is worked off and adds up: a run that fails leaves the folder as it was.
Rule 2. The run's topics, workers and Kafka are gone when it ends, however it ends, unless they are to be kept.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.contracts import schema_book
from agents.settings import Settings
from commands.children import WorkerGaveUpError, workers
from commands.feeding import Fed, Feeder, digest
from commands.kafka import reach
from commands.leaving import in_order
from commands.outcome import write
from commands.patience import StalledError, until_worked_off
from commands.rehearsal import rehearsal
from commands.settled import Outcome, settle
from commands.streams import writing
from commands.summary import LostError, Summary, summarise
from exports import Options


@dataclass(frozen=True, slots=True)
class Run:
    """What is run: the files and how they are read, by how many workers, and how long nothing may move. `keep` leaves
    the topics.
    """

    paths: tuple[Path, ...]
    options: Options
    settings: Settings
    workers: int
    patience: timedelta
    keep: bool


def run_once(run: Run, folder: Path) -> tuple[Outcome, Summary]:
    """Run the files through, write what came of them into the folder, and return it. Raises `BadExport` for files that
    cannot be used, click's own error where anything else failed; then nothing is written.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is said by us
    try:
        with (
            _progress() as told,
            in_order(),
            reach(run.settings) as bootstrap,
            tempfile.TemporaryDirectory(prefix="tellonce-") as place,
        ):
            outcome, summary, fed = asyncio.run(_rehearse(run, bootstrap, Path(place), told))
    except (WorkerGaveUpError, StalledError, LostError) as wrong:
        raise click.ClickException(str(wrong)) from None
    except KafkaError as wrong:
        raise click.ClickException(f"Kafka failed: {wrong}") from None
    except KeyboardInterrupt:
        raise click.ClickException(f"Stopped; nothing was written to {folder}.") from None
    write(folder, outcome, summary)
    for event in fed.too_large[:10]:
        click.echo(
            f"{event.file}, line {event.line}: {event.size:,} bytes are too many for one event; rejected.", err=True
        )
    return outcome, summary


async def _rehearse(run: Run, bootstrap: str, place: Path, told: _Told) -> tuple[Outcome, Summary, Fed]:
    told.say("Making topics")
    async with rehearsal(run.settings, bootstrap, f"try-{digest(run.paths)}", keep=run.keep) as made:
        if run.keep:
            click.echo(f"The topics begin with {made.prefix} and stay.", err=True)
        with workers(run.workers, made.worker_settings(place), place) as crew:
            async with writing(bootstrap) as writer:
                feeder = Feeder(made, writer, schema_book(), run.options, datetime.now(UTC))
                fed = await feeder.feed(run.paths, lambda fed: told.count(fed.received))
            try:
                await until_worked_off(
                    bootstrap, made.group, made.work,
                    patience=run.patience, check=crew.check, progress=told.progress,
                )  # fmt: skip
            except StalledError as stalled:
                raise StalledError(f"{stalled} The end of the worker's log:\n{crew.last_words()}") from None
        told.say("Reading what came out")
        outcome = settle(await made.heard(), run.settings.prefix)
        return outcome, summarise(outcome, fed.received, **fed.document), fed


class _Told:
    """What the terminal shows while the run goes on."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting Kafka", total=None, note="")

    def say(self, what: str) -> None:
        self._bar.update(self._task, description=what, total=None, note="")

    def count(self, received: int) -> None:
        self._bar.update(self._task, description="Feeding", note=f"{received:,} events")

    def progress(self, done: int, total: int) -> None:
        self._bar.update(
            self._task, description="Working", completed=done, total=max(total, 1), note=f"{done:,} of {total:,}"
        )


@contextmanager
def _progress() -> Iterator[_Told]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<22}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    terminal = Console(file=sys.stderr)
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        yield _Told(bar)
