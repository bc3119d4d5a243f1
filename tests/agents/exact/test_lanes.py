"""Overlapping: one partition's chunk waits for Kafka while another's is worked on, and nothing else changes."""

import asyncio
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.exact.chunks import Chunk
from agents.exact.exits import Exit
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


async def test_another_partition_is_worked_on_while_one_waits_for_kafka() -> None:
    """The second partition's work is done before the first one's state is acknowledged."""
    world = World()
    await _run(world, [chunk(0, 1), chunk(0, 1, partition=1)])
    assert world.trace.index(("work", b"1/0")) < world.trace.index(("acknowledge changelog",))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=12))
async def test_within_a_partition_nothing_overlaps(partitions: list[int]) -> None:
    """In whatever order chunks come: a partition's are begun, worked on and done in order, and all is processed."""
    world, ends = World(), [0, 0, 0]
    chunks = []
    for partition in partitions:
        chunks.append(chunk(ends[partition], ends[partition] + 1, partition=partition))
        ends[partition] += 2
    loop, _ = await _run(world, chunks)

    for partition, end in enumerate(ends):
        own = [one for one in world.trace if str(one[-1]).startswith(f"b'{partition}/")]
        wanted = [
            (step, f"{partition}/{first}".encode())
            for first in range(0, end, 2)
            for step in ("begin", "work", "send changelog", "put", "send out", "done")
        ]
        assert own == wanted
        assert loop.fence.committable(TP(TOPIC, partition), 1) == (end or None)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
async def test_one_step_is_under_way_at_a_time(partitions: list[int]) -> None:
    """Steps of an agent share memory, so none begins in the middle of another."""
    world, ends = World(), [0, 0, 0]
    chunks = []
    for partition in partitions:
        chunks.append(chunk(ends[partition], partition=partition))
        ends[partition] += 1
    await _run(world, chunks)

    steps = [(name, value) for name, *rest in world.trace if name in {"begin", "work"} for value in rest]
    assert [name for name, _ in steps] == ["begin", "work"] * len(partitions)
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
