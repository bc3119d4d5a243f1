"""The picture of an outcome that `try` prints: bars, a line of days, and the first alerts. Pure, but for rich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from commands.findings import Kind, Shown, lines
from commands.settled import Outcome
from commands.summary import Summary
from pipeline.words import many

BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
WIDEST = 40
CSV = {
    "invalid_utf8": "in a CSV, set `encoding` in the column map",
    "unknown_format": "in a CSV, a row with more cells than the header",
    "unreadable_time": "in a CSV, set `time_format` in the column map",
    "naive_time": "in a CSV, set `time_zone` in the column map",
}
"""What to look at where the rows of a table are rejected for this reason."""

_FIRST = 3
_TOPICS = 6


def picture(summary: Summary, outcome: Outcome, now: datetime) -> RenderableType:
    """Return what there is to see."""
    parts: list[RenderableType] = [_headline(summary), Text()]
    channels = summary.numbers("by_channel")
    if channels:
        parts += [Text("Touchpoints by channel", style="bold"), bars(channels, WIDEST), Text()]
    if days := summary.numbers("days"):
        parts += [_days(days), Text()]
    if topics := summary.numbers("topics"):
        parts += [Text("Most talked about", style="bold"), bars(_top(topics, _TOPICS), WIDEST), Text()]
    parts += [_findings(summary), Text()]
    for kind in ("detractor-alerts", "repeat-contacts"):
        parts += _first(outcome, kind, now)
    if reasons := summary.numbers("rejected_by_reason"):
        parts += [Text("Rejected, by reason", style="bold"), _reasons(reasons, outcome), Text()]
    return Group(*parts)


def bars(numbers: Mapping[str, int], widest: int) -> Table:
    """Return a bar a number; the longest is `widest` wide, and none that is not nought is without one."""
    table = Table.grid(padding=(0, 2))
    most = max(numbers.values(), default=0)
    for name, number in _ranked(numbers):
        length = -(-number * widest // most) if most else 0
        table.add_row(Text(f"  {name}"), Text(f"{number:,}", justify="right"), Text("\u2588" * length, style="cyan"))
    return table


def sparkline(numbers: Sequence[int]) -> str:
    """Return a mark a number, from low to high; nought is a space."""
    most = max(numbers, default=0)
    return "".join(BARS[-(-number * len(BARS) // most) - 1] if number else " " for number in numbers)


def by_day(days: Mapping[str, int], most: int) -> tuple[list[int], int]:
    """Return touchpoints from the first day to the last, in at most so many stretches, and the days of a stretch."""
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    span = (last - first).days + 1
    stretch = -(-span // most)
    found = [0] * -(-span // stretch)
    for day, number in days.items():
        found[(date.fromisoformat(day) - first) // timedelta(days=stretch)] += number
    return found, stretch


def _headline(summary: Summary) -> Text:
    text = Text()
    text.append(many(summary.number("received"), "event"), style="bold")
    text.append(f": {summary.number('admitted'):,} admitted")
    if duplicates := summary.number("duplicates"):
        text.append(f" ({duplicates:,} of them heard before)")
    text.append(f", {summary.number('rejected'):,} rejected\n")
    text.append(many(summary.number("customers"), "customer"), style="bold")
    if merged := summary.number("merged"):
        text.append(f" ({merged:,} more turned out to be one of them)")
    text.append(f" in {many(summary.number('contacts'), 'contact')}")
    return text


def _days(days: Mapping[str, int]) -> Text:
    numbers, stretch = by_day(days, WIDEST * 2)
    what = "a day" if stretch == 1 else f"{stretch} days"
    return Text(f"{min(days)} {sparkline(numbers)} {max(days)}  (a mark is {what})")


def _findings(summary: Summary) -> Text:
    text = Text()
    text.append(many(summary.number("alerts", "total"), "detractor"), style="bold red")
    explicit, inferred = summary.number("alerts", "explicit"), summary.number("alerts", "inferred")
    text.append(f": {explicit:,} said so, {inferred:,} by their words\n")
    text.append(many(summary.number("flags", "total"), "repeat contact"), style="bold yellow")
    text.append(f": {summary.number('flags', 'same_topic'):,} about the same thing\n")
    kinds = summary.numbers("signals")
    text.append(many(kinds.pop("total"), "journey signal"), style="bold magenta")
    told = ", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in kinds.items())
    text.append(f": {told}" if told else "")
    return text


def _reasons(reasons: Mapping[str, int], outcome: Outcome) -> Table:
    """Return each reason with its number, and what was expected in the first of them."""
    table = Table.grid(padding=(0, 2))
    first = {str(letter["reason"]): letter for letter in reversed(outcome.standing["dead-letters"])}
    for name, number in _ranked(reasons):
        field, expected = first[name]["field"], str(first[name]["expected"])
        said = f"{field}: {expected}" if field else expected
        mend = f"; {CSV[name]}" if name in CSV else ""
        table.add_row(Text(f"  {name}"), Text(f"{number:,}", justify="right"), Text(said + mend))
    return table


def _first(outcome: Outcome, kind: Kind, now: datetime) -> list[RenderableType]:
    records = outcome.standing[kind][:_FIRST]
    # Nothing is stale in a picture of the past.
    shown = [lines(Shown(kind, {**record, "deliver_before": now}), now) for record in records]
    return [part for text in shown for part in (text, Text())]


def _top(numbers: Mapping[str, int], most: int) -> dict[str, int]:
    return dict(_ranked(numbers)[:most])


def _ranked(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
