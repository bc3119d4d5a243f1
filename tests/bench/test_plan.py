"""The arithmetic of sizes: what grows with what, and where the walls are."""

from dataclasses import replace

import pytest

from bench.plan import GIB, Costs, Size, claims_a_second, crews, directory_bytes, most_customers, plan, start

COSTS = Costs(
    event_seconds=0.001, claim_seconds=0.0005, hear_seconds=0.00001, said_a_claim=5, identifiers=2, pairs=1,
    identifier_bytes=200, pair_bytes=100, identifier_record=120, pair_record=80, row_bytes=300,
    recovered_a_second=10_000, shares=(0.5, 0.25, 0.25),
)  # fmt: skip
SIZE = Size(workers=10, customers=1_000_000, rate=1000, churn=0)


def test_workers_share_the_state_and_not_the_directory() -> None:
    """Twice the workers have half the rows each, and all of the directory."""
    one, other = (plan(replace(SIZE, workers=workers), COSTS, 19, 3) for workers in (10, 20))
    assert one.state_gib_a_worker == 2 * other.state_gib_a_worker
    assert one.recovery_seconds == 2 * other.recovery_seconds == 100
    assert one.directory_gib == other.directory_gib == pytest.approx(0.5e9 / GIB)


def test_partitions_grow_with_workers_and_copies_with_brokers() -> None:
    """Shared topics have two partitions a worker, the others what they have."""
    found = plan(SIZE, COSTS, 19, 3)
    assert (found.partitions, found.copies) == (19 * 20 + 3, 3 * (19 * 20 + 3))


def test_so_many_customers_fit_and_not_one_more() -> None:
    """The first wall is where a worker's memory ends."""
    most = most_customers(GIB, COSTS)
    assert directory_bytes(most, COSTS) <= GIB < directory_bytes(most + 1, COSTS)


@pytest.mark.parametrize(("rate", "workers"), [(499, 1), (500, 1), (501, 2)])
def test_a_worker_is_busy_for_its_share_of_the_time(rate: int, workers: int) -> None:
    """Just within, exactly at, just beyond."""
    assert crews(replace(SIZE, rate=rate), COSTS, 0.5) == workers


def test_who_is_new_needs_the_resolver_as_a_first_event_does() -> None:
    """And who has had all events that bring something new does not."""
    assert claims_a_second(SIZE, COSTS, 0) == 500
    assert claims_a_second(SIZE, COSTS, 100) == pytest.approx(0, abs=1e-6)


def test_every_claim_comes_once_and_what_waits_is_worked_off() -> None:
    """Over the start each customer brings what its first events bring; the resolver does 2,000 a second of them."""
    hours = list(start(SIZE, COSTS, 12))
    assert sum(hour.claims_a_second for hour in hours) * 3600 == pytest.approx(1_000_000 * sum(COSTS.shares), rel=0.02)
    assert hours[-1].waiting == 0
    slow = replace(COSTS, claim_seconds=0.01)
    assert next(start(SIZE, slow, 1)).waiting > 0
