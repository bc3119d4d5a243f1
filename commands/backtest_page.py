"""The page of a backtest: the same numbers as the picture, with charts, all tables and the examples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from commands.backtest_picture import ALERTS, differs, stretches
from commands.backtest_result import KINDS, Document
from commands.charts import GREEN, RED, bars, heading, page, paragraph, table

_MOST_BARS = 92
_COUNTS = {"in_force": "in force", "draft": "draft", "new": "new", "gone": "gone", "changed": "changed"}


def html(document: Document) -> str:
    """Return the page."""
    old, new = document["in_force"], document["draft"]
    title = f"Backtest: {new['name']} {new['version']} against {old['name']} {old['version']}"
    return page(title, _parts(document))


def _parts(document: Document) -> Iterator[str]:
    read, window = document["read"], document["window"]
    yield paragraph(
        f"{read['distinct']:,} touchpoints of {read['customers']:,} customers, "
        f"findings from {window['since'] or 'the first'} to {window['until'] or 'the last'}. "
        "Nothing was raised, and nobody was told."
    )
    yield heading("What differs in the policies")
    rows = [(one["setting"], one["in_force"], one["draft"]) for one in document["differences"]]
    yield table(("setting", "in force", "draft"), rows, texts=True) if rows else paragraph("No setting.")
    if document["not_replayed"]:
        yield paragraph(f"Not tried, since decided when a touchpoint comes in: {', '.join(document['not_replayed'])}.")
    for number, (kind, found) in enumerate(document["findings"].items()):
        yield from _kind(f"k{number}", kind, found)
    yield heading("What was read")
    yield from _read(read)


def _kind(name: str, kind: str, found: Document) -> Iterator[str]:
    total = found["total"]
    yield heading(
        f"{KINDS.get(kind, kind)}: {total['in_force']:,} in force, {total['draft']:,} draft; "
        f"{total['new']:,} new, {total['gone']:,} gone, {total['changed']:,} changed"
    )
    if total["pages_in_force"] or total["pages_draft"]:
        yield paragraph(f"Would page: {total['pages_in_force']:,} in force, {total['pages_draft']:,} draft.")
    if not found["by_day"]:
        return
    if kind != ALERTS and not differs(total):
        yield paragraph("Both policies say the same.")
        return
    rows, length = stretches(found["by_day"], _MOST_BARS)
    labels = [row["day"] for row in rows]
    yield paragraph("A day each, in UTC." if length == 1 else f"{length} days each, from the day named, in UTC.")
    yield bars(f"{name}a", labels, {_COUNTS[each]: [row[each] for row in rows] for each in ("in_force", "draft")})
    changes = {_COUNTS[each]: [row[each] for row in rows] for each in ("new", "gone")}
    if any(map(any, changes.values())):
        yield bars(f"{name}b", labels, changes, (GREEN, RED))
    for label in ("queue", "topic"):
        yield heading(f"By {label}", 3)
        yield table((label, *_COUNTS.values()), _rows(label, found[f"by_{label}"]))
    for change, examples in found["examples"].items():
        if examples:
            yield heading(f"Examples: {change}", 3)
            yield from map(_example, examples)


def _rows(label: str, rows: Iterable[Document]) -> list[list[object]]:
    return [[row[label] or "none", *(row[each] for each in _COUNTS)] for row in rows]


def _example(one: Document) -> str:
    where = "/".join(str(part) for part in (one["channel"], one["queue"]) if part)
    said = [f"<article><b>{escape(one['occurred_at'])}</b> {escape(one['customer'])} {escape(where)}"]
    said += [f" <i>{escape(', '.join(one['topics'] or ()))}</i>"]
    said += [f"<br>{escape(name.replace('_', ' '))}: {escape(str(why))}" for name, why in one["why"].items() if why]
    if one["differs_in"]:
        said.append(f"<br>differs in {escape(', '.join(one['differs_in']))}")
    if one["words"]:
        said.append(f"<blockquote>{escape(str(one['words']))}</blockquote>")
    ids = "; ".join((one["id"], one["customer_id"], *one["evidence"]))
    return f'{"".join(said)}<div class="dim">{escape(ids)}</div></article>'


def _read(read: Document) -> Iterator[str]:
    if "file" in read:
        yield paragraph(f"{read['file']}: {read['touchpoints']:,} lines.")
        return
    heads = ("topic", "partition", "from offset", "to offset (without)")
    rows = [
        (f"{read['prefix']}{name}", one["partition"], one["from"], one["to"])
        for name, spans in read["offsets"].items()
        for one in spans
    ]
    yield table(heads, rows)
    yield paragraph(f"Left out: {read['erased']:,} of erased people, {read['unreadable']:,} that could not be read.")
