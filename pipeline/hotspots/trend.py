"""Cells against the weeks before: what rose, what fell, and how sure that is (Rules 3 and 4 of this room)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pipeline.hotspots.change import ALPHA, Change, adjusted, rate_change, share_change
from pipeline.hotspots.evidence import Cell, Evidence

BASELINE = 4
"""Weeks before that a week is held against: a month, so that one odd week is not the measure."""

WEEK = timedelta(days=7)

Measure = Literal["customers", "repeats", "detractors"]
Direction = Literal["rising", "falling", "steady"]


@dataclass(frozen=True, slots=True)
class Heard:
    """From when to when touchpoints were heard, and how long ago a contact may lie that is repeated."""

    first: datetime
    last: datetime
    run_up: timedelta

    def is_whole(self, week: date) -> bool:
        """Say whether a week lies between the first and the last from end to end."""
        begins = datetime.combine(week, time(), UTC)
        return self.first <= begins and begins + WEEK <= self.last

    def tells_repeats(self, week: date) -> bool:
        """Say whether all that a contact of the week may repeat was heard too."""
        return self.is_whole(week) and self.first + self.run_up <= datetime.combine(week, time(), UTC)


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure against the weeks before: so many customers (of so many; None for the number of customers itself), now
    and in all the weeks before together; the p-value, and the q-value among all tests of the week.
    """

    measure: Measure
    direction: Direction
    now: int
    now_of: int | None
    before: int
    before_of: int | None
    weeks: int
    p_value: float
    q_value: float


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A cell with its counts, whether its week was heard from end to end, and what changed."""

    cell: Cell
    evidence: Evidence
    whole: bool
    trends: tuple[Trend, ...]

    @property
    def rising(self) -> tuple[Trend, ...]:
        """The trends that rise."""
        return tuple(trend for trend in self.trends if trend.direction == "rising")


@dataclass(frozen=True, slots=True)
class _Test:
    cell: Cell
    measure: Measure
    now: int
    now_of: int | None
    before: int
    before_of: int | None
    weeks: int
    change: Change


def hotspots(cells: Mapping[Cell, Evidence], heard: Heard) -> tuple[Hotspot, ...]:
    """Return every cell with its trends, in the order of week, channel, queue, topic.

    A cell that had experiences in the weeks before, and has none in a week that was heard whole, is there with noughts.
    """
    by_place: dict[tuple[str | None, str, str | None], dict[date, Evidence]] = {}
    for cell, evidence in cells.items():
        by_place.setdefault(cell.place, {})[cell.week] = evidence
    weeks = sorted({cell.week for cell in cells})
    found: list[Hotspot] = []
    for week in weeks:
        here = {
            Cell(*place, week): told.get(week, Evidence())
            for place, told in by_place.items()
            if week in told or any(before in told for before in _before(week, heard))
        }
        trends = _trends(here, by_place, week, heard)
        whole = heard.is_whole(week)
        found += [Hotspot(cell, here[cell], whole, trends.get(cell, ())) for cell in sorted(here, key=_order)]
    return tuple(found)


def _before(week: date, heard: Heard) -> tuple[date, ...]:
    """Return the whole weeks that a week is held against; none where it is not whole itself."""
    if not heard.is_whole(week):
        return ()
    return tuple(one for n in range(1, BASELINE + 1) if heard.is_whole(one := week - n * WEEK))


def _trends(
    here: Mapping[Cell, Evidence],
    by_place: Mapping[tuple[str | None, str, str | None], Mapping[date, Evidence]],
    week: date,
    heard: Heard,
) -> dict[Cell, tuple[Trend, ...]]:
    before = _before(week, heard)
    telling = tuple(one for one in before if heard.tells_repeats(one))
    tests: list[_Test] = []
    for cell in sorted(here, key=_order):
        told = by_place[cell.place]
        tests += _tests(cell, here[cell], [told.get(one, Evidence()) for one in before], len(telling))
    q_values = adjusted([test.change.p_value for test in tests])
    trends: dict[Cell, list[Trend]] = {}
    for test, q_value in zip(tests, q_values, strict=True):
        trends.setdefault(test.cell, []).append(_trend(test, q_value))
    return {cell: tuple(each) for cell, each in trends.items()}


def _tests(cell: Cell, now: Evidence, before: Sequence[Evidence], telling: int) -> Iterable[_Test]:
    """Yield the tests of a cell that could speak; `before` is the newest week first, of which so many tell repeats."""
    if not before:
        return
    earlier = sum(one.customers for one in before)
    change = rate_change(now.customers, earlier, len(before))
    found = [_Test(cell, "customers", now.customers, None, earlier, None, len(before), change)]
    if telling:
        weeks = before[:telling]
        part, whole = sum(one.repeat_customers for one in weeks), sum(one.customers for one in weeks)
        change = share_change(now.repeat_customers, now.customers, part, whole)
        found.append(_Test(cell, "repeats", now.repeat_customers, now.customers, part, whole, telling, change))
    part = sum(one.detractor_customers for one in before)
    change = share_change(now.detractor_customers, now.customers, part, earlier)
    found.append(_Test(cell, "detractors", now.detractor_customers, now.customers, part, earlier, len(before), change))
    yield from (test for test in found if test.change.attainable <= ALPHA)


def _trend(test: _Test, q_value: float) -> Trend:
    direction: Direction = "steady"
    if q_value <= ALPHA:
        direction = "rising" if test.change.direction > 0 else "falling"
    return Trend(
        test.measure,
        direction,
        test.now,
        test.now_of,
        test.before,
        test.before_of,
        test.weeks,
        round(test.change.p_value, 9),
        round(q_value, 9),
    )


def _order(cell: Cell) -> tuple[date, str, str, str]:
    return cell.week, cell.channel, cell.queue or "", cell.topic or ""
