"""The page of hotspots: the heat table, what changed, good against bad by week, every cell's evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from commands.charts import GREEN, RED, Shaded, bars, heading, page, paragraph, table
from commands.hotspots_picture import SAID, Square, chance, said, squares
from commands.hotspots_result import ELITE, USUAL, Document, newest_whole

_DARKEST = 0.5
"""The share of bad experiences at which a square is as dark as it gets."""


def html(document: Document) -> str:
    """Return the page."""
    policy = document["policy"]
    return page(f"Hotspots, by the policy {policy['name']} {policy['version']}", _parts(document))


def _parts(document: Document) -> Iterator[str]:
    read, heard, week = document["read"], document["heard"], newest_whole(document)
    yield paragraph(
        f"{read['distinct']:,} touchpoints of {read['customers']:,} customers, "
        f"from {heard['first'] or 'nothing'} to {heard['last'] or 'nothing'}."
    )
    if week is None:
        return
    weeks = document["weeks"]
    yield heading("Good and bad experiences by week")
    yield bars(
        "w", [each["week"] for each in weeks], {n: [each[n] for each in weeks] for n in ("good", "bad")}, (GREEN, RED)
    )
    names = ("volume", "customers", "repeats", "detractors", "good", "bad")
    rows = [
        (each["week"], "yes" if each["whole"] else "no", *(each[name] for name in names), _rounded(each["good_to_bad"]))
        for each in weeks
    ]
    yield table(("week from", "heard whole", *names, "good to bad"), rows)
    yield paragraph(
        f"By Forrester's survey of 2018 the best brands have {ELITE} good to 1 bad, the worst {USUAL} to 1."
    )
    yield heading(f"Week from {week}: experiences, and of 100 how many were bad")
    topics, channels, found = squares(document, week)
    yield table(("topic", *channels), [(t, *(_square(found.get((t, c))) for c in channels)) for t in topics])
    yield heading("What changed")
    yield from _changed(document)
    yield heading("Paths to the first detractor alert")
    yield _paths(document)
    if document["next_topics"]:
        yield heading("What led to what, where the customer came back within the window")
        yield _next_topics(document)
    yield heading("Every cell of that week")
    yield _cells(document, week)


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:,.2f}"


def _square(square: Square | None) -> object:
    if square is None or not (square.volume or square.arrows):
        return None
    shade = min(1.0, square.share / _DARKEST)
    return Shaded(f"{square.arrows}{square.volume:,} ({square.share * 100:.0f})", shade)


def _changed(document: Document) -> Iterator[str]:
    if not document["changed"]:
        yield paragraph("Nothing that noise could not explain, or there are no weeks to hold it against.")
        return
    rows = [
        (
            one["week"], one["channel"], one["queue"], one["topic"] or "none", one["direction"], SAID[one["measure"]],
            *said(one), chance(one["p_value"]), chance(one["q_value"]),
        )
        for one in document["changed"]
    ]  # fmt: skip
    yield table(("week from", "channel", "queue", "topic", "", "what", "now", "before", "p", "q"), rows, texts=True)


def _paths(document: Document) -> str:
    rows = [
        (
            " \u2192 ".join(one["path"]), one["journeys"], f"{one['share']:.1%}",
            f"{one['of_those_that_took_it']:.1%} of {one['taken']:,}",
        )
        for one in document["journeys"]["ending_in_a_detractor"]
    ]  # fmt: skip
    return table(("path", "journeys", "of all that met one", "of all that went this way"), rows)


def _next_topics(document: Document) -> str:
    rows = [
        (one["topic"] or "none", one["next_topic"] or "none", one["times"], f"{one['share']:.1%} of {one['led_on']:,}")
        for one in document["next_topics"]
    ]
    return table(("after", "came back about", "times", "of all that came back after it"), rows)


def _cells(document: Document, week: str) -> str:
    names = (
        "volume", "customers", "touchpoints", "repeats", "same_topic_repeats", "detractors", "good", "bad",
        "sentiment", "effort", "good_to_bad",
    )  # fmt: skip
    rows = [
        (
            cell["topic"] or "none",
            cell["channel"],
            cell["queue"],
            *(cell[name] for name in names[:-3]),
            *(_rounded(cell[name]) for name in names[-3:]),
        )
        for cell in document["cells"]
        if cell["week"] == week
    ]
    return table(("topic", "channel", "queue", *(name.replace("_", " ") for name in names)), rows)
