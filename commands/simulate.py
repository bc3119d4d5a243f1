"""`tellonce simulate`: invented customers with invented troubles, sent to the raw topics or written to a file."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.kafka import find, read_settings

if TYPE_CHECKING:
    from agents.settings import Settings
    from commands.playing import Play, Sent


_FASTEST = 1e7
"""A year of the story in three seconds; anything above is `max`."""


class Speed(click.ParamType):
    """`60x`: an hour of the story in a minute; `max`: no waiting at all."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the factor, 0 for max."""
        if isinstance(value, float):
            return value
        text = str(value).lower()
        try:
            factor = 0.0 if text == "max" else float(text.removesuffix("x"))
        except ValueError:
            factor = -1.0
        if not 0 <= factor < _FASTEST or (factor == 0 and text != "max"):
            self.fail(f"{value!r}: allowed is a factor like 1x, 60x or 3600x, or max", param, ctx)
        return factor


class Moment(click.ParamType):
    """A time with an offset, in ISO 8601."""

    name = "iso time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r}: allowed is ISO 8601, like 2026-03-01T09:00:00Z", param, ctx)
        if found.tzinfo is None:
            self.fail(f"{value!r} has no offset: write 2026-03-01T09:00:00Z or ...+01:00", param, ctx)
        return found


@click.command()
@click.option(
    "--customers", type=click.IntRange(1), help="How many invented customers.  [default: 50, or enough for --events]"
)
@click.option("--events", type=click.IntRange(1), help="Stop after so many events.  [default: all of the customers']")
@click.option(
    "--speed",
    type=Speed(),
    default="max",
    show_default=True,
    help="60x plays an hour in a minute; max waits for nothing.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another town.")
@click.option(
    "--start", type=Moment(), help="No event is before it.  [default: so that the last event happens when it is sent]"
)
@click.option(
    "--over",
    "hours",
    type=click.FloatRange(0, min_open=True),
    default=20.0,
    show_default=True,
    help="Hours over which the customers' stories end.",
)
@click.option(
    "--answers",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what a pipeline should find in what was sent.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write JSON lines to a file instead (`tellonce try` reads them).",
)
@click.option(
    "--one-identifier",
    is_flag=True,
    help="Every event of a customer carries one and the same identifier, and there are no hard cases.",
)
@click.option("--avro", is_flag=True, help="Send events of phone, email and survey in Avro, the others as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print the known answer as one JSON object.")
def simulate(
    *, customers: int | None, events: int | None, speed: float, seed: int, start: datetime | None, hours: float,
    answers: Path | None, out: Path | None, one_identifier: bool, avro: bool, as_json: bool,
) -> None:  # fmt: skip
    """Play invented customers with invented troubles.

    Parcels are late, charges double, accounts locked; people chat, call, write and review, some are happy. A few events
    are late, sent twice, or broken. What should be found in them is known: --answers writes it.

    Each channel knows a customer by an identifier of its own, until something joins them: a log-in, a number that is
    found in the CRM. Some are never joined, and some share a telephone or an address. The answer says of each event
    who it was, and which customer it can be known to be of; alerts and repeats are those that this lets one find.

    How time is told: each customer's story lasts up to 13 days, and all of them end within --over hours. Those hours
    are played at --speed; what happened before them is sent at once, as history. So with the defaults, 60x takes 20
    minutes. Events carry the story's own times; unless --start is given, they are set so that the last event happens
    at the moment when it is sent. The same seed, start and numbers send the same events.
    """
    from datetime import timedelta

    from commands.playing import Sent, now, play_of

    play = play_of(
        now(),
        seed=seed,
        customers=customers,
        events=events,
        speed=speed or None,
        start=start,
        over=timedelta(hours=hours),
        one_identifier=one_identifier,
    )
    sent = Sent()
    try:
        if out is not None:
            _write(play, out, sent)
        else:
            settings = read_settings()
            asyncio.run(_send(play, find(settings), settings, sent, avro=avro))
    except KeyboardInterrupt:
        click.echo("Stopped; the answer is of what was sent.", err=True)
    document = {"seed": seed, "start": play.start.isoformat(), **sent.answers.known().document()}
    if answers is not None:
        answers.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    if as_json:
        click.echo(json.dumps(document))
    else:
        _tell(document)


def _write(play: Play, out: Path, sent: Sent) -> None:
    from commands.playing import line

    with out.open("wb") as file:
        for event in play.told():
            file.write(line(event))
            sent.answers.hear(event)


async def _send(play: Play, bootstrap: str, settings: Settings, sent: Sent, *, avro: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from agents import topic_admin, topics
    from agents.contracts import schema_book
    from commands.playing import send
    from commands.streams import writing
    from simulation import Simulated

    wanted = topics.want(topics.load(), prefix=settings.prefix, partitions=settings.partitions)
    await topic_admin.require(bootstrap, [topic for topic in wanted if ".raw." in f".{topic.name}"])
    book = schema_book() if avro else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[sent]} events, story at {task.fields[at]}"),
    )
    with Progress(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Sending", total=(play.over / play.every), sent=0, at=f"{play.start:%d %b %H:%M}")

        def tick(event: Simulated) -> None:
            live = max((event.sent_at - play.live_from) / play.every, 0.0)
            bar.update(task, completed=live, sent=sent.answers.received, at=f"{event.sent_at:%d %b %H:%M}")

        async with writing(bootstrap) as writer:
            await send(play, writer, settings.prefix, sent, book=book, tick=tick)
        bar.update(task, completed=play.over / play.every)


def _tell(document: dict[str, object]) -> None:
    known = {name: value for name, value in document.items() if isinstance(value, int | str)}
    click.echo(", ".join(f"{name} {value}" for name, value in known.items()))
    for name in ("detractor_alerts", "repeat_contacts"):
        group = document[name]
        counts = {kind: len(each) for kind, each in group.items()} if isinstance(group, dict) else {}
        click.echo(f"{name}: " + ", ".join(f"{kind} {number}" for kind, number in counts.items()))
