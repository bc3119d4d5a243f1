"""Partitions take turns when records are fetched, over a stub of Faust's thread."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.readback import Readback
from agents.exact.turns import SHARE, fair_thread
from tests.agents.exact.fakes import FakeRecord, fetching

RAW = frozenset({"raw"})
TPS = [TP("raw", 0), TP("raw", 1), TP("changelog", 0)]
MOST = 2000


class Fetched:
    """Faust's thread, with what its client has fetched of each partition; an error may be in the place of records."""

    def __init__(self, here: dict[TP, Any]) -> None:
        """Take what is here."""
        self.here = here
        self.client = fetching(here)
        self.waited: list[float | None] = []
        self.committed: list[dict[TP, int]] = []

    def assignment(self) -> set[TP]:
        """Return what is here."""
        return set(self.here)

    async def _commit(self, offsets: dict[TP, int]) -> bool:
        """Write it down."""
        self.committed.append(offsets)
        return True

    async def _fetch_records(
        self,
        consumer: object,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 -- Faust's own signature
        max_records: int | None = None,
    ) -> dict[TP, list[int]]:
        """Hand out one partition after the other, as much as there is, as aiokafka does."""
        del consumer
        self.waited.append(timeout)
        found: dict[TP, list[int]] = {}
        left = max_records or MOST
        for tp in [tp for tp in self.here if tp in active_partitions]:
            if isinstance(self.here[tp], Exception):
                if found:
                    return found
                raise self.here.pop(tp)
            if left and self.here[tp]:
                found[tp], self.here[tp] = self.here[tp][:left], self.here[tp][left:]
                left -= len(found[tp])
        return found


@pytest.fixture
def thread(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 -- our class, over a stub of Faust's
    """Return how to make our thread over the stub."""
    monkeypatch.setattr(driver, "AIOKafkaConsumerThread", Fetched)
    return fair_thread(RAW, Readback(1))


def test_faust_has_the_method_that_we_replace() -> None:
    """An upgrade of Faust that changes it must not pass in silence: read what calls it, then run the fault storms."""
    found = str(inspect.signature(driver.AIOKafkaConsumerThread._fetch_records)).replace("typing.", "")
    assert found == (
        "(self, consumer: aiokafka.consumer.consumer.AIOKafkaConsumer, active_partitions: Set[faust.types.tuples.TP], "
        "timeout: Optional[float] = None, max_records: Optional[int] = None) -> "
        "Mapping[faust.types.tuples.TP, List[Any]]"
    )


def test_the_client_has_what_we_look_at() -> None:
    """What was fetched and not handed out yet, by partition."""
    assert "in list(self._records.keys())" in inspect.getsource(Fetcher.fetched_records)


@given(sizes=st.lists(st.integers(0, 3 * SHARE), min_size=3, max_size=3))
async def test_everything_comes_in_order_and_no_partition_comes_alone(sizes: list[int]) -> None:
    """Each poll brings at most a share of each partition, and something of each that has something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "AIOKafkaConsumerThread", Fetched)
        ours: Any = fair_thread(RAW, Readback(1))
        raw = {tp: list(range(size)) for tp, size in zip(TPS[:2], sizes, strict=False)}
        here = ours({tp: list(records) for tp, records in raw.items()})
        got: dict[TP, list[int]] = {tp: [] for tp in raw}
        while any(here.here.values()):
            waiting = {tp for tp, records in here.here.items() if records}
            found = await here._fetch_records(here.client, set(TPS), 1.0, MOST)
            assert set(found) == waiting
            for tp, records in found.items():
                assert len(records) <= SHARE
                got[tp] += records
    assert got == raw


@pytest.mark.parametrize(
    ("offsets", "asked", "done"),
    [
        ({TPS[0]: 3}, [{TPS[0]: 3}], True),
        ({TPS[0]: 3, TPS[1]: 4}, [{TPS[0]: 3, TPS[1]: 4}], True),
        ({TPS[1]: 4}, [], False),
    ],
)
async def test_what_a_rebalance_took_is_not_committed(
    thread: Callable[[dict[TP, Any]], Any],
    offsets: dict[TP, int],
    asked: list[dict[TP, int]],
    done: bool,  # noqa: FBT001 -- parametrised
) -> None:
    """Some of it, Faust leaves out itself; where nothing is left, it would crash."""
    here = thread({TPS[0]: []})
    assert await here._commit(offsets) is done
    assert here.committed == asked


async def test_changelogs_come_as_they_did(thread: Callable[[dict[TP, Any]], Any]) -> None:
    """While tables are restored nothing else is read, and it is read as fast as it comes."""
    records = [FakeRecord(offset=offset) for offset in range(5000)]
    here = thread({TPS[2]: records})
    assert await here._fetch_records(here.client, {TPS[2]}, 1.0, MOST) == {TPS[2]: records[:MOST]}


async def test_it_waits_only_when_there_is_nothing(thread: Callable[[dict[TP, Any]], Any]) -> None:
    """The looks at single partitions do not wait, and where nothing came nobody looks."""
    here = thread({TPS[0]: [1]})
    assert await here._fetch_records(here.client, set(TPS), 1.0, MOST) == {TPS[0]: [1]}
    assert here.waited == [0]
    here.here.clear()
    assert await here._fetch_records(here.client, set(TPS), 1.0, MOST) == {}
    assert here.waited[1:] == [1.0]


@pytest.mark.parametrize("records", [{}, {TPS[0]: [1, 2]}, {TPS[1]: [3]}])
async def test_an_error_loses_nothing(thread: Callable[[dict[TP, Any]], Any], records: dict[TP, list[int]]) -> None:
    """What was taken before it is handed on; where there is nothing, it is raised."""
    broken = TPS[1] if TPS[0] in records else TPS[0]
    here = thread({**records, broken: KafkaConnectionError()})
    got: dict[TP, list[int]] = {}
    errors = 0
    for _ in range(3):
        try:
            got |= await here._fetch_records(here.client, set(TPS), 1.0, MOST)
        except KafkaConnectionError:
            errors += 1
    assert got == records
    assert errors <= 1


async def test_partitions_may_be_paused_while_others_are_looked_at(thread: Callable[[dict[TP, Any]], Any]) -> None:
    """The set of active partitions belongs to another thread."""
    active = set(TPS)

    class Pausing(dict[TP, Any]):
        def __iter__(self) -> Any:  # noqa: ANN401 -- an iterator
            active.discard(TPS[1])
            return super().__iter__()

    here = thread(Pausing({TPS[0]: [1], TPS[1]: [2]}))
    assert TPS[0] in await here._fetch_records(here.client, active, 1.0, MOST)
