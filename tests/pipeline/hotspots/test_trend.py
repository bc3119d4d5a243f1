"""Trends: a planted rise is found, noise is not, and weeks that were not heard whole are not judged."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotspots import ALPHA, Cell, Evidence, Heard, Hotspot, hotspots
from tests.pipeline.hotspots.test_change import poisson

FIRST = date(2026, 3, 2)
WEEK = timedelta(days=7)
TOPICS, CHANNELS = ("billing", "card", "delivery", "refund", None), ("chat", "phone", "email")
WHOLE = Heard(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC), timedelta(0))
"""Five whole weeks, from 2 March on."""


def counted(customers: int, repeats: int = 0, detractors: int = 0) -> Evidence:
    """Return counts of so many customers, each with one experience."""
    return Evidence(volume=customers, customers=customers, repeat_customers=repeats, detractor_customers=detractors)


def column(*weeks: Evidence, topic: str | None = "billing", channel: str = "phone") -> dict[Cell, Evidence]:
    """Return one cell's weeks, from the first on."""
    return {Cell(topic, channel, None, FIRST + n * WEEK): each for n, each in enumerate(weeks)}


def trends(found: tuple[Hotspot, ...], week: int = 4) -> dict[str, str]:
    """Return the directions of a week's first cell by measure."""
    cell = next(each for each in found if each.cell.week == FIRST + week * WEEK)
    return {trend.measure: trend.direction for trend in cell.trends}


def test_a_planted_rise_is_found_and_nothing_else() -> None:
    """Detractors on billing by phone double among steady noise: that one trend rises."""
    dice = Random(3)  # noqa: S311 -- repeatable
    cells = noise(dice)
    for n in range(5):
        cells[Cell("billing", "phone", None, FIRST + n * WEEK)] = counted(60, 12, 24 if n == 4 else 6)
    rising = [
        (spot.cell.topic, spot.cell.channel, trend.measure)
        for spot in hotspots(cells, WHOLE)
        for trend in spot.trends
        if trend.direction != "steady"
    ]
    assert rising == [("billing", "phone", "detractors")]


def test_noise_is_named_no_more_often_than_the_rate_says() -> None:
    """150 towns in which nothing changes: at most 5 of 100 have any trend in the last week, and a seed's luck more."""
    towns, false = 150, 0
    for seed in range(towns):
        found = hotspots(noise(Random(seed)), WHOLE)  # noqa: S311 -- repeatable
        last = [spot for spot in found if spot.cell.week == FIRST + 4 * WEEK]
        assert any(spot.trends for spot in last)
        false += any(trend.direction != "steady" for spot in last for trend in spot.trends)
    assert false <= ALPHA * towns + 2 * (ALPHA * towns) ** 0.5


def test_a_rise_of_customers_is_one_of_customers_only() -> None:
    """Twice as many call, no larger share of them comes back."""
    found = hotspots(column(*(counted(40, 8, 4) for _ in range(4)), counted(80, 16, 8)), WHOLE)
    assert trends(found) == {"customers": "rising", "repeats": "steady", "detractors": "steady"}


def test_a_fall_to_nothing_is_there() -> None:
    """A channel that falls silent has no experience to say so: its cell is there with noughts, and falls."""
    found = hotspots(column(*(counted(40) for _ in range(4))) | column(*[counted(40)] * 5, topic="card"), WHOLE)
    cell = next(spot for spot in found if spot.cell == Cell("billing", "phone", None, FIRST + 4 * WEEK))
    assert (cell.evidence, [trend.direction for trend in cell.trends]) == (Evidence(), ["falling"])


@pytest.mark.parametrize(
    ("change", "whole"),
    [(timedelta(0), True), (timedelta(seconds=-1), False), (timedelta(seconds=1), True)],
    ids=["to its last moment", "a second less", "a second more"],
)
def test_a_week_that_is_not_over_is_not_judged(change: timedelta, whole: bool) -> None:  # noqa: FBT001 -- of the grid
    """A week counts as heard when something was heard at its end or later."""
    heard = Heard(WHOLE.first, WHOLE.last + change, timedelta(0))
    found = hotspots(column(*(counted(40) for _ in range(4)), counted(80)), heard)
    assert [spot.whole for spot in found if spot.cell.week == FIRST + 4 * WEEK] == [whole]
    assert trends(found) == ({"customers": "rising"} if whole else {})


@pytest.mark.parametrize(
    ("change", "weeks"),
    [(timedelta(0), 4), (timedelta(seconds=1), 3)],
    ids=["from its first moment", "a second later"],
)
def test_only_whole_weeks_are_held_against(change: timedelta, weeks: int) -> None:
    """The first week was cut off by the retention: it is not in the baseline."""
    heard = Heard(datetime.combine(FIRST, time(), UTC) + change, WHOLE.last, timedelta(0))
    found = hotspots(column(*(counted(40) for _ in range(4)), counted(80)), heard)
    (trend,) = (each for spot in found if spot.cell.week == FIRST + 4 * WEEK for each in spot.trends)
    assert (trend.weeks, trend.before) == (weeks, 40 * weeks)


def test_repeats_are_held_against_weeks_that_could_have_had_them() -> None:
    """With a week of run-up the first week tells no repeats: what it may repeat was never heard."""
    heard = Heard(datetime.combine(FIRST, time(), UTC), WHOLE.last, WEEK)
    found = hotspots(column(counted(40, 0), *(counted(40, 20) for _ in range(4))), heard)
    (trend,) = (
        t for spot in found if spot.cell.week == FIRST + 4 * WEEK for t in spot.trends if t.measure == "repeats"
    )
    assert (trend.weeks, trend.before, trend.before_of, trend.direction) == (3, 60, 120, "steady")


@pytest.mark.parametrize(
    ("customers", "tests"), [(2, {}), (3, {"customers": "steady"})], ids=["could not speak", "could"]
)
def test_a_test_that_could_not_speak_is_not_made(customers: int, tests: dict[str, str]) -> None:
    """Of two customers in five weeks even both in the last one would say nothing (p = 0.08); of three, all would."""
    weeks = [counted(int(n < customers)) for n in range(4)]
    assert trends(hotspots(column(*weeks, counted(0)), WHOLE)) == tests


def test_a_test_that_is_not_made_costs_the_others_nothing() -> None:
    """The q-values of a cell are the same with a cell beside it that cannot speak."""
    rise = column(*(counted(10) for _ in range(4)), counted(21))
    beside = rise | column(counted(1), *[counted(0)] * 3, counted(1), topic="card")
    found = [{(t.measure, t.q_value) for s in hotspots(cells, WHOLE) for t in s.trends} for cells in (rise, beside)]
    assert found[0] == found[1]


@given(st.lists(st.integers(0, 30), min_size=15, max_size=15), st.randoms(use_true_random=False))
def test_the_order_of_the_cells_does_not_matter(numbers: list[int], dice: Random) -> None:
    """The same cells in another order are the same hotspots."""
    cells = {
        Cell(topic, "chat", None, FIRST + n * WEEK): counted(numbers[3 * n + i], numbers[3 * n + i] // 3)
        for n in range(5)
        for i, topic in enumerate(("billing", "card", None))
    }
    shuffled = list(cells.items())
    dice.shuffle(shuffled)
    assert hotspots(dict(shuffled), WHOLE) == hotspots(cells, WHOLE)


def noise(dice: Random) -> dict[Cell, Evidence]:
    """Return five weeks of fifteen cells in which nothing changes: one rate each, and one chance."""
    cells: dict[Cell, Evidence] = {}
    for place, (topic, channel) in enumerate((topic, channel) for topic in TOPICS for channel in CHANNELS):
        for n in range(5):
            customers = poisson(dice, 2.0 * (place + 1))
            repeats, detractors = (sum(dice.random() < share for _ in range(customers)) for share in (0.2, 0.1))
            cells[Cell(topic, channel, None, FIRST + n * WEEK)] = counted(customers, repeats, detractors)
    return cells
