"""Touchpoints sorted by customer, then looked at customer by customer, on every core, in bounded memory.

Rule 1. Touchpoints come in parts. A process decodes a part, finds whose each touchpoint is, and appends it, without its
        words, to the file of that customer's bucket. So all touchpoints of a customer end in one bucket. What lies in
        the file are records as they were decoded: to write them as Avro again would cost as much as judging them.
Rule 2. A bucket is read by one process, which holds it whole: about `BUCKET` touchpoints, or one customer's, whichever
        is more. Nothing else grows with their number, but for what the results themselves count.
Rule 3. What is asked of a bucket is a function of its touchpoints alone, in any order; the results come back in the
        order of the buckets. So how many processes and parts there are changes nothing. What time it is, is the newest
        moment that was read, never a clock's.
Rule 4. The files lie in a folder that only the user can read, and are gone at the end, however it ends.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
import signal
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from agents.contracts import schema_book
from agents.known import Known
from commands.backtest_lines import record_of
from pipeline.backtest import placed
from pipeline.kin import Answer
from pipeline.records import entry, entry_of, entry_record, touchpoint, without_words
from pipeline.refusal import Refused
from pipeline.touchpoint import Entry, Identifier
from pipeline.wire import SchemaBook

BUCKET = 10_000
"""Touchpoints that a bucket is meant to have: some 30 MB as Python values."""

MOST_BUCKETS = 512

Record = dict[str, Any]
Result = TypeVar("Result")
Judge = Callable[[Iterator[list[Entry]], datetime | None], Result]
"""What is asked of a bucket: of its customers, each with all touchpoints of theirs, at a time of the clock."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of a part: how many touchpoints are sorted, of erased people, unreadable; and the newest moment that
    it knows of: an arrival at Kafka, of a file an event.
    """

    kept: int = 0
    erased: int = 0
    unreadable: int = 0
    newest: datetime | None = None

    def __add__(self, other: Sorted) -> Sorted:
        """Return both together."""
        newest = max((each.newest for each in (self, other) if each.newest is not None), default=None)
        kept, erased = self.kept + other.kept, self.erased + other.erased
        return Sorted(kept, erased, self.unreadable + other.unreadable, newest)


@dataclass(frozen=True, slots=True)
class Task:
    """What a process works by: where the buckets are and how many, who is who, who was erased and when."""

    folder: Path
    buckets: int
    known: Known
    erased: Mapping[str, int]


class UnreadableLineError(Exception):
    """A line of a file is no touchpoint: which, and why."""


class Crew:
    """Processes that sort parts, and are then asked of every bucket. With one process, the work is done here."""

    def __init__(self, task: Task, processes: int) -> None:
        """Start the processes."""
        self._task = task
        self.buckets = task.buckets
        self._pool: ProcessPoolExecutor | None = None
        self.processes = processes
        if processes > 1:
            self._pool = ProcessPoolExecutor(
                processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(task,)
            )
        else:
            _set(task)

    def sort(self, part: Sequence[tuple[bytes, int]]) -> Future[Sorted]:
        """Sort touchpoints as the topic has them."""
        return self._submit(_sort_records, part)

    def sort_lines(self, lines: Sequence[tuple[int, bytes]]) -> Future[Sorted]:
        """Sort touchpoints as `tellonce try` writes them, each with the number of its line."""
        return self._submit(_sort_lines, lines)

    def ask(self, judge: Judge[Result], now: datetime | None) -> Iterator[Result]:
        """Yield the answer of every bucket, in their order; the judge is a module's function, or a partial."""
        asked = [self._submit(_ask, judge, number, now) for number in range(self._task.buckets)]
        for answer in asked:
            yield answer.result()

    def close(self) -> None:
        """Let the processes go; what was not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Callable[..., Any], *arguments: object) -> Future[Any]:
        if self._pool is not None:
            return self._pool.submit(work, *arguments)
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except Exception as wrong:  # noqa: BLE001 -- a future holds whatever was raised
            done.set_exception(wrong)
        return done


@contextmanager
def crew(touchpoints: int, known: Known, erased: Mapping[str, int], processes: int) -> Iterator[Crew]:
    """Yield a crew for so many touchpoints; its files are gone when the block ends."""
    buckets = max(1, min(-(-touchpoints // BUCKET), MOST_BUCKETS))
    with tempfile.TemporaryDirectory(prefix="tellonce-backtest-") as folder:
        hands = Crew(Task(Path(folder), buckets, known, erased), min(processes, buckets))
        try:
            yield hands
        finally:
            hands.close()


_here: dict[str, Any] = {}
"""What this process works by; a pool's process has no other way to be told once."""


def _begin(task: Task) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which ends its processes
    _set(task)


def _set(task: Task) -> None:
    _here.update(task=task, book=schema_book())


def _sort_records(part: Sequence[tuple[bytes, int]]) -> Sorted:
    task, book = _task()
    rows: list[Record] = []
    erased = unreadable = 0
    for value, appended in part:
        try:
            record = book.decode("touchpoint", value)
        except Refused:
            unreadable += 1
            continue
        if appended <= task.erased.get(record["customer_id"], -1):
            erased += 1
        else:
            rows.append(without_words(record))
    _spill(rows, task)
    newest = max((appended for _, appended in part), default=None)
    now = None if newest is None else datetime.fromtimestamp(newest // 1000, UTC)
    return Sorted(len(rows), erased, unreadable, now)


def _sort_lines(lines: Sequence[tuple[int, bytes]]) -> Sorted:
    task, _ = _task()
    rows: list[Record] = []
    for number, line in lines:
        try:
            rows.append(entry_record(entry_of(touchpoint(record_of("touchpoint", json.loads(line))))))
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            why = f"{type(wrong).__name__}: {wrong}"
            raise UnreadableLineError(f"line {number} is no touchpoint as `tellonce try` writes it ({why})") from None
    _spill(rows, task)
    return Sorted(len(rows), newest=max((row["occurred_at"] for row in rows), default=None))


def _spill(rows: Sequence[Record], task: Task) -> None:
    def answers(identifiers: tuple[Identifier, ...]) -> dict[Identifier, Answer]:
        return {one: each.answer for one, each in task.known.answers(identifiers).items()}

    filled: dict[int, list[Record]] = {}
    for row in rows:
        own = placed(row, answers)
        filled.setdefault(zlib.crc32(own["customer_id"].encode()) % task.buckets, []).append(own)
    process = multiprocessing.current_process().pid
    for number, some in filled.items():
        with (task.folder / f"{number}.{process}").open("ab") as file:
            pickle.dump(some, file, pickle.HIGHEST_PROTOCOL)


def _ask(judge: Judge[Result], bucket: int, now: datetime | None) -> Result:
    return judge(_customers(bucket), now)


def _customers(bucket: int) -> Iterator[list[Entry]]:
    """Yield the touchpoints of each customer of a bucket, the customers in the order of their ids."""
    task, _ = _task()
    by_customer: dict[str, list[Entry]] = {}
    for path in sorted(task.folder.glob(f"{bucket}.*")):
        with path.open("rb") as file:
            while file.peek(1):
                for record in pickle.load(file):  # noqa: S301 -- our own processes' file, in our own folder
                    row = entry(record)
                    by_customer.setdefault(row.customer_id, []).append(row)
    for customer in sorted(by_customer):
        yield by_customer.pop(customer)


def _task() -> tuple[Task, SchemaBook]:
    return _here["task"], _here["book"]
