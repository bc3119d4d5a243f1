"""Gathering: what waits is taken in order, once, and only what continues is made one chunk."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.gathering import Arrived, Gathering
from tests.agents.exact.fakes import chunk

SIZE = 5
ARRIVING = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.integers(1, SIZE), st.integers(1, 2), st.booleans()),
    max_size=30,
)
"""Topic, first offset (some continue, some go back, some leave a hole), records, generation; take one then or not."""


@given(ARRIVING)
def test_each_topic_comes_out_as_it_arrived(arriving: list[tuple[str, int, int, int, bool]]) -> None:
    """Whatever arrives, and whenever something is taken: every record once, in order, by chunks that have no hole."""
    gathering, came, taken = Gathering(), list[Arrived](), list[Arrived]()
    for topic, first, count, generation, takes in arriving:
        came.append(Arrived(chunk(*range(first, first + count), topic=topic), generation))
        gathering.add(came[-1])
        if takes and (one := gathering.take(SIZE)):
            taken.append(one)
    while one := gathering.take(SIZE):
        taken.append(one)

    assert _by_topic(taken) == _by_topic(came)
    for one in taken:
        assert not list(one.chunk.holes())
        assert all(record.offset < after.offset for record, after in pairwise(one.chunk.records))
        assert len(one.chunk.records) <= SIZE


def _by_topic(arrived: list[Arrived]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for one in arrived:
        found.setdefault(one.chunk.topic, []).extend((record.offset, one.generation) for record in one.chunk.records)
    return found


@pytest.mark.parametrize(
    ("first", "generation", "chunks"),
    [
        pytest.param(2, 1, [3], id="it continues"),
        pytest.param(1, 1, [2, 1], id="it was sent back"),
        pytest.param(0, 1, [2, 1], id="it was sent back to the beginning"),
        pytest.param(3, 1, [2, 1], id="a hole before it"),
        pytest.param(2, 2, [2, 1], id="another generation's"),
    ],
)
def test_only_what_continues_is_gathered(first: int, generation: int, chunks: list[int]) -> None:
    """What does not is the next chunk, as it is: the fence judges it."""
    gathering = Gathering()
    gathering.add(Arrived(chunk(0, 1), 1))
    gathering.add(Arrived(chunk(first), generation))
    assert [len(one.chunk.records) for one in _all(gathering)] == chunks


@pytest.mark.parametrize(("more", "chunks"), [(2, [4]), (3, [5]), (4, [2, 4])])
def test_a_chunk_grows_to_its_size(more: int, chunks: list[int]) -> None:
    """Just within, exactly at, just beyond: one that came is never cut."""
    gathering = Gathering()
    gathering.add(Arrived(chunk(0, 1), 1))
    gathering.add(Arrived(chunk(*range(2, 2 + more)), 1))
    assert [len(one.chunk.records) for one in _all(gathering)] == chunks


def test_topics_take_turns() -> None:
    """One that has much waiting does not keep the others from their turn."""
    gathering = Gathering()
    for topic, first in (("a", 0), ("a", 9), ("b", 0), ("a", 19), ("b", 9)):
        gathering.add(Arrived(chunk(first, topic=topic), 1))
    assert [one.chunk.topic for one in _all(gathering)] == ["a", "b", "a", "b", "a"]


def _all(gathering: Gathering) -> list[Arrived]:
    return list(iter(lambda: gathering.take(SIZE), None))
