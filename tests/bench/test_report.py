"""What rounds say."""

import json

import pytest

from bench import report
from bench.contestants import CONTESTANTS, PEERS
from bench.measure import Measured

TARGETS = ("quix", "bytewax", "aiokafka", "confluent", "first_faust")


def _runs(*rates: float) -> list[Measured]:
    return [Measured(rate, 10.0, 100.0) for rate in rates]


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    """Not the ratio of medians: in each round both saw the same machine."""
    assert report.ratios({"one": _runs(10, 40, 90), "other": _runs(10, 20, 30)}, "one") == {"other": 2.0}


def test_every_contestant_has_its_ratio() -> None:
    """By the names that targets use; and the row that scores as the others do has its own."""
    rounds = {each.name: _runs(1, 2) for each in CONTESTANTS}
    found = json.loads(json.dumps(report.record(rounds)))
    assert {f"tellonce_vs_{name}" for name in TARGETS} <= set(found)
    assert {f"tellonce_library_vs_{name}" for name in TARGETS} <= set(found)
    assert set(found["rows"]) == {each.name for each in CONTESTANTS}


@pytest.mark.parametrize(("ratio", "fallen"), [(0.86, False), (0.85, False), (0.84, True)])
def test_a_ratio_that_fell_by_more_than_it_may_has_fallen(ratio: float, *, fallen: bool) -> None:
    """Just within, exactly at, just beyond."""
    assert report.has_fallen(ratio, 1.0, 0.15) is fallen


def test_every_row_of_the_table_names_its_contestant_and_what_it_lacks() -> None:
    """Who reads a number reads beside it what it does not come with."""
    rounds = {each.name: _runs(1, 2) for each in CONTESTANTS}
    said = report.table(rounds, CONTESTANTS, "tellonce").splitlines()
    for each in CONTESTANTS:
        assert any(line.startswith(each.title) for line in said)
        assert f"{each.title}: {each.lacks}." in said or not each.lacks


def test_every_peer_is_a_program_that_says_what_it_does_not_guarantee() -> None:
    """No program without a row, no row without a program."""
    programs = {path.name for path in PEERS.glob("*.py")}
    rows = {each.command[1].rpartition("/")[2] for each in CONTESTANTS if each.lacks}
    assert programs == rows
    assert all("Not guaranteed:" in (PEERS / program).read_text() for program in programs)
