"""The loop, by its whole trace: the order of the effects is the guarantee."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from faust.types import TP

from agents.exact.chunks import Chunk
from agents.exact.exits import Exit
from agents.exact.loop import MOST_DROPS, SEEK_AGAIN_AFTER, Effects, ExactLoop, Put, Step
from agents.exact.outbox import Send
from tests.agents.exact.fakes import PARTITION, FakeProducer, FakeStream, FakeTable, Left, World, chunk, make_loop


def _step(world: World) -> Step:
    """Return a step with one state record and one output a chunk, named after the chunk's first offset."""
    table = FakeTable(world)

    async def step(chunk: Chunk) -> Effects:
        world.note("work", chunk.first)
        name = str(chunk.first).encode()
        return Effects(
            (Put(table, name, name, 7),), (Send("out", name, name, 7),), lambda: world.note("say", chunk.first)
        )

    return step


async def _open(world: World) -> tuple[ExactLoop, FakeProducer]:
    loop, producer = make_loop(world)
    await loop.outbox.open()
    world.trace.clear()
    return loop, producer


DONE = [
    ("check pause",),
    ("ask committed", PARTITION),
    ("work", 0),
    ("check pause",),
    ("send changelog", b"0"),
    ("acknowledge changelog",),
    ("put", b"0"),
    ("reached", 0, 0),
    ("send out", b"0"),
    ("acknowledge out",),
    ("wake commits",),
    ("say", 0),
]
"""The whole trace of the first chunk of a generation."""


async def test_a_chunk_is_done_when_state_then_outputs_are_acknowledged() -> None:
    """State is sent, acknowledged and stored before any output is sent; outputs are acknowledged before it is done."""
    world = World()
    loop, _ = await _open(world)

    assert await loop.take(chunk(0, 1), _step(world))

    assert world.trace == DONE
    assert loop.fence.committable(PARTITION, 1) == 2


async def test_the_broker_is_asked_once_a_generation() -> None:
    """The second chunk continues the first; a repeat is worked through again, and moves nothing back."""
    world = World()
    loop, _ = await _open(world)
    assert await loop.take(chunk(0, 1), _step(world))
    assert await loop.take(chunk(2), _step(world))
    assert await loop.take(chunk(1), _step(world))

    assert world.steps().count("ask committed") == 1
    assert loop.fence.committable(PARTITION, 1) == 3


async def test_a_chunk_ahead_sends_the_consumer_back() -> None:
    """Records 0 and 1 are missing: nothing is worked on, stored, sent or counted; reading goes on at 0."""
    world = World()
    loop, _ = await _open(world)

    assert not await loop.take(chunk(2, 3), _step(world))

    assert world.trace == [
        ("check pause",),
        ("ask committed", PARTITION),
        ("ask log", 0),
        ("count seek",),
        ("seek", 0),
    ]
    assert loop.fence.committable(PARTITION, 1) == 0


@pytest.mark.parametrize(("later", "seeks"), [(-0.01, 1), (0.0, 1), (0.01, 2)])
async def test_a_seek_is_repeated_only_after_a_while(later: float, seeks: int) -> None:
    """Just before, exactly at, just after the pause: what was in the buffer comes first, and asks for no other seek."""
    world = World(now=1.0)
    loop, _ = await _open(world)
    await loop.take(chunk(2), _step(world))
    world.now += SEEK_AGAIN_AFTER + later
    await loop.take(chunk(3), _step(world))
    assert world.steps().count("seek") == seeks


async def test_the_first_seek_waits_for_nothing() -> None:
    """On a machine that has just started the clock says 0."""
    world = World(now=0.0)
    loop, _ = await _open(world)
    await loop.take(chunk(2), _step(world))
    assert world.steps().count("seek") == 1


async def test_after_the_way_back_the_missing_come_first() -> None:
    """Once the consumer is where it should be, everything is taken, in order, once."""
    world = World()
    loop, producer = await _open(world)
    for offsets in ((2, 3), (0, 1), (2, 3)):
        await loop.take(chunk(*offsets), _step(world))
    assert producer.logs["out", 0] == [(b"0", b"0", 7), (b"2", b"2", 7)]
    assert loop.fence.committable(PARTITION, 1) == 4


async def test_what_comes_again_after_a_way_back_is_taken_once() -> None:
    """The buffer's chunks come first; of what is read again only what was not done is: not all, a part, nothing."""
    world = World()
    loop, _ = await _open(world)
    taken: list[list[int]] = []

    async def step(part: Chunk) -> Effects:
        taken.append([record.offset for record in part.records])
        return Effects()

    assert await loop.take(chunk(0, 1), step)
    await loop.send_back(PARTITION, 2)  # a nudge: nothing was lost
    done = [await loop.take(chunk(*offsets), step) for offsets in ((2, 3), (2, 3), (3, 4), (5,))]

    assert taken == [[0, 1], [2, 3], [4], [5]]
    assert done == [True, False, True, True]
    assert loop.fence.committable(PARTITION, 1) == 6


@pytest.mark.parametrize(
    ("log", "offsets"),
    [
        pytest.param({3, 4}, (3, 4), id="before the chunk"),
        pytest.param({0, 1, 4}, (0, 1, 4), id="inside the chunk"),
        pytest.param({2, 5}, (2, 5), id="both"),
    ],
)
async def test_a_hole_that_the_broker_confirms_is_crossed(log: set[int], offsets: tuple[int, ...]) -> None:
    """Compaction, a transaction's marker, or retention: there is nothing in between, so nothing is missing."""
    world = World(log=log)
    loop, _ = await _open(world)
    assert await loop.take(chunk(*offsets), _step(world))
    assert "seek" not in world.steps()
    assert loop.fence.committable(PARTITION, 1) == max(log) + 1


async def test_a_hole_inside_a_chunk_that_the_broker_does_not_know_is_no_hole() -> None:
    """Record 2 exists, and the chunk does not have it: back to the beginning of the chunk."""
    world = World()
    loop, _ = await _open(world)
    assert not await loop.take(chunk(0, 1, 3), _step(world))
    assert world.trace[-3:] == [("ask log", 2), ("count seek",), ("seek", 0)]


async def test_a_partition_that_is_not_ours_is_left_alone() -> None:
    """A chunk that was under way when its partition went to another worker is that worker's to take."""
    world = World(committed_offset=None)
    loop, _ = await _open(world)
    assert not await loop.take(chunk(0), _step(world))
    assert world.steps() == ["check pause", "ask committed"]
    assert loop.fence.committable(PARTITION, 1) is None


AWAITED = ("ask committed", "ask log", "work", "send changelog", "acknowledge changelog", "put", "send out")
"""Every place where other things may happen while a chunk is under way."""


@pytest.mark.parametrize("place", [*AWAITED, "acknowledge out"])
async def test_a_generation_that_ends_on_the_way_counts_nothing(place: str) -> None:
    """Wherever the rebalance happens: not done, not committable, nothing said, no seek, no effect of a later kind."""
    world = World(log={3, 4})
    loop, _ = await _open(world)
    world.at(place, world.rebalance)

    assert not await loop.take(chunk(3, 4), _step(world))

    assert loop.fence.committable(PARTITION, 1) is None or loop.fence.committable(PARTITION, 1) == 0
    assert loop.fence.committable(PARTITION, 2) is None
    assert not {"wake commits", "say", "seek"} & set(world.steps())
    if place in ("ask committed", "ask log", "work"):
        assert not {"put", "send changelog", "send out"} & set(world.steps())
    if place in ("send changelog", "acknowledge changelog"):
        assert not {"put", "reached", "send out"} & set(world.steps()), "the store is closed, or another's to fill"


async def test_a_generation_that_ends_while_the_broker_is_asked_seeks_nowhere() -> None:
    """The log says that records are missing, and by then the group has moved on: its new offset is not ours to set."""
    world = World()
    loop, _ = await _open(world)
    world.at("ask log", world.rebalance)
    assert not await loop.take(chunk(5), _step(world))
    assert "seek" not in world.steps()


async def test_an_answer_that_comes_too_late_is_no_beginning() -> None:
    """While the broker answered, another agent entered the next generation: there the broker is asked again."""
    world = World()
    loop, _ = await _open(world)

    def move_on() -> None:
        world.rebalance()
        loop.fence.enter(world.generation_id)

    world.at("ask committed", move_on)
    assert not await loop.take(chunk(0), _step(world))
    assert loop.fence.expected(PARTITION) is None


async def test_a_new_generation_asks_the_broker_again() -> None:
    """What another worker committed in between is where we go on; what we knew is forgotten."""
    world = World()
    loop, _ = await _open(world)
    await loop.take(chunk(0, 1), _step(world))
    world.rebalance()
    world.committed_offset = 5
    assert not await loop.take(chunk(7), _step(world))
    assert world.trace[-1] == ("seek", 5)
    assert await loop.take(chunk(5, 6, 7), _step(world))
    assert loop.fence.committable(PARTITION, 2) == 8


async def test_partitions_are_counted_apart() -> None:
    """Each has its own sequence, and its own committed offset."""
    world = World()
    loop, _ = await _open(world)
    await loop.take(chunk(0, 1), _step(world))
    await loop.take(chunk(0, partition=1), _step(world))
    assert [loop.fence.committable(TP("raw", each), 1) for each in (0, 1, 2)] == [2, 1, None]


@pytest.mark.parametrize(("drops", "leaves"), [(MOST_DROPS - 1, False), (MOST_DROPS, False), (MOST_DROPS + 1, True)])
async def test_out_of_sequence_for_too_long_is_an_exit(drops: int, leaves: bool) -> None:  # noqa: FBT001 -- parametrised
    """Just under, exactly at, just over the limit: a seek that did not help will not help."""
    world = World()
    loop, _ = await _open(world)

    async def take() -> None:
        for _ in range(drops):
            await loop.take(chunk(9), _step(world))

    if leaves:
        with pytest.raises(Left) as left:
            await take()
        assert left.value.code is Exit.OUT_OF_SEQUENCE
        assert left.value.why == "raw-0: got 9 where 0 should come"
    else:
        await take()


async def test_drops_are_counted_by_generation() -> None:
    """A rebalance is a new beginning for the limit too."""
    world = World()
    loop, _ = await _open(world)
    for _ in range(3):
        for _ in range(MOST_DROPS):
            await loop.take(chunk(9), _step(world))
        world.rebalance()
    assert "leave" not in world.steps()


class Unlucky(Exception):
    """Something that nobody expected."""


def _raise() -> None:
    raise Unlucky("a customer's words")


def _agent(world: World, chunks: list[Chunk], step: Callable[[World], Step] = _step) -> Any:  # noqa: ANN401
    loop, producer = make_loop(world)
    return loop.agent("intake", step(world))(cast(Any, FakeStream(chunks))), loop, producer


async def test_an_agent_opens_then_takes_chunk_after_chunk() -> None:
    """Each chunk that is done is told of with the agent's name and its number of records."""
    world = World()
    work, loop, _ = _agent(world, [chunk(0, 1), chunk(5), chunk(2)])
    await work
    assert world.trace[0] == ("open",)
    assert [each for each in world.trace if each[0] == "took"] == [
        ("took", "intake", 2, 0.0),
        ("took", "intake", 1, 0.0),
    ]
    assert loop.fence.committable(PARTITION, 1) == 3


@pytest.mark.parametrize("place", ["open", *AWAITED, "seek", "reached", "acknowledge out", "wake commits", "say"])
async def test_an_exception_anywhere_is_an_exit_and_never_a_skipped_event(place: str) -> None:
    """The worker leaves once, says where and nothing of the data, and takes no chunk after the one that failed."""
    log = {3, 4, 5} if place != "seek" else set(range(9))
    world = World(log=log)
    work, loop, _ = _agent(world, [chunk(3, 4), chunk(5)])
    world.at(place, _raise)

    with pytest.raises(Left) as left:
        await work

    assert left.value.code is Exit.UNEXPECTED
    assert left.value.why.startswith("Unlucky in _raise (test_loop.py:")
    assert "words" not in left.value.why
    assert world.steps().count("leave") == 1
    assert ("work", 5) not in world.trace
    if place not in ("wake commits", "say"):  # by then the broker has everything
        assert loop.fence.committable(PARTITION, 1) in (None, 0)


async def test_a_batch_that_the_broker_refuses_is_an_exit() -> None:
    """State refused: no output goes out. Output refused: not done."""
    for refused, steps in ((0, {"send changelog"}), (1, {"send changelog", "put", "reached", "send out"})):
        world = World()
        work, loop, producer = _agent(world, [chunk(0)])
        producer.refused[refused] = Unlucky()
        with pytest.raises(Left):
            await work
        assert {"put", "send changelog", "reached", "send out"} & set(world.steps()) == steps
        assert loop.fence.committable(PARTITION, 1) == 0


async def test_state_with_strangers_in_between_moves_no_restore_point() -> None:
    """Two batches with somebody else's record between them: what that record says is not in our store."""
    world = World()
    loop, producer = await _open(world)
    producer.room = 1
    table = FakeTable(world)
    world.at("acknowledge changelog", lambda: producer.logs["changelog", 0].append((b"?", b"?", 0)))

    async def step(_: Chunk) -> Effects:
        return Effects(tuple(Put(table, key, key, 0) for key in (b"a", b"b")))

    assert await loop.take(chunk(0), step)
    assert [value for _, value, _ in producer.logs["changelog", 0]] == [b"a", b"?", b"b", b"?"]
    assert "reached" not in world.steps()


async def test_work_without_effects_is_done_too() -> None:
    """A chunk that nothing follows from counts as taken, else it would come again for ever."""
    world = World()
    loop, _ = await _open(world)

    async def step(_: Chunk) -> Effects:
        return Effects()

    assert await loop.take(chunk(0, 1, 2), step)
    assert loop.fence.committable(PARTITION, 1) == 3


async def test_what_an_erasure_deletes_goes_when_its_outputs_are_out() -> None:
    """Output first, acknowledged; then the row, here and on the changelog, without a value; then it is done."""
    world = World()
    loop, _ = await _open(world)
    table = FakeTable(world)

    async def step(_: Chunk) -> Effects:
        return Effects(sends=(Send("out", b"k", None, 7),), last=(Put(table, b"k", None, 7),))

    assert await loop.take(chunk(0), step)
    assert world.trace[2:] == [
        ("check pause",),
        ("send out", None),
        ("acknowledge out",),
        ("send changelog", None),
        ("acknowledge changelog",),
        ("put", None),
        ("reached", 0, 0),
        ("wake commits",),
    ]


async def test_what_may_not_be_done_again_later_is_committed_before_the_next_is_done() -> None:
    """And what was before it is committed before anything of it is said; of a chunk in parts too."""
    world = World()
    loop, _ = await _open(world)

    async def step(part: Chunk) -> Effects:
        world.note("step", part.first)
        return Effects(sends=(Send("out", b"k", b"v", 7),), taken=1, apart=part.first == 1)

    assert await loop.take(chunk(0, 1, 2), step)
    wanted = ["step", "send out", "step", "commit now", "send out", "commit now", "step", "send out"]
    assert [name for name in world.steps() if name in wanted] == wanted


async def test_a_generation_that_ends_before_the_deletion_deletes_nothing() -> None:
    """The erasure comes again to whoever has the partition, and finds all rows."""
    world = World()
    loop, _ = await _open(world)
    world.at("acknowledge out", world.rebalance)

    async def step(_: Chunk) -> Effects:
        return Effects(sends=(Send("out", b"k", None, 7),), last=(Put(FakeTable(world), b"k", None, 7),))

    assert not await loop.take(chunk(0), step)
    assert "put" not in world.steps()
