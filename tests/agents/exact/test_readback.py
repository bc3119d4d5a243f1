"""What is read back continues what is here, whatever is dropped, fetched too early, or compacted away."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.readback import Readback
from agents.exact.turns import fair_thread
from tests.agents.exact.fakes import fetching

LOG, OTHER = TP("changelog", 0), TP("changelog", 1)
SEEK, FETCH, DROP = st.tuples(st.just("seek"), st.integers(0, 30)), st.just(("fetch", 0)), st.just(("drop", 0))
FETCHES = st.tuples(st.just("fetch"), st.integers(1, 6))


def _records(*offsets: int) -> list[Any]:
    return [SimpleNamespace(offset=offset) for offset in offsets]


@given(
    log=st.sets(st.integers(0, 30)).map(sorted),
    acts=st.lists(SEEK | FETCHES | DROP, max_size=12),
    taken=st.integers(-1, 10),
    size=st.integers(1, 4),
)
def test_a_record_follows_just_where_the_log_has_nothing_in_between(
    log: list[int], acts: list[tuple[str, int]], taken: int, size: int
) -> None:
    """Whoever takes only what follows has, of the log, everything up to where they are, from where they began."""
    readback, at, here, waiting = Readback(size), 0, taken, list[list[Any]]()
    readback.sought({LOG: 0})
    for act, number in acts:
        if act == "seek":
            at = number
            readback.sought({LOG: at})
        elif act == "drop":
            waiting.clear()
        else:
            found = _records(*[offset for offset in log if offset >= at][:number])
            readback.fetched({LOG: found})
            at = found[-1].offset + 1 if found else at
            waiting += [found[begin : begin + size] for begin in range(0, len(found), size)]
        while waiting and act == "fetch":
            chunk = waiting.pop(0)
            first = chunk[0].offset
            missing = [other for other in log if here < other < first]
            if first <= here or readback.follows(LOG, first, here):
                assert not missing
                here = max(here, chunk[-1].offset)
            else:
                assert missing or first > here + 1


def test_what_was_compacted_away_is_no_hole() -> None:
    """One who reads on from where they are takes every record, whatever offsets are gone."""
    readback = Readback(1)
    readback.sought({LOG: 3})
    readback.fetched({LOG: _records(7, 8, 20)})
    readback.fetched({LOG: _records(31)})
    for here, offset in ((2, 7), (7, 8), (8, 20), (20, 31)):
        assert readback.follows(LOG, offset, here)


def test_what_was_dropped_on_the_way_is_a_hole() -> None:
    """Records 3 and 4 were fetched and never came; so was the batch before 7."""
    readback = Readback(1)
    readback.sought({LOG: 3})
    readback.fetched({LOG: _records(3, 4, 5)})
    assert not readback.follows(LOG, 5, 2)
    readback.fetched({LOG: _records(7)})
    assert not readback.follows(LOG, 7, 4)
    assert not readback.follows(LOG, 8, 6)


def test_what_was_fetched_before_a_seek_is_a_hole() -> None:
    """The reader was sent back to 3, and a record from further on comes first."""
    readback = Readback(1)
    readback.sought({LOG: 90})
    readback.fetched({LOG: _records(95)})
    readback.sought({LOG: 3, OTHER: 95})
    assert not readback.follows(LOG, 95, 2)


@pytest.mark.parametrize(("sought", "follows"), [(4, True), (5, False), (6, False)])
def test_what_the_log_deleted_is_no_hole(sought: int, follows: bool) -> None:  # noqa: FBT001 -- parametrised
    """Just before, at, just behind the log's beginning: Faust goes one before it, where nothing is left."""
    readback = Readback(1)
    readback.begins({LOG: 5})
    readback.sought({LOG: sought})
    readback.fetched({LOG: _records(6)})
    assert readback.follows(LOG, 6, -1) is follows


async def test_chunked_topics_are_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have a fence of their own; here their gaps would pile up."""

    class Thread:
        async def _fetch_records(self, _client: object, _active: object, timeout: float, max_records: int) -> Any:  # noqa: ANN401, ASYNC109 -- Faust's own
            return {LOG: _records(7)} if timeout and max_records else {}

    monkeypatch.setattr(driver, "AIOKafkaConsumerThread", Thread)
    readback = Readback(1)
    make: Any = fair_thread(frozenset({"changelog"}), readback)
    readback.sought({LOG: 3})
    assert await make()._fetch_records(fetching({}), {LOG}, 1.0, 9)
    assert not readback.follows(LOG, 7, 2)


async def test_the_thread_notes_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeks, fetches and beginnings come to the readback in the order in which the client does them."""
    noted: list[Any] = []

    class Thread:
        async def _fetch_records(self, *_: object) -> dict[TP, list[int]]:
            return {LOG: [1]}

        async def earliest_offsets(self, *_: TP) -> dict[TP, int]:
            return {LOG: 2}

        async def _seek_wait(self, _: object, partitions: dict[TP, int]) -> None:
            noted.append(("client", partitions))

    class Notes(Readback):
        begins = fetched = sought = staticmethod(noted.append)  # type: ignore[assignment]

    monkeypatch.setattr(driver, "AIOKafkaConsumerThread", Thread)
    make: Callable[[], Any] = fair_thread(frozenset(), Notes(1))
    thread = make()
    assert await thread.earliest_offsets(LOG) == {LOG: 2}
    await thread._seek_wait(None, {LOG: 3})
    assert await thread._fetch_records(fetching({}), {LOG}, 1.0, 9) == {LOG: [1]}
    assert noted == [{LOG: 2}, {LOG: 3}, ("client", {LOG: 3}), {LOG: [1]}]


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("_commit", "(self, offsets: Mapping["),
        ("_seek_wait", "(self, consumer: aiokafka.consumer.consumer.AIOKafkaConsumer, partitions: Mapping["),
        ("earliest_offsets", "(self, *partitions: faust.types.tuples.TP) -> Mapping["),
    ],
)
def test_faust_has_the_methods_that_we_stand_before(method: str, signature: str) -> None:
    """An upgrade of Faust that goes another way must not pass in silence."""
    found = str(inspect.signature(getattr(driver.AIOKafkaConsumerThread, method))).replace("typing.", "")
    assert found.startswith(signature)
