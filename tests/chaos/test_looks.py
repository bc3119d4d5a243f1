"""Commits that fall or stand are seen, and nobody is blamed for what a fault took away on purpose."""

from collections import Counter

from aiokafka.structs import TopicPartition

from chaos.faults import Fault, nothing
from chaos.looks import Looks

HERE = TopicPartition("raw.chat", 0)
THERE = TopicPartition("raw.chat", 1)


def test_commits_that_move_do_not_stand() -> None:
    """One partition that moves is enough: the other one waits for its turn."""
    looks = Looks()
    for second in range(100):
        looks.take({HERE: second, THERE: 0}, 7, float(second), meant_up=True)
    assert (looks.fell, looks.stood) == ([], 0)


def test_commits_stand_while_there_is_work_and_somebody_to_do_it() -> None:
    """From the last look at which they moved, for as long as something is left."""
    looks = Looks()
    for second in (10, 20, 45):
        looks.take({HERE: 5}, 1, float(second), meant_up=True)
    assert looks.stood == 35


def test_nothing_stands_without_work_workers_or_kafka() -> None:
    """What is worked off, has no worker on purpose, or cannot be committed begins anew."""
    for left, up, away in ((0, True, False), (1, False, False), (1, True, True)):
        looks = Looks()
        looks.take({HERE: 5}, 1, 10.0, meant_up=True)
        if away:
            looks.away()
        looks.take({HERE: 5}, left, 45.0, meant_up=up)
        looks.take({HERE: 5}, 1, 46.0, meant_up=True)
        assert looks.stood <= 1


def test_each_fault_has_its_own_longest_stand() -> None:
    """What stood before a fault is not its own; what stands on from before it is."""
    looks = Looks()
    looks.take({HERE: 5}, 1, 10.0, meant_up=True)
    looks.take({HERE: 5}, 1, 30.0, meant_up=True)
    looks.take({HERE: 6}, 1, 31.0, meant_up=True)
    looks.begin()
    looks.take({HERE: 6}, 1, 33.0, meant_up=True)
    assert looks.stood == 2


def test_a_start_of_all_is_no_stand_until_the_first_commit() -> None:
    """How long it takes to be back is a number of its own; from the first commit on, who stands stands."""
    looks = Looks()
    looks.take({HERE: 5}, 1, 10.0, meant_up=True)
    looks.started(12.0)
    for second in (20, 60):
        looks.take({HERE: 5}, 1, float(second), meant_up=True)
    assert (looks.back, looks.stood) == (48, 0)
    looks.take({HERE: 6}, 1, 61.0, meant_up=True)
    looks.take({HERE: 6}, 1, 64.0, meant_up=True)
    assert (looks.back, looks.stood) == (49, 3)


def test_a_commit_that_falls_is_named() -> None:
    """Also where a look in between knew nothing of the partition."""
    looks = Looks()
    looks.take({HERE: 5, THERE: 9}, 1, 1.0, meant_up=True)
    looks.take({HERE: 6}, 1, 2.0, meant_up=True)
    looks.take({HERE: 6, THERE: 8}, 1, 3.0, meant_up=True)
    assert looks.fell == [f"{THERE}: 9 -> 8"]


def test_an_exit_that_no_fault_explains_is_needless() -> None:
    """As many as were killed, and those by the fault's own fences, are explained; one more is not."""
    fault = Fault("frozen", nothing, explains=frozenset({"paused"}))
    exits = {"signal_sigkill": 2, "paused": 3}
    assert [fault.needless(exits, kills, {}) for kills in (1, 2, 3)] == [1, 0, 0]
    assert fault.needless({**exits, "stalled": 1}, 2, {}) == 1
    assert fault.needless({}, 2, {}) == 0


def test_an_exit_for_what_was_harmed_before_is_explained() -> None:
    """A store may be found damaged in the next fault: as many may leave as were harmed."""
    harmed = Counter(store=2)
    assert [Fault("fair", nothing).needless({"store": count}, 0, harmed) for count in (1, 2, 3)] == [0, 0, 1]
