"""The watches, in threes: just under, exactly at, just over, by a clock that the test moves."""

from datetime import timedelta
from threading import Event

import pytest

from agents.exact.exits import Exit
from agents.exact.watches import PATIENT, HangWatch, PauseWatch, ProgressWatch, StallWatch, rebalance_hangs
from tests.agents.exact.fakes import Left, World

LIMIT = timedelta(seconds=6)
THREE = pytest.mark.parametrize(("after", "over"), [(5.99, False), (6.0, False), (6.01, True)])
SOMETHING = object()


@THREE
def test_a_pause_over_the_limit_is_an_exit(after: float, over: bool) -> None:  # noqa: FBT001 -- parametrised
    """Counted from the last look, wherever that was."""
    world = World(now=100.0)
    watch = PauseWatch(LIMIT, world.leave, lambda: world.now)
    watch.check()
    world.now += after
    if over:
        with pytest.raises(Left) as left:
            watch.check()
        assert (left.value.code, left.value.why) == (Exit.PAUSED, "paused for 6.0 s")
    else:
        watch.check()


def test_many_short_waits_are_no_pause() -> None:
    """What counts is the longest time between two looks; the first look has none before it."""
    world = World(now=1e9)
    watch = PauseWatch(LIMIT, world.leave, lambda: world.now)
    for _ in range(100):
        watch.check()
        world.now += 5.0


@THREE
def test_commits_that_stand_still_with_work_to_do_are_a_stall(after: float, over: bool) -> None:  # noqa: FBT001
    """From when the lag was first seen at this offset."""
    watch = StallWatch[str](LIMIT)
    assert not watch.standing({"tp": 4}, {"tp": 5}, 1, 10.0)
    assert bool(watch.standing({"tp": 4}, {"tp": 9}, 1, 10.0 + after)) is over


@pytest.mark.parametrize(
    ("committed", "end", "generation"),
    [
        pytest.param(5, 9, 1, id="a commit moved"),
        pytest.param(4, 4, 1, id="nothing to do"),
        pytest.param(4, 9, 2, id="a new generation"),
    ],
)
def test_what_moves_has_not_stalled(committed: int, end: int, generation: int) -> None:
    """A moved commit, an empty log and a new generation each begin the time anew."""
    watch = StallWatch[str](LIMIT)
    assert not watch.standing({"tp": 4}, {"tp": 9}, 1, 0.0)
    assert not watch.standing({"tp": committed}, {"tp": end}, generation, 5.0)
    assert not watch.standing({"tp": 4}, {"tp": 9}, 1, 10.0)


def test_one_that_stands_while_others_move_may_wait_for_its_turn() -> None:
    """It has four times as long: on a busy machine its turn comes late."""
    watch = StallWatch[str](LIMIT)
    last = round(PATIENT * LIMIT.total_seconds())
    for now in range(last + 1):
        assert not watch.standing({"a": 4, "b": now}, {"a": 9, "b": 99}, 1, now), now
    assert watch.standing({"a": 4, "b": 98}, {"a": 9, "b": 99}, 1, last + 0.1) == {"a"}


def test_one_that_stands_while_others_have_nothing_to_do_is_a_stall() -> None:
    """Nothing moves, and there is work: it is not waiting for a turn."""
    watch = StallWatch[str](LIMIT)
    assert not watch.standing({"a": 4, "b": 7}, {"a": 9, "b": 7}, 1, 10.0)
    assert not watch.standing({"a": 4, "b": 8}, {"a": 9, "b": 8}, 1, 11.0)
    assert not watch.standing({"a": 4, "b": 8}, {"a": 9, "b": 8}, 1, 16.1)
    assert watch.standing({"a": 4, "b": 8}, {"a": 9, "b": 8}, 1, 17.1) == {"a"}


def test_a_reset_begins_the_time_anew() -> None:
    """While tables are restored nothing is taken: that time is not held against the commits."""
    watch = StallWatch[str](LIMIT)
    assert not watch.standing({"tp": 4}, {"tp": 9}, 1, 0.0)
    watch.reset()
    assert not watch.standing({"tp": 4}, {"tp": 9}, 1, 10.0)
    assert watch.standing({"tp": 4}, {"tp": 9}, 1, 16.1)


@THREE
def test_busy_without_progress_hangs(after: float, over: bool) -> None:  # noqa: FBT001 -- parametrised
    """A rebalance or a recovery that brings nothing."""
    watch = ProgressWatch(LIMIT)
    assert not watch.hangs(busy=True, progress=7, now=10.0)
    assert watch.hangs(busy=True, progress=7, now=10.0 + after) is over


@pytest.mark.parametrize(
    ("session", "limit"),
    [pytest.param(29, 40, id="under"), pytest.param(30, 40, id="at"), pytest.param(31, 41, id="beyond")],
)
def test_a_rebalance_may_wait_for_a_dead_members_session(session: int, limit: int) -> None:
    """Forty seconds, or a session and ten where that is more: the group gives a dead member up before we leave."""
    assert rebalance_hangs(timedelta(seconds=session)) == timedelta(seconds=limit)


def test_a_recovery_may_take_as_long_as_it_moves() -> None:
    """A large state is restored for minutes: each step begins the time anew, and so does an end."""
    watch = ProgressWatch(LIMIT)
    for step in range(100):
        assert not watch.hangs(busy=True, progress=step, now=step * 5.0)
    assert not watch.hangs(busy=False, progress=99, now=1000.0)
    assert not watch.hangs(busy=True, progress=99, now=1001.0)
    assert watch.hangs(busy=True, progress=99, now=1007.1)


def _hangs(beats_until: float, ends: float) -> list[Exit]:
    """Return how a worker left whose loop beat until one time and whose clock went on to another."""
    now, looked, left, codes = [0.0], Event(), Event(), []

    def leave(code: Exit, _: str) -> None:
        codes.append(code)
        left.set()

    watch = HangWatch(LIMIT, leave, lambda: now[0])  # type: ignore[arg-type]  # it comes back here, and the thread ends

    def check_pause() -> None:
        if now[0] < beats_until:
            now[0] = beats_until
            watch.beat()
        elif now[0] < ends:
            now[0] = ends
        else:
            looked.set()

    watch.watch(check_pause)
    looked.wait(2) if ends - beats_until < 6 else left.wait(2)
    now[0] = ends + 100  # the thread of the other case ends too
    assert left.wait(2)
    return codes if not looked.is_set() else []


@pytest.mark.parametrize(("silent", "over"), [(5.99, False), (6.0, True), (6.01, True)])
def test_a_loop_that_does_not_run_is_an_exit(silent: float, over: bool) -> None:  # noqa: FBT001 -- parametrised
    """Counted from its last beat; the pause is looked at all the while."""
    assert _hangs(40.0, 40.0 + silent) == ([Exit.LOOP_HANGS] if over else [])
