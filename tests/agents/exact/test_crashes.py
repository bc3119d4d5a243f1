"""Crashing records, over whole runs: the guilty are found and set aside, and nobody else is.

A run is a worker from its start to its end: a journal that is opened again, a loop that begins at what is committed. It
ends by an error (`blame`, as the agent does it) or by a kill, which leaves everything as it lies.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.exact.chunks import Chunk, Record
from agents.exact.crashes import MOST_SUSPECTS, Crashes, Held
from agents.exact.exits import Exit
from agents.exact.journal import AGENTS, Journal, is_the_worlds, open_journal
from agents.exact.loop import WARY, Effects, Step
from agents.exact.outbox import Send
from tests.agents.exact.fakes import PARTITION, FakeRecord, FakeStream, Left, World, chunk, make_loop

MOST = 3


class Killed(BaseException):
    """A signal that nobody can catch."""


@dataclass
class Life:
    """One partition's log of `size` records, of which `poison` crash whoever takes them; all runs of its workers."""

    folder: Path
    size: int
    poison: frozenset[int]
    killing: bool
    committed: int = 0
    runs: int = 0
    crashes: Counter[int] = field(default_factory=Counter)
    alone: Counter[int] = field(default_factory=Counter)
    done: list[int] = field(default_factory=list)
    condemned: list[tuple[int, int]] = field(default_factory=list)

    def run(self, sizes: Iterator[int]) -> bool:
        """Live from start to crash; say whether the end of the log was reached instead."""
        self.runs += 1
        journal = open_journal(self.folder, f"run-{self.runs}")
        return asyncio.run(self._run(journal, sizes))

    async def _run(self, journal: Journal, sizes: Iterator[int]) -> bool:
        world = World(log=set(range(self.size)), committed_offset=self.committed)
        loop, _ = make_loop(world)
        loop.journal, loop.condemn, loop.most_crashes = journal, self._condemn, MOST
        await loop.outbox.open()
        at = self.committed
        try:
            while at < self.size:
                part = chunk(*range(at, min(at + next(sizes), self.size)))
                assert await loop.take(part, self._step, "intake")
                at = part.end
        except Killed:
            return False
        except ValueError as error:
            journal.blame("intake", error)
            return False
        finally:
            self.committed = loop.fence.expected(PARTITION) or self.committed
        return True

    async def _step(self, part: Chunk) -> Effects:
        for record in part.records:
            if record.offset in self.poison:
                self.crashes[record.offset] += 1
                self.alone[record.offset] += len(part.records) == 1
                raise Killed if self.killing else ValueError
        return Effects(done=lambda: self.done.extend(record.offset for record in part.records))

    def _condemn(self, record: Record, crashes: int) -> Effects:
        return Effects(done=lambda: self.condemned.append((record.offset, crashes)))


@settings(deadline=None, max_examples=60)
@given(
    size=st.integers(1, 30),
    poison=st.sets(st.integers(0, 29), max_size=4),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    killing=st.booleans(),
)
def test_exactly_the_crashing_records_are_set_aside(
    size: int, poison: set[int], sizes: list[int], *, killing: bool
) -> None:
    """Each after as many crashes alone as allowed, however the log is cut; all others are done, in order, once."""
    guilty = frozenset(offset for offset in poison if offset < size)
    with TemporaryDirectory() as folder:
        life = Life(Path(folder), size, guilty, killing)
        turns = (sizes[number % len(sizes)] for number in count())
        for _ in range((MOST + 1) * len(guilty) + 1):
            if life.run(turns):
                break
        else:
            pytest.fail("the worker never came to the end")
    assert life.condemned == [(offset, MOST) for offset in sorted(guilty)]
    assert life.done == [offset for offset in range(size) if offset not in guilty]
    assert all(MOST <= life.crashes[offset] <= MOST + 1 for offset in guilty)
    assert all(life.alone[offset] == MOST for offset in guilty)


def test_a_record_that_survives_is_forgotten(tmp_path: Path) -> None:
    """A kill in mid-chunk makes its records suspects; none of them crashes again, so nothing is held against them."""
    life = Life(tmp_path, 6, frozenset({2}), killing=True)
    assert not life.run(iter([6]))
    life.poison = frozenset()
    assert life.run(iter([6]))
    assert life.done == [0, 1, 2, 3, 4, 5]
    assert life.condemned == []


def test_a_start_that_dies_counts_nothing_twice(tmp_path: Path) -> None:
    """The crash was concluded and written; the slots were not blanked any more. The next start counts it once."""
    journal = open_journal(tmp_path, "first")
    with suppress(Killed):
        asyncio.run(_die(journal, chunk(5)))
    slots = (tmp_path / "in-hand").read_bytes()
    for name in ("second", "third"):
        opened = open_journal(tmp_path, name)
        assert list(opened.crashes.counts.values()) == [1]
        (tmp_path / "in-hand").write_bytes(slots)


async def _die(journal: Journal, part: Chunk, agent: str = "intake") -> None:
    async with journal.holding(agent, journal.part(part)):
        raise Killed


def test_two_in_hand_at_a_kill_are_suspects_and_neither_is_blamed(tmp_path: Path) -> None:
    """One record each in the hands of two agents: nobody knows whose crash it was, so both are taken alone."""

    async def both() -> None:
        journal = open_journal(tmp_path, "first")
        with suppress(Killed):
            async with journal.holding("timelines", journal.part(chunk(7, topic="touchpoints"))):
                await _die(journal, chunk(5))

    asyncio.run(both())
    after = open_journal(tmp_path, "second")
    assert after.crashes.counts == {}
    assert [after.part(each).alone for each in (chunk(5), chunk(7, topic="touchpoints"), chunk(6))] == [
        True,
        True,
        False,
    ]


def test_an_error_is_held_against_its_own_agent_only(tmp_path: Path) -> None:
    """The other agent had something in hand too, but it was not its error."""

    async def both() -> None:
        journal = open_journal(tmp_path, "first")
        with suppress(Killed):
            async with journal.holding("timelines", journal.part(chunk(7, topic="touchpoints"))):
                try:
                    await _die(journal, chunk(5))
                except Killed:
                    journal.blame("intake", ValueError())
                    raise

    asyncio.run(both())
    after = open_journal(tmp_path, "second").crashes
    assert list(after.counts) == [("raw", 0, 5, FakeRecord().timestamp)]


@pytest.mark.parametrize(
    ("error", "worlds"),
    [
        (KafkaConnectionError(), True),
        (TimeoutError(), True),
        (OSError(), True),
        (Exception("IO error: No space left on device"), True),
        (MessageSizeTooLargeError(), False),
        (ValueError(), False),
        (MemoryError(), False),
        (RecursionError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broker_that_is_away_is_no_records_fault(tmp_path: Path, error: Exception, *, worlds: bool) -> None:
    """Errors of the broker and the disk are held against nobody; a result too large, and all others, are."""
    assert is_the_worlds(error) is worlds
    journal = open_journal(tmp_path, "first")
    with suppress(Killed):
        asyncio.run(_die(journal, chunk(5)))
    journal.blame("intake", error)
    assert open_journal(tmp_path, "second").part(chunk(5)).alone is not worlds


def test_another_record_at_the_same_offset_is_no_suspects_heir(tmp_path: Path) -> None:
    """The topic was made anew: the record at the offset has another time, and no crash of its own."""
    journal = open_journal(tmp_path, "first")
    with suppress(Killed):
        asyncio.run(_die(journal, chunk(5)))
    after = open_journal(tmp_path, "second")
    assert after.part(chunk(5)).crashes == 1
    stranger = Chunk("raw", 0, [FakeRecord(offset=5, timestamp=1)])
    assert after.part(stranger).crashes == 0


def test_a_folder_that_cannot_be_written_counts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The worker works on without the count, and says so once, in a line without contents."""
    (tmp_path / "file").write_text("")
    journal = open_journal(tmp_path / "file", "first")
    asyncio.run(_hold(journal, chunk(1)))
    assert capsys.readouterr().err == f"tellonce worker cannot count crashes in {tmp_path / 'file'}: File exists\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"judged": "x"}', '{"judged": "x", "suspects": 3, "counts": []}'])
def test_a_broken_file_is_no_reason_to_crash(tmp_path: Path, text: str) -> None:
    """A machine that lost its power may leave anything behind; the count begins anew."""
    (tmp_path / "crashes.json").write_text(text)
    (tmp_path / "in-hand").write_bytes(b"\x00garbage\n[1, 2]\n")
    assert open_journal(tmp_path, "first").crashes == Crashes()


async def _hold(journal: Journal, part: Chunk) -> None:
    async with journal.holding("intake", journal.part(part)):
        pass


def test_what_was_done_is_in_nobodys_hands(tmp_path: Path) -> None:
    """A worker that is killed between two chunks has no suspect."""
    asyncio.run(_hold(open_journal(tmp_path, "first"), chunk(1, 2)))
    assert open_journal(tmp_path, "second").crashes == Crashes()


def test_a_stop_leaves_no_suspect(tmp_path: Path) -> None:
    """Faust ends its agents by cancelling them: that is no crash."""

    async def stopped() -> None:
        journal = open_journal(tmp_path, "first")

        async def work() -> None:
            async with journal.holding("intake", journal.part(chunk(1, 2))):
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert open_journal(tmp_path, "second").crashes == Crashes()


async def test_a_suspect_is_taken_while_nobody_else_has_anything_in_hand(tmp_path: Path) -> None:
    """It waits until the others are done, and they wait until it is: a crash meanwhile is its own."""
    journal = open_journal(tmp_path, "first")
    journal.crashes.judge([Held("raw", 0, 5, 6, FakeRecord().timestamp)])
    trace: list[str] = []
    gate = {name: asyncio.Event() for name in AGENTS}

    async def work(agent: str, part: Chunk) -> None:
        async with journal.holding(agent, journal.part(part)):
            trace.append(f"{agent} in")
            await gate[agent].wait()
            trace.append(f"{agent} out")

    tasks = [asyncio.create_task(work("timelines", chunk(1)))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(work("intake", chunk(5))), asyncio.create_task(work("resolver", chunk(2)))]
    for agent in ("timelines", "intake", "resolver"):
        for _ in range(5):
            await asyncio.sleep(0)
        gate[agent].set()
    await asyncio.gather(*tasks)
    assert trace == ["timelines in", "timelines out", "intake in", "intake out", "resolver in", "resolver out"]


async def test_the_agent_leaves_after_the_error_is_noted(tmp_path: Path) -> None:
    """Through `agent`, as Faust runs it: a step that raises leaves the worker, and its chunk is the suspect."""
    world = World()
    loop, _ = make_loop(world)
    loop.journal = open_journal(tmp_path, "first")

    async def step(part: Chunk) -> Effects:
        raise ZeroDivisionError(part.first)

    with pytest.raises(Left) as left:
        await loop.agent("intake", step)(FakeStream([chunk(0, 1)]))  # type: ignore[arg-type]
    assert left.value.code is Exit.UNEXPECTED
    assert open_journal(tmp_path, "second").crashes.suspects == [Held("raw", 0, 0, 2, FakeRecord().timestamp)]


async def test_a_condemned_record_is_sent_acknowledged_and_counted_like_any_other() -> None:
    """The dead letter is acknowledged before the record counts as done."""
    world = World(committed_offset=5)
    loop, _ = make_loop(world)
    await loop.outbox.open()
    world.trace.clear()
    loop.journal.crashes.judge([Held("raw", 0, 5, 6, FakeRecord().timestamp)])
    loop.most_crashes = 1
    loop.condemn = lambda record, crashes: Effects(
        sends=(Send("out", b"", b"letter", 7),), done=lambda: world.note("say", record.offset, crashes)
    )

    async def step(_: Chunk) -> Effects:
        raise AssertionError

    assert await loop.take(chunk(5), step, "intake")
    assert world.steps()[-5:] == ["send out", "acknowledge out", "wake commits", "say", "commit now"]
    assert world.trace[-2] == ("say", 5, 1)
    assert loop.fence.committable(PARTITION, 1) == 6


@pytest.mark.parametrize(
    ("crashed", "seconds", "at_once"), [(True, 0.0, True), (True, WARY, False), (False, 0.0, False)]
)
async def test_after_a_crash_what_is_done_is_committed_at_once(*, crashed: bool, seconds: float, at_once: bool) -> None:
    """Else each run would tell again what it told, and meet what crashes it as another record. It lasts for a while."""
    world = World()
    loop, _ = make_loop(world)
    await loop.outbox.open()
    if crashed:
        loop.journal.crashes.judge([Held("touchpoints", 3, 5, 9, 0)])
    world.now = seconds

    async def step(_: Chunk) -> Effects:
        return Effects()

    assert await loop.take(chunk(0), step, "intake")
    assert ("commit now" in world.steps()) is at_once


async def test_nobody_works_until_a_suspect_that_survived_is_committed() -> None:
    """What it told may crash the next agent: that must not make the next run tell it again."""
    world = World()
    loop, _ = make_loop(world)
    await loop.outbox.open()
    loop.journal.crashes.judge([Held("raw", 0, 0, 1, FakeRecord().timestamp)])

    def step(name: str) -> Step:
        async def work(_: Chunk) -> Effects:
            world.note(name)
            return Effects(sends=(Send("out", b"", b"x", 7),))

        return work

    await asyncio.gather(
        loop.take(chunk(0), step("suspect"), "intake"), loop.take(chunk(0, partition=1), step("next"), "timelines")
    )
    assert world.steps().index("suspect") < world.steps().index("commit now") < world.steps().index("next")


def test_the_memory_is_bounded() -> None:
    """Partitions that never come back do not pile up."""
    crashes = Crashes()
    for offset in range(MOST_SUSPECTS + 5):
        crashes.judge([Held("raw", 0, offset, offset + 2, 0)])
    assert len(crashes.suspects) == MOST_SUSPECTS
    assert crashes.suspects[-1].first == MOST_SUSPECTS + 4
