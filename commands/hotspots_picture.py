"""The picture of hotspots in the terminal: a heat table, what changed, and the paths that end in a detractor.

Pure, but for rich.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from commands.findings import safe
from commands.hotspots_result import ELITE, USUAL, Document, newest_whole

HEAT = ("", "on grey15", "on color(58)", "on color(94)", "on color(130)", "on color(160)")
"""From none to the hottest."""
MOST_ROWS, MOST_CHANGES, MOST_PATHS = 20, 12, 8
ARROWS = {"rising": "\u2191", "falling": "\u2193"}
SAID = {
    "customers": "customers",
    "repeats": "customers who came back",
    "detractors": "customers with a detractor alert",
}


@dataclass(frozen=True, slots=True)
class Square:
    """A topic in a channel, all queues together: experiences, bad ones, repeats, and what changed."""

    volume: int
    bad: int
    repeats: int
    arrows: str

    @property
    def share(self) -> float:
        """The share of the experiences that is bad."""
        return self.bad / self.volume if self.volume else 0.0


def picture(document: Document, week: str | None = None) -> RenderableType:
    """Return what there is to see of a week: the newest that was heard whole, unless another is named."""
    shown = week or newest_whole(document)
    parts: list[RenderableType] = [_headline(document)]
    if shown is not None:
        parts += [Text(), _weeks(document["weeks"], shown), Text(), *_heat(document, shown)]
        parts += [Text(), *_changed(document["changed"])]
    parts += [Text(), *_paths(document["journeys"])]
    if document["next_topics"]:
        parts += [Text(), *_next_topics(document["next_topics"])]
    return Group(*parts)


def squares(document: Document, week: str) -> tuple[list[str], list[str], dict[tuple[str, str], Square]]:
    """Return a week's topics (the most experiences first), channels, and what is where they meet."""
    cells = [cell for cell in document["cells"] if cell["week"] == week]
    found: dict[tuple[str, str], Square] = {}
    for cell in cells:
        place = (cell["topic"] or "none", cell["channel"])
        other = found.get(place, Square(0, 0, 0, ""))
        arrows = "".join(ARROWS[each["direction"]] for each in cell["trends"] if each["direction"] in ARROWS)
        found[place] = Square(
            other.volume + cell["volume"],
            other.bad + cell["bad"],
            other.repeats + cell["repeats"],
            other.arrows + arrows,
        )
    topics, channels = _ranked(found, 0), _ranked(found, 1)
    return topics, channels, found


def shade(share: float) -> int:
    """Return how hot a share of bad experiences is, 0 to 5: over 0, 10, 20, 30 and 40 of 100."""
    return 0 if share <= 0 else min(len(HEAT) - 1, 1 + int(share * 10 + 1e-9))


def _ranked(found: Mapping[tuple[str, str], Square], side: int) -> list[str]:
    sums: dict[str, int] = {}
    for place, square in found.items():
        sums[place[side]] = sums.get(place[side], 0) + square.volume
    return sorted(sums, key=lambda name: (-sums[name], name))


def _headline(document: Document) -> Text:
    read, heard, text = document["read"], document["heard"], Text()
    text.append(f"{read['distinct']:,} touchpoints of {read['customers']:,} customers", style="bold")
    if heard["first"]:
        text.append(f", from {heard['first'][:10]} to {heard['last'][:10]}")
    return text


def _weeks(weeks: Sequence[Document], shown: str) -> Table:
    table = _table("week from", "experiences", "customers", "repeats", "detractors", "good", "bad", "good : bad")
    for week in weeks:
        ratio = "\u00b7" if week["good_to_bad"] is None else f"{week['good_to_bad']:.1f}"
        names = ("volume", "customers", "repeats", "detractors", "good", "bad")
        name = week["week"] + ("" if week["whole"] else ", in part")
        style = "bold" if week["week"] == shown else None
        table.add_row(name, *(f"{week[each]:,}" for each in names), ratio, style=style)
    table.caption = f"Good to bad, by Forrester's survey of 2018: the best brands {ELITE} to 1, the worst {USUAL} to 1."
    table.caption_justify = "left"
    return table


def _heat(document: Document, week: str) -> Iterable[RenderableType]:
    topics, channels, found = squares(document, week)
    yield Text(f"Week from {week}: experiences, and of 100 how many were bad", style="bold")
    table = _table("topic", *(safe(channel) for channel in channels))
    for topic in topics[:MOST_ROWS]:
        table.add_row(safe(topic), *(_square(found.get((topic, channel))) for channel in channels))
    if len(topics) > MOST_ROWS:
        table.add_row(f"and {len(topics) - MOST_ROWS} more", style="dim")
    table.caption = (
        "An arrow for each queue and measure that rises or falls more than noise would; they are listed below."
    )
    table.caption_justify = "left"
    yield table


def _square(square: Square | None) -> Text:
    if square is None or not (square.volume or square.arrows):
        return Text("\u00b7", style="dim")
    return Text(f" {square.arrows}{square.volume:,} {square.share * 100:>3.0f} ", style=HEAT[shade(square.share)])


def _changed(changes: Sequence[Document]) -> Iterable[RenderableType]:
    if not changes:
        yield Text("Nothing changed that noise could not explain (or there are no weeks to hold it against).")
        return
    yield Text("What changed, the newest week first, then the surest", style="bold")
    table = _table("week from", "channel/queue", "topic", "", "now", "before", "q", left=4)
    for one in changes[:MOST_CHANGES]:
        where = "/".join(safe(str(part)) for part in (one["channel"], one["queue"]) if part)
        what = f"{ARROWS[one['direction']]} {SAID[one['measure']]}"
        style = "red" if one["direction"] == "rising" else "green"
        topic = safe(str(one["topic"] or "none"))
        table.add_row(one["week"], where, topic, Text(what, style=style), *said(one), chance(one["q_value"]))
    if len(changes) > MOST_CHANGES:
        table.add_row(f"and {len(changes) - MOST_CHANGES} more", style="dim")
    yield table


def said(trend: Mapping[str, Any]) -> tuple[str, str]:
    """Return the numbers of a trend for people, now and before."""
    if trend["now_of"] is None:
        if trend["weeks"] == 1:
            return f"{trend['now']:,}", f"{trend['before']:,} the week before"
        return f"{trend['now']:,}", f"{trend['before'] / trend['weeks']:,.1f} a week, in {trend['weeks']} weeks"
    return f"{trend['now']:,} of {trend['now_of']:,}", f"{trend['before']:,} of {trend['before_of']:,}"


def chance(value: float) -> str:
    """Return a p-value or a q-value for people; the document has them to nine digits behind the point."""
    return f"{value:.2g}" if value else "<1e-9"


def _paths(journeys: Document) -> Iterable[RenderableType]:
    paths = journeys["ending_in_a_detractor"]
    if not paths:
        yield Text(f"None of {journeys['total']:,} journeys met a detractor alert.")
        return
    yield Text(f"Paths to the first detractor alert, of {journeys['total']:,} journeys", style="bold")
    table = _table("path", "journeys", "of all that met one", "of all that went this way")
    for one in paths[:MOST_PATHS]:
        path = " \u2192 ".join(safe(channel) for channel in one["path"])
        went = f"{one['of_those_that_took_it']:.0%} of {one['taken']:,}"
        table.add_row(path, f"{one['journeys']:,}", f"{one['share']:.0%}", went)
    yield table


def _next_topics(pairs: Sequence[Document]) -> Iterable[RenderableType]:
    yield Text("What led to what, where the customer came back within the window", style="bold")
    table = _table("after", "came back about", "times", "of all that came back after it", left=2)
    for one in pairs[:MOST_PATHS]:
        topic, other = (safe(str(one[name] or "none")) for name in ("topic", "next_topic"))
        table.add_row(topic, other, f"{one['times']:,}", f"{one['share']:.0%} of {one['led_on']:,}")
    yield table


def _table(*heads: str, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place < left else "right", no_wrap=place == 0)
    return table
