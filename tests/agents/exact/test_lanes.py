"""Overlapping: one partition's chunk waits for Kafka while another's is worked on, and nothing else changes."""

import asyncio
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.exact.chunks import Chunk
from agents.exact.exits import Exit
from agents.exact.gathering import Arrived
from agents.exact.lanes import ROOM, Lanes
from agents.exact.loop import Effects, Put, Step
from agents.exact.outbox import Send
from tests.agents.exact.fakes import TOPIC, FakeStream, FakeTable, Left, World, chunk, make_loop


def _step(world: World) -> Step:
    table = FakeTable(world)

    async def step(part: Chunk) -> Effects:
        value = f"{part.partition}/{part.first}".encode()
        world.note("begin", value)
        await asyncio.sleep(0)
        world.note("work", value)
        sends = (Send("out", b"k", value, 0, 0),)
        return Effects((Put(table, b"k", value, 0),), sends, lambda: world.note("done", value))

    return step


async def _run(world: World, chunks: list[Chunk], step: Step | None = None) -> Any:  # noqa: ANN401
    loop, producer = make_loop(world)
    await loop.agent("intake", step or _step(world))(cast(Any, FakeStream(chunks)))
    return loop, producer


def _arriving(partitions: list[int]) -> tuple[list[Chunk], list[int]]:
    """Return a chunk of two for each of these, each going on where its partition's last one ended, and all ends."""
    chunks, ends = [], [0, 0, 0]
    for partition in partitions:
        chunks.append(chunk(ends[partition], ends[partition] + 1, partition=partition))
        ends[partition] += 2
    return chunks, ends


async def test_another_partition_is_worked_on_while_one_waits_for_kafka() -> None:
    """The second partition's work is done before the first one's state is acknowledged."""
    world = World()
    await _run(world, [chunk(0, 1), chunk(0, 1, partition=1)])
    assert world.trace.index(("work", b"1/0")) < world.trace.index(("acknowledge changelog",))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=12))
async def test_within_a_partition_nothing_overlaps(partitions: list[int]) -> None:
    """In whatever order chunks come: a partition's are begun, worked on and done in order, and all is processed."""
    world, chunks, ends = World(), *_arriving(partitions)
    loop, _ = await _run(world, chunks)

    for partition, end in enumerate(ends):
        own = [one for one in world.trace if str(one[-1]).startswith(f"b'{partition}/")]
        firsts = [int(one[-1].rpartition(b"/")[2]) for one in own if one[0] == "begin"]
        wanted = [
            (step, f"{partition}/{first}".encode())
            for first in firsts
            for step in ("begin", "work", "send changelog", "put", "send out", "done")
        ]
        assert own == wanted
        assert firsts == sorted(firsts)
        assert loop.fence.committable(TP(TOPIC, partition), 1) == (end or None)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=30), st.integers(2, 7))
async def test_a_step_sees_each_partition_in_order_and_once_however_it_is_gathered(
    partitions: list[int], size: int
) -> None:
    """And never more in a chunk than the size that was asked for."""
    chunks, ends = _arriving(partitions)
    seen: list[list[int]] = [[], [], []]

    async def step(part: Chunk) -> Effects:
        assert len(part.records) <= size
        seen[part.partition] += [record.offset for record in part.records]
        await asyncio.sleep(0)
        return Effects(sends=(Send("out", b"k", b"v", 0, 0),))

    loop, _ = make_loop(World())
    loop.size = size
    await loop.agent("intake", step)(cast(Any, FakeStream(chunks)))
    assert seen == [list(range(end)) for end in ends]


async def test_what_comes_while_a_chunk_is_under_way_is_the_next_chunk() -> None:
    """Three more of a partition, one by one, make one round, and not three."""
    world = World()
    first = asyncio.Event()

    class Slow(FakeStream):
        async def events(self) -> Any:  # noqa: ANN401 -- an async generator
            async for event in super().events():
                yield event
                await first.wait()

    async def step(part: Chunk) -> Effects:
        first.set()
        world.note("step", *(record.offset for record in part.records))
        return Effects(sends=(Send("out", b"k", b"v", 0, 0),))

    loop, _ = make_loop(world)
    await loop.agent("intake", step)(cast(Any, Slow([chunk(0), chunk(1), chunk(2), chunk(3)])))
    assert [one for one in world.trace if one[0] == "step"] == [("step", 0), ("step", 1, 2, 3)]


async def test_a_worker_that_stops_drops_what_is_under_way_and_what_waits() -> None:
    """It comes again; to Faust nothing happened, which would take a cancelled agent for one that crashed."""
    world = World()
    loop, _ = make_loop(world)

    async def step(part: Chunk) -> Effects:
        world.note("step", part.first)
        await loop.outbox.close()
        return Effects(sends=(Send("out", b"k", b"v", 0, 0),))

    await loop.agent("intake", step)(cast(Any, FakeStream([chunk(0), chunk(1), chunk(0, partition=1)])))
    done = [one for one in world.trace if one[0] in {"step", "wake commits", "leave"}]
    assert done == [("step", 0)] * 2, "one of each partition was under way"


async def test_a_busy_partition_holds_up_no_other() -> None:
    """Its chunks wait; those of another partition, which came after them, are worked on."""
    gate, others = asyncio.Event(), asyncio.Event()
    seen: list[tuple[int, int]] = []

    async def work(arrived: Arrived) -> None:
        if arrived.chunk.partition == 0:
            await gate.wait()
        seen.append((arrived.chunk.partition, len(arrived.chunk.records)))
        others.set()

    lanes = Lanes(work, 10)
    for one in (chunk(0), chunk(1), chunk(2), chunk(0, partition=1)):
        await lanes.put(Arrived(one, 1))
    await others.wait()
    assert seen == [(1, 1)]
    gate.set()
    await lanes.end()
    assert sum(count for partition, count in seen if partition == 0) == 3


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=20, max_size=60))
async def test_what_waits_is_bounded(arriving: list[tuple[int, int]]) -> None:
    """While nothing gets done, no more is asked for than has room beside what each lane works on."""
    size, taken, ends = 4, [0], [0, 0, 0]

    async def never(arrived: Arrived) -> None:
        taken[0] += len(arrived.chunk.records)
        await asyncio.Event().wait()

    lanes, brought = Lanes(never, size), [0]

    async def bring() -> None:
        for partition, count in arriving:
            offsets = range(ends[partition], ends[partition] + count)
            ends[partition] += count
            brought[0] += count
            await lanes.put(Arrived(chunk(*offsets, partition=partition), 1))

    bringing = asyncio.ensure_future(bring())
    for _ in range(200):
        await asyncio.sleep(0)
    assert brought[0] - taken[0] <= (ROOM + 1) * size
    assert bringing.done() or brought[0] - taken[0] > ROOM * size
    bringing.cancel()
    await lanes.cancel()
    await asyncio.gather(bringing, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing is left running"


async def test_what_waited_while_the_group_rebalanced_is_dropped() -> None:
    """It comes again, to whoever has the partition by then: here it would be worked on twice."""
    world = World()

    async def step(part: Chunk) -> Effects:
        world.note("step", part.first)
        if part.first == 0:
            world.rebalance()
        return Effects()

    await _run(world, [chunk(0), chunk(5)], step)
    assert [one for one in world.trace if one[0] == "step"] == [("step", 0)]
    assert "seek" not in world.steps()


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
async def test_one_step_is_under_way_at_a_time(partitions: list[int]) -> None:
    """Steps of an agent share memory, so none begins in the middle of another."""
    world, chunks = World(), _arriving(partitions)[0]
    await _run(world, chunks)

    steps = [(name, value) for name, *rest in world.trace if name in {"begin", "work"} for value in rest]
    assert [name for name, _ in steps] == ["begin", "work"] * (len(steps) // 2)
    assert [value for name, value in steps if name == "begin"] == [value for name, value in steps if name == "work"]


async def test_the_topics_of_a_partition_share_its_lane() -> None:
    """They share its state: the second topic's chunk begins when the first one's is done."""
    world = World()
    await _run(world, [chunk(0), chunk(0, topic="moves")])
    names = [name for name in world.steps() if name in {"begin", "done"}]
    assert names == ["begin", "done", "begin", "done"]


async def test_an_error_leaves_at_once_though_nobody_asks_for_its_lane() -> None:
    """The stream goes on with other partitions; the failed one must not wait for its next chunk."""
    world = World()

    async def failing(part: Chunk) -> Effects:
        if part.partition == 0:
            raise ZeroDivisionError
        return await _step(world)(part)

    with pytest.raises(Left) as left:
        await _run(world, [chunk(0), *(chunk(at, partition=1) for at in range(5))], failing)
    assert left.value.code is Exit.UNEXPECTED
    assert world.steps().count("done") < 5


async def test_work_under_way_is_stopped_with_the_agent() -> None:
    """Faust cancels an agent: what waits for Kafka is not counted as done afterwards."""
    world = World()
    gate = asyncio.Event()

    class Endless(FakeStream):
        async def events(self) -> Any:  # noqa: ANN401 -- an async generator
            async for event in super().events():
                yield event
            gate.set()
            await asyncio.Event().wait()

    loop, _ = make_loop(world)
    agent = asyncio.ensure_future(loop.agent("intake", _step(world))(cast(Any, Endless([chunk(0, 1)]))))
    await gate.wait()
    agent.cancel()
    with pytest.raises(asyncio.CancelledError):
        await agent
    for _ in range(20):
        await asyncio.sleep(0)
    assert "done" not in world.steps()
    assert loop.fence.committable(TP(TOPIC, 0), 1) in {0, None}
