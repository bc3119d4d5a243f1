"""A step works for a while, gives way, and ends with what is done; the loop asks it for the rest."""

import pytest

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects
from agents.exact.pace import Pace
from tests.agents.exact.fakes import PARTITION, World, chunk, make_loop


@pytest.mark.parametrize(("after", "over"), [(0.99, False), (1.0, False), (1.01, True)])
async def test_it_is_time_after_a_second_of_work(
    monkeypatch: pytest.MonkeyPatch,
    after: float,
    over: bool,  # noqa: FBT001 -- parametrised
) -> None:
    """A second is not yet over at exactly a second."""
    now = [0.0]
    monkeypatch.setattr("agents.exact.pace.time.monotonic", lambda: now[0])
    own = Pace()
    now[0] = after
    assert await own.is_time() is over


async def test_a_chunk_done_in_parts_is_committed_part_by_part() -> None:
    """Each part is counted before the next is asked for, up to its last record and no further; none is left out."""
    world = World()
    loop, _ = make_loop(world)
    await loop.outbox.open()
    parts: list[tuple[list[int], int | None]] = []

    async def step(rest: Chunk) -> Effects:
        parts.append(([record.offset for record in rest.records], loop.fence.committable(PARTITION, 1)))
        return Effects(taken=min(2, len(rest.records)))

    assert await loop.take(chunk(0, 1, 2, 3, 4), step)
    assert parts == [([0, 1, 2, 3, 4], 0), ([2, 3, 4], 2), ([4], 4)]
    assert loop.fence.committable(PARTITION, 1) == 5


async def test_a_generation_that_ends_between_parts_keeps_the_first_and_drops_the_rest() -> None:
    """What was counted stays counted for its generation; the rest is another worker's to take."""
    world = World()
    loop, _ = make_loop(world)
    await loop.outbox.open()
    asked: list[int] = []

    async def step(rest: Chunk) -> Effects:
        asked.append(rest.first)
        if len(asked) > 1:
            world.rebalance()
        return Effects(taken=1)

    assert not await loop.take(chunk(0, 1, 2), step)
    assert asked == [0, 1]
    assert loop.fence.committable(PARTITION, 1) == 1
