"""The scheduler: many records of one partition as one message, and none of them lost on the way."""

from dataclasses import dataclass
from itertools import chain, groupby, pairwise

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.chunks import ChunkSchema, chunk_scheduler
from tests.agents.exact.fakes import FakeRecord, chunk

READERS = (frozenset({"raw.chat", "raw.phone"}), frozenset({"touchpoints"}))
TOPICS = ("raw.chat", "raw.phone", "touchpoints", "changelog")
TPS = st.builds(TP, st.sampled_from(TOPICS), st.integers(0, 2))
FETCHES = st.dictionaries(TPS, st.integers(0, 9), max_size=6)


def _fetch(sizes: dict[TP, int]) -> dict[TP, list[FakeRecord]]:
    return {
        tp: [FakeRecord(tp.topic, tp.partition, 10 + i, key=b"k", value=b"%d" % i) for i in range(size)]
        for tp, size in sizes.items()
    }


def _handed(fetched: dict[TP, list[FakeRecord]], most: int) -> list[list[list[FakeRecord]]]:
    """Return what is handed over, message by message, each as its chunks."""
    handed: list[list[list[FakeRecord]]] = []
    for tp, message in chunk_scheduler(most, READERS)().iterate(dict(fetched)):
        chunks = [message.value] if tp.topic == "changelog" else message.value
        last = chunks[-1][-1]
        assert (message.topic, message.partition, message.offset, message.key) == (*tp, last.offset, None)
        assert tp == TP(last.topic, last.partition)
        handed.append(chunks)
    return handed


@given(FETCHES, st.integers(1, 4))
def test_every_record_is_handed_over_once_and_in_order(sizes: dict[TP, int], most: int) -> None:
    """Whatever was fetched, of each partition exactly that comes out, in chunks of at most `size`."""
    fetched = _fetch(sizes)
    out: dict[TP, list[FakeRecord]] = {}
    for chunk_ in chain.from_iterable(_handed(fetched, most)):
        assert len({(each.topic, each.partition) for each in chunk_}) == 1
        assert len(chunk_) <= most
        out.setdefault(TP(chunk_[0].topic, chunk_[0].partition), []).extend(chunk_)
    assert out == {tp: records for tp, records in fetched.items() if records}


@given(FETCHES, st.integers(1, 9))
def test_chunks_come_by_the_handful_to_one_agent(sizes: dict[TP, int], most: int) -> None:
    """A message has one agent's chunks, `size` records at most, and as few messages do as turns allow."""
    handed = _handed(_fetch(sizes), most)
    of = {reader: [hand for hand in handed if hand[0][0].topic in reader] for reader in READERS}
    for reader, hands in of.items():
        assert all(each.topic in reader for hand in hands for each in chain.from_iterable(hand))
        counts = [sum(map(len, hand)) for hand in hands]
        assert all(count <= most for count in counts)
        following = [len(hand[0]) for hand in hands[1:]]
        assert all(count + more > most for count, more in zip(counts, following, strict=False))


@given(FETCHES, st.integers(1, 4))
def test_partitions_of_an_agent_take_turns(sizes: dict[TP, int], most: int) -> None:
    """While two have chunks left, neither comes twice in a row, and the turns differ by one at most."""
    chunks = chain.from_iterable(_handed(_fetch(sizes), most))
    come = [TP(each[0].topic, each[0].partition) for each in chunks]
    for topics in (*READERS, frozenset({"changelog"})):
        turns = [tp for tp in come if tp.topic in topics]
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
