"""Touchpoints sorted by customer, then looked at customer by customer, on every core, in bounded memory.

Rule 1. Touchpoints come in parts. A process decodes a part, finds whose each touchpoint is, and appends it, without its
        words, to the file of that customer's bucket. So all touchpoints of a customer end in one bucket.
Rule 2. A bucket is read by one process, which holds it whole: about `BUCKET` touchpoints, or one customer's, whichever
        is more. Nothing else grows with their number, but for what the results themselves count.
Rule 3. What is asked of a bucket is a function of its touchpoints alone, in any order; the results come back in the
        order of the buckets. So how many processes and parts there are changes nothing.
Rule 4. The files lie in a folder that only the user can read, and are gone at the end, however it ends.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from agents.contracts import schema_book
from agents.known import Known
from commands.backtest_lines import record_of
from pipeline.backtest import placed
from pipeline.records import entry, entry_of, entry_record, touchpoint
from pipeline.refusal import Refused
from pipeline.touchpoint import Entry
from pipeline.wire import SchemaBook

BUCKET = 10_000
"""Touchpoints that a bucket is meant to have: some 30 MB as Python values."""

MOST_BUCKETS = 512

Result = TypeVar("Result")
Judge = Callable[[Iterator[list[Entry]]], Result]
"""What is asked of a bucket: of its customers, each with all touchpoints of theirs."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of a part: how many touchpoints are sorted, of erased people, unreadable."""

    kept: int = 0
    erased: int = 0
    unreadable: int = 0

    def __add__(self, other: Sorted) -> Sorted:
        """Return both together."""
        return Sorted(self.kept + other.kept, self.erased + other.erased, self.unreadable + other.unreadable)


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

    def ask(self, judge: Judge[Result]) -> Iterator[Result]:
        """Yield the answer of every bucket, in their order; the judge is a module's function, or a partial."""
        asked = [self._submit(_ask, judge, number) for number in range(self._task.buckets)]
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
    rows: list[Entry] = []
    erased = unreadable = 0
    for value, appended in part:
        try:
            row = entry_of(touchpoint(book.decode("touchpoint", value)))
        except Refused:
            unreadable += 1
            continue
        if appended <= task.erased.get(row.customer_id, -1):
            erased += 1
        else:
            rows.append(row)
    _spill(rows, task, book)
    return Sorted(len(rows), erased, unreadable)


def _sort_lines(lines: Sequence[tuple[int, bytes]]) -> Sorted:
    task, book = _task()
    rows: list[Entry] = []
    for number, line in lines:
        try:
            rows.append(entry_of(touchpoint(record_of("touchpoint", json.loads(line)))))
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            why = f"{type(wrong).__name__}: {wrong}"
            raise UnreadableLineError(f"line {number} is no touchpoint as `tellonce try` writes it ({why})") from None
    _spill(rows, task, book)
    return Sorted(len(rows))


def _spill(rows: Sequence[Entry], task: Task, book: SchemaBook) -> None:
    filled: dict[int, bytearray] = {}
    for row in rows:
        known = task.known.answers(row.identifiers)
        own = placed(row, {one: each.answer for one, each in known.items()})
        packed = book.encode("timeline-entry", entry_record(own))
        bucket = filled.setdefault(zlib.crc32(own.customer_id.encode()) % task.buckets, bytearray())
        bucket += len(packed).to_bytes(4, "big") + packed
    process = multiprocessing.current_process().pid
    for number, packed_rows in filled.items():
        with (task.folder / f"{number}.{process}").open("ab") as file:
            file.write(packed_rows)


def _ask(judge: Judge[Result], bucket: int) -> Result:
    return judge(_customers(bucket))


def _customers(bucket: int) -> Iterator[list[Entry]]:
    """Yield the touchpoints of each customer of a bucket, the customers in the order of their ids."""
    task, book = _task()
    by_customer: dict[str, list[Entry]] = {}
    for path in sorted(task.folder.glob(f"{bucket}.*")):
        packed, at = path.read_bytes(), 0
        while at < len(packed):
            end = at + 4 + int.from_bytes(packed[at : at + 4], "big")
            row = entry(book.decode("timeline-entry", packed[at + 4 : end]))
            by_customer.setdefault(row.customer_id, []).append(row)
            at = end
    for customer in sorted(by_customer):
        yield by_customer.pop(customer)


def _task() -> tuple[Task, SchemaBook]:
    return _here["task"], _here["book"]
