"""What the guard takes for progress."""

from types import SimpleNamespace

from agents.exact.guard import _restored


def _app(rebalances: int, offsets: dict[str, int | None]) -> SimpleNamespace:
    tables = SimpleNamespace(recovery=SimpleNamespace(active_offsets=offsets))
    return SimpleNamespace(rebalancing_count=rebalances, tables=tables)


def test_a_store_that_has_nothing_yet_is_no_error() -> None:
    """Faust has None for a partition that was just handed over; the watch must outlive that."""
    assert _restored(_app(2, {"one": None, "other": 7})) == 9


def test_progress_moves_with_what_is_restored() -> None:
    """A rebalance and a restored record both count."""
    still = _restored(_app(1, {"one": 5}))
    assert _restored(_app(2, {"one": 5})) > still
    assert _restored(_app(1, {"one": 6})) > still
