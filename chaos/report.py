"""The table of a run and of all runs, and the totals as one line of JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.run import STANDS, Played, Row

COUNTS = ("lost", "duplicated", "wrong", "repeated")
COLUMNS = ("fault", "events", *COUNTS, "exits", "needless", "late", "stood, s", "back, s", "caught up, s")
"""A fault each, and below them what is no fault's: the state, and events that nobody sent."""


def totals(runs: Sequence[Played]) -> dict[str, Any]:
    """Return the totals over all runs; `exits` are those of workers, by fence or signal, `needless_exits` those of
    them that no fault explains; `late` is how often a fault hit when there was no work left.
    """
    exits: Counter[str] = Counter()
    found = {
        "events": 0,
        "lost": 0,
        "duplicated": 0,
        "wrong": 0,
        "repeated": 0,
        "commits_fell": 0,
        "compared": 0,
        "stalls": 0,
        "told": 0,
        "needless_exits": 0,
        "late": 0,
    }
    seeds, stood, back, memory = list[int](), 0.0, 0.0, 0
    for run in runs:
        seeds.append(run.seed)
        for name in COUNTS:
            found[name] += getattr(run.verdict, name).total()
        found["events"] += sum(row.events for row in run.rows)
        found["compared"] += run.compared
        found["commits_fell"] += len(run.fell)
        found["told"] += len(run.told)
        memory = max(memory, run.memory)
        for row in run.rows:
            exits.update(row.exits)
            found["needless_exits"] += row.needless
            found["stalls"] += row.stood > STANDS
            found["late"] += row.late
            stood, back = max(stood, row.stood), max(back, row.back)
    return {
        **found, "exits": dict(sorted(exits.items())), "longest_stand_seconds": round(stood, 1),
        "longest_back_seconds": round(back, 1), "most_memory_mib": memory >> 20, "seeds": seeds,
        "left": [str(run.left) for run in runs if run.left],
    }  # fmt: skip


def show(run: Played, console: Console) -> None:
    """Print one run's table, and the first of what was wrong."""
    console.print(_table(f"seed {run.seed}", [run]))
    told = (f"an identifier of a customer is in what {log} said" for log in run.told)
    left = [f"data left in {run.left}"] if run.left else []
    for line in (*run.verdict.examples, *run.verdict.apart, *run.fell[:3], *told, *left):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def show_sum(runs: Sequence[Played], console: Console) -> None:
    """Print the table of all runs: each fault once."""
    console.print(_table(f"seeds {', '.join(str(run.seed) for run in runs)}: sums, and the longest seconds", runs))


def _table(title: str, runs: Sequence[Played]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in {"fault", "exits"} else "right")
    found = {name: sum((getattr(run.verdict, name) for run in runs), Counter[str]()) for name in COUNTS}
    rows: dict[str, list[Row]] = {}
    for row in (row for run in runs for row in run.rows):
        rows.setdefault(row.name, []).append(row)
    for name, own in rows.items():
        exits = sum((row.exits for row in own), Counter[str]())
        table.add_row(
            name,
            f"{sum(row.events for row in own):,}",
            *(str(found[count][name]) for count in COUNTS),
            ", ".join(f"{fence} {count}" for fence, count in sorted(exits.items())) or "-",
            f"{sum(row.needless for row in own)}",
            f"{sum(row.late for row in own)}",
            f"{max(row.stood for row in own):.1f}",
            f"{max(row.back for row in own):.1f}",
            f"{max(row.seconds for row in own):.1f}",
        )
    for name in sorted({name for each in found.values() for name in each} - rows.keys()):
        table.add_row(name, "-", *(str(found[count][name]) for count in COUNTS))
    return table


def is_clean(found: dict[str, Any]) -> bool:
    """Say whether everything held."""
    return not any(found[name] for name in ("lost", "duplicated", "wrong", "commits_fell", "stalls", "told"))


def line(found: dict[str, Any]) -> str:
    """Return the totals as JSON."""
    return json.dumps(found)
