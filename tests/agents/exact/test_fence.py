"""The sequence fence against a model that remembers everything: every offset that was ever processed."""

from dataclasses import dataclass, field

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from agents.exact.fence import Fence, Verdict

ONE = TP("raw", 0)
OTHER = TP("raw", 1)
TPS = st.sampled_from((ONE, OTHER))


@dataclass
class Truth:
    """What a generation knows of a partition: where it began, and what was processed since."""

    start: int
    processed: set[int] = field(default_factory=set)

    def without_a_hole(self) -> int:
        """Return the first offset from the start that was not processed."""
        offset = self.start
        while offset in self.processed:
            offset += 1
        return offset


class AnyHistory(RuleBasedStateMachine):
    """Chunks that repeat, continue and jump, commits and new generations, in any order."""

    chunks = Bundle("chunks")

    @initialize()
    def begin(self) -> None:
        """The worker starts: generation 1, nothing committed at the broker."""
        self.fence = Fence()
        self.fence.enter(1)
        self.generation = 1
        self.broker: dict[TP, int] = {ONE: 0, OTHER: 0}
        self.truth: dict[TP, Truth] = {}
        self.last: dict[TP, int] = {}

    @rule(tp=TPS, back=st.integers(-5, 5), length=st.integers(1, 6), old=st.booleans())
    def take(self, tp: TP, back: int, length: int, old: bool) -> None:  # noqa: FBT001 -- hypothesis calls it
        """A chunk arrives around where the partition is; it may be finished only after its generation ended."""
        expected = self.fence.expected(tp)
        if expected is None:
            expected = self.broker[tp]
            self.fence.start(tp, expected)
            self.truth[tp] = Truth(expected)
        first = max(0, expected + back)
        verdict = self.fence.judge(tp, first)
        assert verdict is (Verdict.AHEAD if first > expected else Verdict.PROCEED)
        if verdict is Verdict.PROCEED:
            generation = self.generation
            if old:
                self.rebalance()
            self.fence.done(tp, first + length, generation)
            if not old:
                self.truth[tp].processed |= set(range(first, first + length))

    @rule(tp=TPS)
    def commit(self, tp: TP) -> None:
        """The commit loop comes by, and the broker takes it."""
        offset = self.fence.committable(tp, self.generation)
        if offset is not None and not self.fence.is_committed(tp, offset):
            self.fence.committed({tp: offset}, self.generation)
            assert offset >= self.broker[tp]
            self.broker[tp] = offset

    @rule(tp=TPS)
    def commit_that_comes_too_late(self, tp: TP) -> None:
        """The commit of a generation ends in the next: what it did is not remembered."""
        offset = self.fence.committable(tp, self.generation)
        generation = self.generation
        self.rebalance()
        if offset is not None:
            self.fence.committed({tp: offset}, generation)
            assert not self.fence.is_committed(tp, offset)

    @rule()
    def rebalance(self) -> None:
        """A new generation knows nothing but what the broker has as committed."""
        self.generation += 1
        self.fence.enter(self.generation)
        self.truth.clear()
        self.last.clear()

    @invariant()
    def nothing_is_committable_that_was_not_processed(self) -> None:
        """Never past a hole, never down within a generation, never from another generation."""
        for tp in (ONE, OTHER):
            offset = self.fence.committable(tp, self.generation)
            assert self.fence.committable(tp, self.generation - 1) is None
            if tp not in self.truth:
                assert offset is None
                continue
            assert offset == self.truth[tp].without_a_hole()
            assert offset >= self.last.get(tp, 0)
            self.last[tp] = offset


TestAnyHistory = AnyHistory.TestCase


def test_before_the_first_generation_nothing_is_committable() -> None:
    """A fence that nobody entered has nothing to say, whatever generation asks."""
    fence = Fence()
    assert [fence.committable(ONE, generation) for generation in (-1, 0, 1)] == [None] * 3
    fence.done(ONE, 7, 1)
    assert fence.expected(ONE) is None


@given(st.integers(0, 9))
def test_a_chunk_is_judged_by_its_first_offset(first: int) -> None:
    """Just below, exactly at, and just above what is expected (5): only what is above is ahead."""
    fence = Fence()
    fence.enter(1)
    fence.start(ONE, 5)
    assert fence.judge(ONE, first) is (Verdict.PROCEED if first <= 5 else Verdict.AHEAD)


@given(st.integers(0, 9))
def test_what_comes_again_after_a_way_back_is_no_news(first: int) -> None:
    """Done up to 7, sent back to 3: from 3 on what is done is left out; what is below 3 nobody asked for."""
    fence = Fence()
    fence.enter(1)
    fence.start(ONE, 0)
    fence.done(ONE, 7, 1)
    assert fence.news(ONE, first) == first
    fence.sent_back(ONE, 3)
    fence.sent_back(ONE, 5)
    assert fence.news(ONE, first) == (7 if 3 <= first <= 7 else first)
    fence.enter(2)
    fence.start(ONE, 7)
    assert fence.news(ONE, first) == first


def test_entering_the_same_generation_again_forgets_nothing() -> None:
    """Every chunk enters; only a new generation begins anew."""
    fence = Fence()
    fence.enter(3)
    fence.start(ONE, 5)
    fence.done(ONE, 9, 3)
    fence.enter(3)
    assert fence.expected(ONE) == 9
    fence.enter(4)
    assert fence.expected(ONE) is None
