"""The budget of dead letters: laws over any batches, the edges in threes, and the watch over a fake consumer."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.budget import Budget, BudgetPolicy
from agents.budget_watch import BudgetWatch
from agents.metrics import Metrics

POLICY = BudgetPolicy(share=0.2, of=10, rate=2.0, most_rest=timedelta(seconds=30))

BATCHES = st.lists(st.tuples(st.lists(st.sampled_from([None, "empty", "too_old"]), max_size=8), st.floats(0, 50)))


def _spend(budget: Budget, heard: Iterable[str | None], now: float = 0.0) -> Budget:
    budget.spend(Counter(heard), now)
    return budget


@settings(deadline=None)
@given(heard=st.lists(st.sampled_from([None, "empty", "too_old"]), max_size=60))
def test_the_share_is_that_of_the_last_events(heard: list[str | None]) -> None:
    """However long it listens, only the last `of` events count; the commonest reason is theirs."""
    budget = Budget(POLICY)
    for reason in heard:
        _spend(budget, [reason])
    refused = Counter(reason for reason in heard[-POLICY.of :] if reason is not None)
    assert budget.share == refused.total() / POLICY.of
    assert budget.over == (refused.total() > 2)
    assert budget.commonest == min(refused, key=lambda each: (-refused[each], each), default=None)


@settings(deadline=None)
@given(batches=BATCHES)
def test_a_rest_is_bounded_and_only_for_who_is_over(batches: list[tuple[list[str | None], float]]) -> None:
    """Within the budget nobody rests; over it, never longer than the longest rest after the last event."""
    budget, now = Budget(POLICY), 0.0
    for heard, later in batches:
        now += later
        _spend(budget, heard, now)
        assert budget.over or not budget.rests(now)
        assert not budget.rests(now + POLICY.most_rest.total_seconds())


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 20), min_size=2, max_size=30))
def test_nobody_over_the_budget_is_faster_than_the_rate(sizes: list[int]) -> None:
    """Whoever rests as told causes at most `rate` dead letters a second; a batch counts from when it was taken."""
    budget, now, taken = _spend(Budget(POLICY), ["empty"] * 10), 0.0, 0
    for size in sizes:
        while budget.rests(now):
            now += 0.5
        _spend(budget, ["empty"] * size, now)
        taken += size
        assert taken - size <= POLICY.rate * now


@pytest.mark.parametrize(("refused", "over"), [(1, False), (2, False), (3, True)], ids=["within", "exactly", "beyond"])
def test_exactly_the_share_is_within(refused: int, *, over: bool) -> None:
    """A fifth of ten events is two."""
    assert _spend(Budget(POLICY), ["empty"] * refused + [None] * (10 - refused)).over is over


def test_a_bad_event_at_the_start_is_no_alarm() -> None:
    """What was not heard yet counts as good."""
    budget = _spend(Budget(POLICY), ["empty"])
    assert (budget.share, budget.over) == (0.1, False)


def test_the_rest_ends_with_the_alarm() -> None:
    """Good events push the bad ones out; the source is read at once again."""
    budget = _spend(Budget(POLICY), ["empty"] * 10, 5.0)
    assert budget.rests(9.9)
    assert not budget.rests(10.0)
    _spend(budget, ["empty"] * 10, 10.0)
    assert not _spend(budget, [None] * 8, 10.0).rests(10.0)


@pytest.mark.parametrize(
    "wrong",
    [{"share": 0.0}, {"share": 1.01}, {"of": 0}, {"rate": 0.0}, {"most_rest": timedelta(0)}],
    ids=lambda each: next(iter(each)),
)
def test_a_budget_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    """A share of nothing would be an alarm for ever; a rate of nothing would never let go."""
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        BudgetPolicy(**wrong)  # type: ignore[arg-type]


class FakeTap:
    """A consumer of two topics, which remembers what is paused."""

    def __init__(self) -> None:
        """Begin with everything running."""
        self.mine = {TP("voc.raw.chat", 0), TP("voc.raw.chat", 1), TP("voc.raw.phone", 0)}
        self.paused: set[TP] = set()

    def assignment(self) -> set[TP]:
        """Return this worker's partitions."""
        return self.mine

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Pause."""
        self.paused |= set(tps)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Resume."""
        self.paused -= set(tps)


class Day:
    """A watch over chat and phone, its clock, and what it said."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now, self.said, self.metrics, self.tap = 0.0, list[str](), Metrics(), FakeTap()
        sources = {"voc.raw.chat": "chat", "voc.raw.phone": "phone"}
        self.watch = BudgetWatch(POLICY, sources, self.metrics, lambda: self.now, self.said.append)

    def alarm(self, source: str) -> float | None:
        """Return the metric."""
        return self.metrics.registry.get_sample_value("tellonce_dead_letter_alarm", {"source": source})


def test_the_alarm_is_said_once_and_ends_once() -> None:
    """One line when it begins, with source, share and commonest reason, and one when it ends; the metric with it."""
    day = Day()
    assert day.alarm("chat") == 0
    for reason, count in (("empty", 2), ("too_old", 2), ("empty", 3)):
        day.watch.spend("chat", {None: 0, reason: count})
    assert (day.alarm("chat"), day.alarm("phone")) == (1, 0)
    day.watch.spend("chat", {None: 10})
    assert day.alarm("chat") == 0
    assert day.said == [
        "tellonce worker alarm: 40% of chat becomes dead letters, mostly empty; it is slowed until the share falls\n",
        "tellonce worker alarm ends: 0% of chat becomes dead letters\n",
    ]


def test_only_the_source_in_alarm_rests() -> None:
    """Its partitions are paused for the rest and resumed after it; the other source is never touched."""
    day = Day()
    day.watch.spend("chat", {"empty": 10})
    day.watch.look(day.tap)
    assert day.tap.paused == {TP("voc.raw.chat", 0), TP("voc.raw.chat", 1)}
    assert day.watch.resting() == {"voc.raw.chat"}
    day.now = 5.0
    day.watch.look(day.tap)
    assert day.tap.paused == set()
    assert day.watch.resting() == frozenset()


def test_a_partition_that_went_away_is_not_resumed() -> None:
    """It is another worker's by now; one that comes back is paused at the next look, whatever Faust did meanwhile."""
    day = Day()
    day.watch.spend("chat", {"empty": 10})
    day.watch.look(day.tap)
    day.tap.mine.discard(TP("voc.raw.chat", 1))
    day.tap.paused.clear()
    day.watch.look(day.tap)
    assert day.tap.paused == {TP("voc.raw.chat", 0)}
    day.now = 5.0
    day.watch.look(day.tap)
    assert day.tap.paused == set()


async def test_nothing_is_touched_while_the_worker_is_busy_with_itself() -> None:
    """During a rebalance or a recovery, what is paused is Faust's to say."""
    day, looks = Day(), iter([True, False])
    day.watch.spend("chat", {"empty": 10})
    await day.watch.watch(lambda: day.tap, lambda: True, lambda: not next(looks, False))
    assert day.tap.paused == set()
