"""The hot customers: a bounded memory that can be dropped at any moment without a difference."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hot import Hot, HotCustomers
from agents.metrics import Metrics
from pipeline.advance import Picture
from pipeline.placing import NOBODY

MOST = 10


def _hot(rows: int, name: str = "") -> Hot:
    picture = SimpleNamespace(rows=(name,) * rows, gone=(), waiting=(), kin=NOBODY)
    return Hot(cast(Picture, picture), {})


def _memory(generation: list[int], metrics: Metrics | None = None) -> HotCustomers:
    return HotCustomers(lambda: generation[0], metrics or Metrics(), MOST)


def _sample(metrics: Metrics, name: str) -> float:
    value = metrics.registry.get_sample_value(f"tellonce_{name}")
    assert value is not None
    return value


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), st.integers(0, 1), st.sampled_from("abcd"), st.integers(1, 6)),
        st.tuples(st.just("find"), st.integers(0, 1), st.sampled_from("abcd"), st.just(0)),
        st.tuples(st.just("rebalance"), st.just(0), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS)
def test_it_holds_what_was_kept_last_and_used_last(steps: list[tuple[str, int, str, int]]) -> None:
    """Against the obvious model: the newest value or none, never more rows than the bound, the longest unseen first."""
    generation = [1]
    memory = _memory(generation)
    model: OrderedDict[tuple[int, str], Hot] = OrderedDict()
    for step, partition, customer, rows in steps:
        place = partition, customer
        if step == "rebalance":
            generation[0] += 1
            model.clear()
        elif step == "keep":
            kept = _hot(rows, customer)
            memory.keep(partition, {customer: kept})
            model.pop(place, None)
            model[place] = kept
            while sum(len(hot.picture.rows) for hot in model.values()) > MOST and len(model) > 1:
                model.popitem(last=False)
        else:
            assert memory.find(partition, customer) is model.get(place)
            if place in model:
                model.move_to_end(place)


@pytest.mark.parametrize(("rows", "stays"), [(3, True), (4, True), (5, False)])
def test_the_bound_is_in_rows(rows: int, stays: bool) -> None:  # noqa: FBT001 -- parametrised
    """Just under, exactly at, just over 10 rows in all: the customer not seen for longest goes."""
    memory = _memory([1])
    memory.keep(0, {"first": _hot(6)})
    memory.keep(0, {"second": _hot(rows)})
    assert (memory.find(0, "first") is not None) is stays
    assert memory.find(0, "second") is not None


def test_a_customer_larger_than_the_bound_is_held_alone() -> None:
    """Reading such a one from the store each time would cost the most."""
    memory = _memory([1])
    memory.keep(0, {"small": _hot(1), "large": _hot(MOST + 5)})
    assert memory.find(0, "small") is None
    assert memory.find(0, "large") is not None


def test_keeping_again_counts_the_rows_once() -> None:
    """A customer that grows replaces itself."""
    memory = _memory([1])
    memory.keep(0, {"other": _hot(1)})
    for rows in range(1, MOST):
        memory.keep(0, {"anna": _hot(rows)})
    assert memory.find(0, "other") is not None


def test_hits_misses_and_customers_are_counted() -> None:
    """What an operator needs to choose the bound."""
    metrics = Metrics()
    memory = _memory([1], metrics)
    memory.find(0, "anna")
    memory.keep(0, {"anna": _hot(1), "ben": _hot(1)})
    memory.find(0, "anna")
    memory.find(1, "anna")
    names = ("hot_customer_hits_total", "hot_customer_misses_total", "hot_customers")
    assert [_sample(metrics, name) for name in names] == [1, 2, 2]


def test_another_partition_is_another_customer() -> None:
    """Ids are the same only within a partition's store."""
    memory = _memory([1])
    memory.keep(0, {"anna": _hot(1, "zero")})
    memory.keep(1, {"anna": _hot(1, "one")})
    found: list[Any] = [memory.find(partition, "anna") for partition in (0, 1)]
    assert [hot.picture.rows for hot in found] == [("zero",), ("one",)]
