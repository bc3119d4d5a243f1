"""What happens before the group takes partitions back: what is under way is done, and nothing more is begun."""

import asyncio
from typing import Any, cast

import pytest

from agents.exact import loop as exact_loop
from agents.exact.chunks import Chunk
from agents.exact.loop import Effects
from tests.agents.exact.fakes import FakeStream, World, chunk, make_loop


class Stream(FakeStream):
    """A stream that goes on after a while."""

    def __init__(self, first: list[Chunk], then: list[Chunk], go_on: asyncio.Event) -> None:
        """Take what comes at once, what comes later, and when."""
        super().__init__(first)
        self.then, self.go_on = then, go_on

    async def events(self) -> Any:  # noqa: ANN401 -- an async generator
        """Yield both."""
        async for event in super().events():
            yield event
        await self.go_on.wait()
        async for event in FakeStream(self.then).events():
            yield event


async def test_what_is_under_way_is_done_and_what_waits_is_not_begun() -> None:
    """It comes again to whoever has the partition next; with the next generation the agent begins anew."""
    world, begun, go_on, more = World(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step(part: Chunk) -> Effects:
        begun.set()
        if part.first == 0 and not go_on.is_set():
            await go_on.wait()
        return Effects(done=lambda: world.note("done", part.first))

    loop, _ = make_loop(world)
    stream = Stream([chunk(0), chunk(1)], [chunk(1)], more)
    work = asyncio.ensure_future(loop.agent("intake", step)(cast(Any, stream)))
    await begun.wait()
    resting = asyncio.ensure_future(loop.rest())
    await asyncio.sleep(0)
    assert not resting.done()
    go_on.set()
    await resting
    assert [one for one in world.trace if one[0] == "done"] == [("done", 0)]

    world.committed_offset = 1
    world.rebalance()
    more.set()
    await work
    assert [one for one in world.trace if one[0] == "done"] == [("done", 0), ("done", 1)]


async def test_what_waits_for_its_turn_to_be_worked_on_is_not_begun() -> None:
    """Another partition's chunk is under way too, but nobody works on it yet: the group would wait for all of them."""
    world, begun, go_on = World(), asyncio.Event(), asyncio.Event()

    async def step(part: Chunk) -> Effects:
        world.note("step", part.partition)
        begun.set()
        await go_on.wait()
        return Effects()

    loop, _ = make_loop(world)
    work = asyncio.ensure_future(loop.agent("intake", step)(cast(Any, FakeStream([chunk(0), chunk(0, partition=1)]))))
    await begun.wait()
    resting = asyncio.ensure_future(loop.rest())
    await asyncio.sleep(0)
    go_on.set()
    await resting
    await work
    assert [one for one in world.trace if one[0] == "step"] == [("step", 0)]


async def test_nothing_under_way_is_no_wait() -> None:
    """A worker that has only just begun, or waits for events."""
    loop, _ = make_loop(World())
    await loop.rest()


async def test_the_group_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes longer is dropped as ever, when the generation is over."""
    monkeypatch.setattr(exact_loop, "REST_FOR", 0.01)
    world, begun = World(), asyncio.Event()

    async def step(_: Chunk) -> Effects:
        begun.set()
        await asyncio.Event().wait()
        return Effects()

    loop, _ = make_loop(world)
    work = asyncio.ensure_future(loop.agent("intake", step)(cast(Any, FakeStream([chunk(0)]))))
    await begun.wait()
    await loop.rest()
    assert not work.done()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
