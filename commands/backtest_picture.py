"""The picture of a backtest in the terminal: how many each policy finds a day, and what is new or gone. Pure, but for
rich.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from commands.backtest_result import KINDS, Document
from commands.findings import safe

ALERTS = "detractor-alert"
"""What is shown day by day in any case; of the other kinds a line, where both policies say the same."""
MOST_ROWS = 35
"""Days that are shown one by one; more are shown in stretches."""
WIDEST = 24
_MOST_LABELS = 8
_COUNTS = ("in_force", "draft", "new", "gone", "changed")
_HEADS = ("in force", "draft", "new", "gone", "changed")


def picture(document: Document) -> RenderableType:
    """Return what there is to see."""
    parts: list[RenderableType] = [_headline(document)]
    for kind, found in document["findings"].items():
        parts += [Text(), _title(kind, found)]
        if found["by_day"] and (kind == ALERTS or differs(found["total"])):
            parts += [_days(found["by_day"]), Text(), _labels("queue", found["by_queue"])]
            parts += [Text(), _labels("topic", found["by_topic"])]
        for change, examples in found["examples"].items():
            parts += _examples(change, examples)
    return Group(*parts)


def differs(total: Mapping[str, Any]) -> bool:
    """Say whether the policies differ in anything of a kind."""
    return bool(total["new"] or total["gone"] or total["changed"])


def stretches(rows: Sequence[Mapping[str, Any]], most: int) -> tuple[list[dict[str, Any]], int]:
    """Return the days from the first to the last, those without findings too, in at most so many stretches; and how
    many days a stretch has.
    """
    first = date.fromisoformat(rows[0]["day"])
    span = (date.fromisoformat(rows[-1]["day"]) - first).days + 1
    length = -(-span // most)
    found = [
        {"day": (first + timedelta(days=start)).isoformat(), **dict.fromkeys(_COUNTS, 0)}
        for start in range(0, span, length)
    ]
    for row in rows:
        stretch = found[(date.fromisoformat(row["day"]) - first).days // length]
        for name in _COUNTS:
            stretch[name] += row[name]
    return found, length


def _headline(document: Document) -> Text:
    read, text = document["read"], Text()
    old, new = document["in_force"], document["draft"]
    text.append(f"{old['name']} {old['version']}", style="bold").append(" (in force) against ")
    text.append(f"{new['name']} {new['version']}", style="bold").append(" (draft)\n")
    text.append(f"{read['distinct']:,} touchpoints of {read['customers']:,} customers")
    for change in document["differences"]:
        text.append(f"\n  {change['setting']}: {_or_none(change['in_force'])} \u2192 {_or_none(change['draft'])}")
    if not document["differences"]:
        text.append("\n  The two policies do not differ in any setting.")
    if document["not_replayed"]:
        text.append(
            f"\n  Not tried: {', '.join(document['not_replayed'])} (decided when a touchpoint comes in)", style="yellow"
        )
    return text


def _title(kind: str, found: Document) -> Text:
    total, text = found["total"], Text()
    text.append(f"{KINDS.get(kind, kind)}: ", style="bold")
    text.append(f"{total['in_force']:,} \u2192 {total['draft']:,}", style="bold")
    text.append(f"   {total['new']:,} new, {total['gone']:,} gone, {total['changed']:,} changed")
    if total["pages_in_force"] or total["pages_draft"]:
        text.append(f"; would page {total['pages_in_force']:,} \u2192 {total['pages_draft']:,}")
    return text


def _days(rows: Sequence[Mapping[str, Any]]) -> Table:
    found, length = stretches(rows, MOST_ROWS)
    table = _table("day" if length == 1 else f"{length} days from")
    table.add_column("stays \u2588  new \u2593  gone \u2591")
    most = max(row["in_force"] + row["new"] for row in found)
    for row in found:
        table.add_row(row["day"], *_numbers(row), _bar(row, most))
    return table


def _bar(row: Mapping[str, Any], most: int) -> Text:
    """Return a bar of what stays, is new and is gone; whatever there is has a mark."""
    text = Text()
    stays = row["in_force"] - row["gone"]
    for number, mark, style in (
        (stays, "\u2588", "cyan"),
        (row["new"], "\u2593", "green"),
        (row["gone"], "\u2591", "red"),
    ):
        text.append(mark * -(-number * WIDEST // most), style=style)
    return text


def _labels(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(name)
    for row in rows[:_MOST_LABELS]:
        table.add_row(safe(str(row[name])) if row[name] else "none", *_numbers(row))
    if len(rows) > _MOST_LABELS:
        table.add_row(f"and {len(rows) - _MOST_LABELS} more", style="dim")
    return table


def _table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first)
    for head in _HEADS:
        table.add_column(head, justify="right")
    return table


def _numbers(row: Mapping[str, Any]) -> list[str]:
    return [f"{row[name]:,}" if row[name] else "\u00b7" for name in _COUNTS]


def _examples(change: str, examples: Sequence[Document]) -> list[RenderableType]:
    found: list[RenderableType] = []
    for one in examples:
        text = Text()
        text.append(f"{change.upper():<8}", style={"new": "green", "gone": "red"}.get(change, "yellow"))
        where = "/".join(safe(str(part)) for part in (one["channel"], one["queue"]) if part)
        text.append(f"{one['occurred_at'][:16].replace('T', ' ')}  {safe(one['customer'])}  {where}")
        text.append(f"  {', '.join(one['topics'] or ())}", style="green")
        for name, why in one["why"].items():
            if why:
                text.append(f"\n        {name.replace('_', ' ')}: {safe(str(why))}")
        if one["differs_in"]:
            text.append(f"\n        differs in {', '.join(one['differs_in'])}")
        if one["words"]:
            text.append(f"\n        \u201c{safe(str(one['words']))}\u201d", style="italic")
        text.append(f"\n        {safe('; '.join(one['evidence']))}", style="dim")
        found += [Text(), text]
    return found


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)
