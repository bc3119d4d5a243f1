"""What rounds say: medians with their spread, and ratios of one contestant to another, round by round.

Rule 1. A ratio is taken within a round, where both saw the same machine; the median of the rounds' ratios is reported.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.contestants import Contestant
from bench.measure import Measured

Rounds = Mapping[str, Sequence[Measured]]


def ratios(rounds: Rounds, one: str) -> dict[str, float]:
    """Return how many times as fast as each other contestant `one` is."""
    return {
        other: round(median(a.rate / b.rate for a, b in zip(rounds[one], found, strict=True)), 3)
        for other, found in rounds.items()
        if other != one
    }


def has_fallen(ratio: float, committed: float, most_lost: float) -> bool:
    """Say whether a ratio is below the committed one by more than a share of it; exactly that share is not."""
    return ratio < committed * (1 - most_lost)


def record(rounds: Rounds) -> dict[str, Any]:
    """Return everything as JSON takes it, the ratios by the names that targets use."""
    found: dict[str, Any] = {}
    for other, ratio in ratios(rounds, "tellonce").items():
        found[f"tellonce_vs_{other}"] = ratio
    if "tellonce_library" in rounds:
        for other, ratio in ratios(rounds, "tellonce_library").items():
            if other != "tellonce":
                found[f"tellonce_library_vs_{other}"] = ratio
    return {**found, "rows": _rows(rounds)}


def product_record(rounds: Rounds) -> dict[str, Any]:
    """Return the whole product's rounds as JSON takes them."""
    return {"product_vs_by_hand": ratios(rounds, "product")["product_by_hand"], "rows": _rows(rounds)}


def _rows(rounds: Rounds) -> dict[str, Any]:
    return {
        name: {
            "events_per_second": [round(run.rate) for run in runs],
            "cpu_seconds_per_million": round(median(run.cpu_per_million for run in runs), 1),
            "peak_mib": round(max(run.peak_mib for run in runs), 1),
        }
        for name, runs in rounds.items()
    }


def table(rounds: Rounds, contestants: Sequence[Contestant], one: str) -> str:
    """Return what people read: ratios first, how many times as fast as each other contestant `one` is."""
    against = ratios(rounds, one)
    columns = ("Tellonce is", "events/s", "lowest", "highest", "CPU s/million", "MiB")
    lines = [f"{'':30}" + "".join(f"{column:>14}" for column in columns)]
    for each in contestants:
        runs = rounds[each.name]
        rates = [run.rate for run in runs]
        cells = (
            f"{against[each.name]:.2f} x" if each.name in against else "",
            *(f"{rate:,.0f}" for rate in (median(rates), min(rates), max(rates))),
            f"{median(run.cpu_per_million for run in runs):.1f}",
            f"{max(run.peak_mib for run in runs):,.0f}",
        )
        lines.append(f"{each.title:30}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join([*lines, "", *(f"{each.title}: {each.lacks}." for each in contestants if each.lacks)])
