"""The table of a run, and the totals as one line of JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.run import STANDS, Played


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
        for name in ("lost", "duplicated", "wrong", "repeated"):
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
    table = Table(title=f"seed {run.seed}", title_justify="left")
    for name in (
        "fault",
        "events",
        "lost",
        "duplicated",
        "wrong",
        "repeated",
        "exits",
        "needless",
        "late",
        "stood, s",
        "back, s",
        "caught up, s",
    ):
        table.add_column(name, justify="left" if name in {"fault", "exits"} else "right")
    for row in run.rows:
        counts = [getattr(run.verdict, name)[row.name] for name in ("lost", "duplicated", "wrong", "repeated")]
        exits = ", ".join(f"{fence} {count}" for fence, count in sorted(row.exits.items())) or "-"
        table.add_row(
            row.name,
            f"{row.events:,}",
            *map(str, counts),
            exits,
            f"{row.needless}",
            f"{row.late}",
            f"{row.stood:.1f}",
            f"{row.back:.1f}",
            f"{row.seconds:.1f}",
        )
    console.print(table)
    told = (f"an identifier of a customer is in what {log} said" for log in run.told)
    left = [f"data left in {run.left}"] if run.left else []
    for line in (*run.verdict.examples, *run.verdict.apart, *run.fell[:3], *told, *left):
        console.print(f"  {line}", markup=False, highlight=False)


def is_clean(found: dict[str, Any]) -> bool:
    """Say whether everything held."""
    return not any(found[name] for name in ("lost", "duplicated", "wrong", "commits_fell", "stalls", "told"))


def line(found: dict[str, Any]) -> str:
    """Return the totals as JSON."""
    return json.dumps(found)
