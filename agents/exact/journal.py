"""What is in hand, where a kill does not reach: two small files in the worker's own data folder.

Rule 1. `in-hand` has a slot an agent, written before a chunk's work begins and blanked when that is done, and Kafka's
        word is all that is missing: written in shared memory, a page of the file, which outlives the process by any
        signal (not the machine: then it was the machine). A call of the system for each would cost what a row costs.
Rule 2. `crashes.json` is what was concluded from it at a start, written whole, with the run that it was concluded
        from. So a start that dies between the two files counts nothing twice.
Rule 3. An end that says whose it was (a pause, a stall, a broker that is away) is held against nobody: `absolve`.
Rule 4. The files hold places, never contents. Without them (a full or read-only disk) the worker works, and counts
        nothing: that is said once.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import astuple
from mmap import mmap
from pathlib import Path

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError
from faust.types import TP

from agents.exact.chunks import Chunk
from agents.exact.crashes import Crashes, Held, Part
from agents.exact.room import Room
from agents.exact.storing import is_rocksdbs

SLOT = 512
"""Bytes of a slot: a topic has at most 249 characters."""

AGENTS = ("intake", "resolver", "timelines")
"""Whose the slots are, in their order."""

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)


class Journal:
    """The files of one worker, and what they say. Used in one event loop; `absolve` also by other threads."""

    def __init__(self, crashes: Crashes, write: Callable[[int, bytes], object], run: str) -> None:
        """Take what is known by now, how to write into a slot (its number, its bytes), and the name of this run."""
        self.crashes = crashes
        self._write, self._run, self._room = write, run, Room()

    @asynccontextmanager
    async def holding(self, agent: str, part: Part) -> AsyncIterator[None]:
        """Hold a part for as long as the block lasts. What an error ends stays in hand: the next start judges it."""
        async with self._room.inside(alone=part.alone):
            self._note(agent, Held.of(part.chunk))
            try:
                yield
            except asyncio.CancelledError:
                self._note(agent, None)
                raise
            self._note(agent, None)

    def hold(self, agent: str, part: Part) -> None:
        """Take a part in hand that was put down: what follows from it cannot be sent."""
        self._note(agent, Held.of(part.chunk))

    def part(self, chunk: Chunk) -> Part:
        """Return what of a chunk to take next."""
        return self.crashes.part(chunk)

    def started(self, tp: TP, committed: int) -> None:
        """Forget what is committed by now."""
        self.crashes.passed(tp, committed)

    def survived(self, part: Part) -> None:
        """Forget a record that was alone and is done."""
        self.crashes.survived(part)

    def blame(self, agent: str, error: BaseException) -> None:
        """Hold an error against what this agent has in hand, and nobody else; or against nobody (Rule 3)."""
        for each in AGENTS:
            if each != agent or is_the_worlds(error):
                self._note(each, None)

    def absolve(self) -> None:
        """Hold nothing against anybody."""
        for agent in AGENTS:
            self._note(agent, None)

    def _note(self, agent: str, held: Held | None) -> None:
        line = b"" if held is None else json.dumps([self._run, *astuple(held)]).encode()
        if agent in AGENTS:
            self._write(AGENTS.index(agent) * SLOT, line[: SLOT - 1].ljust(SLOT - 1) + b"\n")


def open_journal(folder: Path, run: str) -> Journal:
    """Return the journal of a worker's folder, with what its last run left judged. `run` is no earlier run's name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before, held = _read_slots(folder / "in-hand")
        judged, crashes = _read_crashes(folder / "crashes.json")
        if held and before != judged:
            crashes.judge(held)
            _save(folder / "crashes.json", {"judged": before, **crashes.as_record()})
        slots = os.open(folder / "in-hand", os.O_RDWR | os.O_CREAT, 0o600)
        Journal(crashes, lambda at, line: os.pwrite(slots, line, at), run).absolve()  # it has its room on the disk now
        memory = mmap(slots, len(AGENTS) * SLOT)

        def write(at: int, line: bytes) -> None:
            memory[at : at + len(line)] = line

        journal = Journal(crashes, write, run)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        sys.stderr.write(f"tellonce worker cannot count crashes in {folder}: {why}\n")
        return no_journal()
    return journal


def no_journal() -> Journal:
    """Return a journal that nobody reads."""
    return Journal(Crashes(), lambda _at, _line: None, "")


def is_the_worlds(error: BaseException) -> bool:
    """Say whether an error is the broker's or the disk's, and no record's."""
    kafkas = isinstance(error, KafkaError | OSError) and not isinstance(error, TOO_LARGE)
    return kafkas or is_rocksdbs(type(error))


def _read_slots(path: Path) -> tuple[str, list[Held]]:
    """Return the run that wrote the slots, and what it had in hand."""
    run, held = "", []
    if path.exists():
        for line in path.read_bytes().splitlines():
            with suppress(ValueError, TypeError):  # a slot that is blank
                run, *fields = json.loads(line)
                held.append(Held(*fields))
    return run, held


def _read_crashes(path: Path) -> tuple[str, Crashes]:
    """Return the last run that was judged, and what was concluded; nothing where the file makes no sense."""
    try:
        record = json.loads(path.read_text("utf-8"))
        return str(record["judged"]), Crashes.of_record(record)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return "", Crashes()


def _save(path: Path, record: Mapping[str, object]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
