"""The scheduler: many records of one partition as one message, and none of them lost on the way."""

from dataclasses import dataclass
from itertools import groupby, pairwise

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.chunks import ChunkSchema, chunk_scheduler
from tests.agents.exact.fakes import FakeRecord, chunk

TPS = st.builds(TP, st.sampled_from(("raw", "touchpoints", "changelog")), st.integers(0, 2))
FETCHES = st.dictionaries(TPS, st.integers(0, 9), max_size=6)


def _fetch(sizes: dict[TP, int]) -> dict[TP, list[FakeRecord]]:
    return {
        tp: [FakeRecord(tp.topic, tp.partition, 10 + i, key=b"k", value=b"%d" % i) for i in range(size)]
        for tp, size in sizes.items()
    }


@given(FETCHES, st.integers(1, 4))
def test_every_record_is_handed_over_once_and_in_order(sizes: dict[TP, int], most: int) -> None:
    """Whatever was fetched, of each partition exactly that comes out, in chunks of at most `size`."""
    fetched = _fetch(sizes)
    out: dict[TP, list[FakeRecord]] = {}
    for tp, message in chunk_scheduler(most)().iterate(dict(fetched)):
        assert 1 <= len(message.value) <= most
        assert (message.offset, message.key) == (message.value[-1].offset, None)
        out.setdefault(tp, []).extend(message.value)
    assert out == {tp: records for tp, records in fetched.items() if records}


@given(FETCHES, st.integers(1, 4))
def test_partitions_take_turns(sizes: dict[TP, int], most: int) -> None:
    """While two have chunks left, neither comes twice in a row, and the turns differ by one at most."""
    turns = [tp for tp, _ in chunk_scheduler(most)().iterate(dict(_fetch(sizes)))]
    left = {tp: turns.count(tp) for tp in turns}
    had = dict.fromkeys(left, 0)
    for tp in turns:
        had[tp] += 1
        waiting = [had[each] for each in left if had[each] < left[each]]
        assert all(had[tp] - count <= 1 for count in waiting)


@given(st.lists(st.integers(0, 40), min_size=1, unique=True).map(sorted))
def test_a_chunk_knows_its_holes(offsets: list[int]) -> None:
    """First, end and holes together cover exactly the span of the chunk."""
    one = chunk(*offsets)
    missing = {offset for first, after in one.holes() for offset in range(first, after)}
    assert (one.first, one.end) == (offsets[0], offsets[-1] + 1)
    assert missing == set(range(one.first, one.end)) - set(offsets)
    runs = [list(run) for _, run in groupby(offsets, key=lambda o: o - offsets.index(o))]
    assert [(a[-1] + 1, b[0]) for a, b in pairwise(runs)] == list(one.holes())


def test_the_schema_hands_the_list_through() -> None:
    """What Faust would decode is ours to decode; a chunk has many keys, so it has none."""

    @dataclass
    class Message:
        value: list[int]

    schema, message = ChunkSchema(), Message([1, 2])
    assert schema.loads_value(None, message, loads=None, serializer="json") is message.value
    schema.loads_key(None, message, loads=None, serializer="json")
