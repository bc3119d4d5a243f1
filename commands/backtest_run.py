"""Bringing retained touchpoints, of a Kafka or of a file, to the question that is asked of each customer's.

Rule 1. At most a few parts wait for each process: reading never runs far ahead of the sorting.
Rule 2. What is said of progress and speed goes to the error side; the bar only to a terminal.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from agents.known import Known
from commands.backtest_crew import Crew, Judge, Sorted, UnreadableLineError, crew
from commands.backtest_log import Fixed, People, retained

if TYPE_CHECKING:
    from agents.installation import Installation

PART = 1_000
WAITING = 4
"""Parts that may wait for each process."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: the topics of an installation (perhaps the very offsets of an earlier result), or a file."""

    at: Installation | None = None
    again: Fixed | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Asked(Generic[Result]):
    """The answers of all buckets in their order, and what was read to ask: part of the result."""

    answers: list[Result]
    read: dict[str, Any]
    whole: bool
    """Whether the touchpoints are all that ever came: none was deleted for its age."""


class Told:
    """What the terminal shows while it goes on."""

    def __init__(self, bar: Any) -> None:  # noqa: ANN401 -- rich is imported when it is needed
        """Take rich's progress."""
        self._bar, self._task = bar, bar.add_task("Opening", total=None)

    def begin(self, what: str, total: int | None) -> None:
        """Say what is done now, and how much of it there is."""
        self._bar.reset(self._task, description=what, total=total)

    def advance(self, number: int) -> None:
        """Say that so much more is done."""
        self._bar.advance(self._task, number)


def ask(source: Source, judge: Judge[Result], processes: int | None) -> Asked[Result]:
    """Return what every bucket of customers answers. Raises `ClickException` where it cannot be read."""
    from aiokafka.errors import KafkaError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is said by us
    number = processes or os.cpu_count() or 1
    began = time.monotonic()
    try:
        with _progress() as told:
            if source.file is not None:
                asked = _of_file(source.file, judge, number, told)
            else:
                asked = asyncio.run(_of_topics(source, judge, number, told))
    except KafkaError as wrong:
        raise click.ClickException(f"Kafka failed: {wrong}") from None
    except UnreadableLineError as wrong:
        raise click.ClickException(f"{source.file}: {wrong}") from None
    except BrokenProcessPool:
        raise click.ClickException("A process was ended from outside, perhaps for want of memory.") from None
    took = time.monotonic() - began
    count = asked.read["touchpoints"]
    click.echo(f"{count:,} touchpoints in {took:.1f} s: {count / took:,.0f} a second.", err=True)
    return asked


async def _of_topics(source: Source, judge: Judge[Result], processes: int, told: Told) -> Asked[Result]:
    at = source.at
    assert at is not None  # noqa: S101 -- where there is no file, there is an installation
    async with retained(at, source.again) as log:
        told.begin("Reading who is who", None)
        people: People = await log.people()
        fixed = log.fixed
        with crew(fixed.count, people.directory, people.erased, processes) as hands:
            told.begin("Reading touchpoints", fixed.count)
            waiting: deque[tuple[int, Future[Sorted]]] = deque()
            became = Sorted()
            async for part in log.parts(PART):
                waiting.append((len(part), hands.sort(part)))
                while len(waiting) > WAITING * hands.processes:
                    became += await _next(waiting, told)
            while waiting:
                became += await _next(waiting, told)
            answers = _answers(hands, judge, became, told)
    read = {
        "prefix": fixed.prefix,
        "offsets": fixed.document(),
        "touchpoints": fixed.count,
        "erased": became.erased,
        "unreadable": became.unreadable,
    }
    return Asked(answers, read, fixed.whole)


async def _next(waiting: deque[tuple[int, Future[Sorted]]], told: Told) -> Sorted:
    number, future = waiting.popleft()
    became = await asyncio.wrap_future(future)
    told.advance(number)
    return became


def _of_file(path: Path, judge: Judge[Result], processes: int, told: Told) -> Asked[Result]:
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    with crew(lines, Known(), {}, processes) as hands, path.open("rb") as file:
        told.begin("Reading touchpoints", lines)
        numbered = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        waiting: deque[Future[Sorted]] = deque()
        became = Sorted()
        for part in _parts(numbered):
            waiting.append(hands.sort_lines(part))
            while len(waiting) > WAITING * hands.processes:
                became += _sorted(waiting, told)
        while waiting:
            became += _sorted(waiting, told)
        answers = _answers(hands, judge, became, told)
    return Asked(answers, {"file": path.name, "touchpoints": became.kept}, whole=True)


def _sorted(waiting: deque[Future[Sorted]], told: Told) -> Sorted:
    became = waiting.popleft().result()
    told.advance(became.kept)
    return became


def _answers(hands: Crew, judge: Judge[Result], became: Sorted, told: Told) -> list[Result]:
    told.begin("Judging", became.kept)
    answers: list[Result] = []
    for answer in hands.ask(judge, became.newest):
        answers.append(answer)
        told.advance(-(-became.kept // hands.buckets))
    return answers


def _parts(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    each = iter(lines)
    while part := list(islice(each, PART)):
        yield part


@contextmanager
def _progress() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    terminal = Console(file=sys.stderr)
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        yield Told(bar)
