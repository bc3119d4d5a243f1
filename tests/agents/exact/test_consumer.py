"""What we replace of Faust's consumer: its shape is pinned, and what takes its place does what Rule 2 says."""

import asyncio
import inspect
from collections import Counter, defaultdict
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from agents.exact.consumer import exact_transport
from agents.exact.exits import Exit
from agents.exact.fence import Fence
from agents.exact.readback import Readback
from tests.agents.exact.fakes import Left, World

OURS, THEIRS = TP("raw", 0), TP("changelog", 0)

PINNED = {
    "_new_offset": "(self, tp: faust.types.tuples.TP) -> Optional[int]",
    "_add_gap": "(self, tp: faust.types.tuples.TP, offset_from: int, offset_to: int) -> None",
    "_should_commit": "(self, tp: faust.types.tuples.TP, offset: int) -> bool",
    "verify_event_path": "(self, now: float, tp: faust.types.tuples.TP) -> None",
    "_commit": "(self, offsets: Mapping[faust.types.tuples.TP, int]) -> bool",
    "_commit_tps": "(self, tps: Iterable[faust.types.tuples.TP], start_new_transaction: bool) -> bool",
    "_filter_committable_offsets": "(self, tps: Iterable[faust.types.tuples.TP]) -> Dict[faust.types.tuples.TP, int]",
    "commit": (
        "(self, topics: Optional[AbstractSet[Union[str, faust.types.tuples.TP]]] = None, "
        "start_new_transaction: bool = True) -> bool"
    ),
    "on_partitions_revoked": "(self, revoked: Set[faust.types.tuples.TP]) -> None",
    "seek_to_committed": "(self) -> Mapping[faust.types.tuples.TP, int]",
    "seek": "(self, partition: faust.types.tuples.TP, offset: int) -> None",
}
"""Signatures in Faust 0.15.3: those that we override, those that call them, and those that we call."""

UPGRADED = (
    "Faust {version} has another Consumer.{name}. Before this pin moves, read in faust/transport/consumer.py: does "
    "_commit_tps still ask _filter_committable_offsets, and that _new_offset and _should_commit, for every partition "
    "in _acked? Is _commit still all that commits? Does _drain_messages still call _add_gap for jumps? Then run the "
    "fault storms."
)


@pytest.mark.parametrize("name", PINNED)
def test_faust_has_the_methods_that_we_replace(name: str) -> None:
    """An upgrade of Faust that changes them must not pass in silence."""
    found = str(inspect.signature(getattr(driver.Consumer, name))).replace("typing.", "")
    assert found == PINNED[name], UPGRADED.format(version=version("faust-streaming"), name=name)


@pytest.mark.parametrize("attribute", ["_acked", "_acked_index", "_committed_offset"])
def test_faust_keeps_its_accounts_where_we_look(attribute: str) -> None:
    """`_new_offset` empties two of them; the third is what Faust believes, right or wrong."""
    assert attribute in base.Consumer.__annotations__, UPGRADED.format(
        version=version("faust-streaming"), name="_acked"
    )


def test_only_commits_go_through_commit() -> None:
    """Faust calls `_commit` in one place, and asks for offsets in one."""
    source = inspect.getsource(base.Consumer)
    calls = Counter({call: source.count(f"self.{call}(") for call in ("_commit", "_new_offset", "_should_commit")})
    assert calls == {"_commit": 1, "_new_offset": 1, "_should_commit": 1}


class Parent:
    """Faust's consumer, as far as ours calls it."""

    commits: bool = True

    def __init__(self, world: World) -> None:
        """Take a world whose generation is the app's."""
        self.world = world
        self._acked: dict[TP, list[int]] = defaultdict(list)
        self._acked_index: dict[TP, set[int]] = defaultdict(set)
        self.places: dict[TP, int | None] = {}

    @property
    def app(self) -> SimpleNamespace:
        """The app, with the generation."""
        return SimpleNamespace(consumer_generation_id=self.world.generation_id)

    def _new_offset(self, tp: TP) -> int | None:
        self.world.note("faust's new offset", tp)
        return 42

    def _should_commit(self, tp: TP, offset: int) -> bool:
        self.world.note("faust's should commit", tp, offset)
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        self.world.note("faust's gap", tp, offset_from, offset_to)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        """Say where each partition is."""
        return self.places

    async def _commit(self, offsets: dict[TP, int]) -> bool:
        self.world.note("commit", dict(offsets))
        return self.commits

    async def commit(self, tps: set[TP]) -> bool:
        """Write it down."""
        self.world.note("commit now", tps)
        return self.commits

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget them, as Faust does."""
        self.world.note("revoked", revoked)
        for tp in revoked:
            self._acked.pop(tp, None)


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 -- our consumer, over a stub of Faust's
    """Return our consumer over the stub."""
    monkeypatch.setattr(driver, "Consumer", Parent)
    fence, world = Fence(), World()

    async def rest() -> None:
        await asyncio.sleep(0)
        world.note("rest")

    made: Any = exact_transport(fence, frozenset({"raw"}), lambda: world.note("check pause"), Readback(1), rest)
    one = made.Consumer(world)
    one.fence = fence
    fence.enter(1)
    fence.start(OURS, 3)
    fence.done(OURS, 7, 1)
    return one


def test_what_is_committable_is_what_the_fence_saw(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """Faust's acknowledgements are neither used nor kept: they would pile up."""
    consumer._acked[OURS] += [3, 4, 99]
    consumer._acked_index[OURS] |= {3, 4, 99}
    assert consumer._new_offset(OURS) == 7
    assert (consumer._acked[OURS], consumer._acked_index[OURS]) == ([], set())
    consumer.world.rebalance()
    assert consumer._new_offset(OURS) is None


async def test_other_topics_are_fausts(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """Changelogs are counted as Faust always did."""
    assert consumer._new_offset(THEIRS) == 42
    assert consumer._should_commit(THEIRS, 7) is False
    await consumer._add_gap(THEIRS, 1, 2)
    await consumer._add_gap(OURS, 1, 2)
    assert consumer.world.trace == [
        ("faust's new offset", THEIRS),
        ("faust's should commit", THEIRS, 7),
        ("faust's gap", THEIRS, 1, 2),
    ]


async def test_an_offset_is_committed_once(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """After a commit that succeeded there is nothing to commit until more is done."""
    assert consumer._should_commit(OURS, 7)
    assert await consumer._commit({OURS: 7})
    assert not consumer._should_commit(OURS, 7)
    assert consumer._should_commit(OURS, 8)
    assert consumer.world.trace == [("check pause",), ("commit", {OURS: 7})]


async def test_a_commit_that_failed_is_tried_again(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """Faust would remember it as done."""
    consumer.commits = False
    assert not await consumer._commit({OURS: 7})
    assert consumer._should_commit(OURS, 7)


async def test_nothing_is_committed_for_a_generation_that_took_nothing(consumer: Any) -> None:  # noqa: ANN401
    """What the fence knows is of another generation: the offsets are not this one's."""
    consumer.world.rebalance()
    assert not await consumer._commit({OURS: 7})
    assert consumer.world.steps() == ["check pause"]


async def test_a_commit_that_ends_in_another_generation_is_not_remembered(consumer: Any) -> None:  # noqa: ANN401
    """Between the question and the answer the group moved on."""

    def move_on() -> None:
        consumer.world.rebalance()
        consumer.fence.enter(2)

    consumer.world.at("commit", move_on)
    assert await consumer._commit({OURS: 7})
    assert not consumer.fence.is_committed(OURS, 7)


async def test_a_paused_process_commits_nothing(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """The pause is looked at before, not after."""
    consumer.world.at("check pause", lambda: consumer.world.leave(Exit.PAUSED, ""))
    with pytest.raises(Left):
        await consumer._commit({OURS: 7})
    assert "commit" not in consumer.world.steps()


async def test_where_nothing_is_committed_reading_begins_at_the_logs_start(consumer: Any) -> None:  # noqa: ANN401
    """The client leaves such a partition where it is, beyond records that were fetched and dropped in a rebalance."""
    sought: list[tuple[TP, ...]] = []

    async def seek_to_beginning(*partitions: TP) -> None:
        sought.append(partitions)

    consumer._thread = SimpleNamespace(seek_to_beginning=seek_to_beginning)
    other = TP("raw", 1)
    consumer.places = {OURS: 7, other: None, THEIRS: None}
    assert await consumer.seek_to_committed() == consumer.places
    assert sought == [(other,)]
    consumer.places = {OURS: 7}
    await consumer.seek_to_committed()
    assert len(sought) == 1


@pytest.mark.parametrize(("commits", "times"), [(True, 1), (False, 2)])
async def test_what_is_done_is_committed_before_it_goes(consumer: Any, *, commits: bool, times: int) -> None:  # noqa: ANN401
    """First what is under way, then the commit, a second one where the first was another's; of ours, and only then."""
    consumer.commits = commits
    consumer.wake_commits(OURS)
    consumer._acked[THEIRS] += [1]
    await consumer.on_partitions_revoked({OURS, THEIRS, TP("raw", 1)})
    assert consumer.world.steps() == ["rest", *["commit now"] * times, "revoked"]
    assert consumer.world.trace[1] == ("commit now", {OURS})


async def test_nothing_done_is_no_commit(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """A worker that has only just begun."""
    await consumer.on_partitions_revoked({OURS, THEIRS})
    assert consumer.world.steps() == ["rest", "revoked"]


@pytest.mark.parametrize("error", [KafkaConnectionError(), TimeoutError()])
async def test_partitions_go_whether_or_not_the_commit_was_heard(consumer: Any, error: Exception) -> None:  # noqa: ANN401
    """Then they are done again, as ever."""

    def fail() -> None:
        raise error

    consumer.wake_commits(OURS)
    consumer.world.at("commit now", fail)
    await consumer.on_partitions_revoked({OURS})
    assert consumer.world.steps()[-1] == "revoked"


def test_waking_makes_the_commit_loop_look(consumer: Any) -> None:  # noqa: ANN401 -- see the fixture
    """It visits the partitions in `_acked`; an empty entry is enough."""
    consumer.wake_commits(OURS)
    assert list(consumer._acked) == [OURS]


def test_the_transport_brings_our_consumer() -> None:
    """Faust makes the consumer from the transport's class attribute."""
    transport = exact_transport(Fence(), frozenset(), lambda: None, Readback(1), lambda: asyncio.sleep(0))
    assert issubclass(transport, driver.Transport)
    assert issubclass(transport.Consumer, driver.Consumer)
