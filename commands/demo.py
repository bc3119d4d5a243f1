"""`tellonce demo`: broker, topics, a worker, invented customers, and their alerts and flags, in one terminal."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.findings import News, Shown, as_json, lines
from commands.kafka import reach, read_settings
from commands.leaving import in_order

if TYPE_CHECKING:
    from agents.settings import Settings
    from commands.children import Crew
    from commands.rehearsal import Rehearsal

LONGEST = timedelta(minutes=20)
"""How long a demo that nobody ends goes on telling: the invented 20 hours at 60 times their speed."""
_CUSTOMERS_A_SECOND = 0.4
"""About one alert or flag every two seconds: as fast as one reads."""
_FEWEST = 30
_PATIENCE = timedelta(seconds=60)


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    envvar="DEMO_SECONDS",
    help="End after so many seconds; the last line is the summary as JSON.  [env: DEMO_SECONDS; default: at Ctrl-C]",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another town.")
@click.option("--show-identifiers", is_flag=True, help="Show the invented customers' identifiers in full.")
@click.option("--json", "as_json", is_flag=True, help="Print the alerts and flags as JSON, one a line.")
def demo(*, seconds: float | None, seed: int, show_identifiers: bool, as_json: bool) -> None:
    """Watch alerts and flags appear from invented customers, on a real Kafka.

    The customers' last 20 hours are played in the time that the demo lasts (20 minutes unless --seconds says less);
    what happened before is sent at once, and what follows of it is too old to page anybody: it is counted, not shown.
    The demo has topics of its own, which it deletes at the end.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is said by us
    settings = read_settings()
    show = _Show(time.monotonic(), seconds, seed, show_identifiers, as_json)
    show.say("Starting Kafka, or finding the one that runs ...")
    from aiokafka.errors import KafkaError

    from commands.children import WorkerGaveUpError
    from commands.patience import StalledError
    from commands.summary import LostError

    try:
        with in_order(), reach(settings) as bootstrap, tempfile.TemporaryDirectory(prefix="tellonce-") as place:
            show.say(f"Kafka: {bootstrap}")
            document = asyncio.run(_play(show, settings, bootstrap, Path(place)))
    except (WorkerGaveUpError, StalledError, LostError) as wrong:
        raise click.ClickException(str(wrong)) from None
    except KafkaError as wrong:
        raise click.ClickException(f"Kafka failed: {wrong}") from None
    except KeyboardInterrupt:
        show.say("Stopped.")
        return
    click.echo(json.dumps(document))


@dataclass(slots=True)
class _Show:
    """What is shown, and what was seen so far."""

    began: float
    seconds: float | None
    seed: int
    show_identifiers: bool
    as_json: bool
    first_alert: float | None = None
    stale: int = 0
    shown: int = 0
    sent: int = 0
    news: News = field(default_factory=News)

    @property
    def elapsed(self) -> float:
        """Return the seconds since the demo began."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Return the seconds that the demo still has to play; at least a few."""
        return max((self.seconds or LONGEST.total_seconds()) - self.elapsed, 3.0)

    def say(self, line: str) -> None:
        """Say something about the demo itself."""
        click.secho(line, err=True, dim=True)

    def show(self, shown: Shown) -> None:
        """Show an alert or a flag, or count it where it is stale."""
        from rich.console import Console

        now = datetime.now(UTC).astimezone()
        if shown.is_stale(now):
            self.stale += 1
            return
        news = self.news.of(shown)
        if news is None:
            return
        shown = news
        if shown.kind == "detractor-alerts" and self.first_alert is None:
            self.first_alert = round(self.elapsed, 1)
        self.shown += 1
        if self.as_json:
            found = as_json(shown, stale=False, show_identifiers=self.show_identifiers)
            click.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
        else:
            Console(highlight=False, soft_wrap=True).print(lines(shown, now, show_identifiers=self.show_identifiers))


async def _play(show: _Show, settings: Settings, bootstrap: str, place: Path) -> dict[str, object]:
    from commands.children import workers
    from commands.rehearsal import rehearsal

    async with rehearsal(settings, bootstrap, "demo") as made:
        with workers(1, made.worker_settings(place), place) as crew:
            show.say("A worker is starting. Ctrl-C ends the demo.")
            watching = asyncio.create_task(_watch(show, made))
            try:
                await _tell(show, made, crew)
                await _finish(show, made, crew)
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
        return await _summary(show, settings, made)


async def _watch(show: _Show, made: Rehearsal) -> None:
    from agents.contracts import schema_book
    from commands.following import findings

    stream = findings(made.bootstrap, made.prefix, schema_book(), from_beginning=True, say=show.say)
    async with aclosing(stream) as found:
        async for shown in found:
            show.show(shown)


async def _tell(show: _Show, made: Rehearsal, crew: Crew) -> None:
    """Send the customers' events, for as long as the demo lasts; without an end of its own, wait for Ctrl-C."""
    from commands.playing import OVER, Sent, now, play_of, send
    from commands.streams import writing
    from simulation import Simulated

    lasts = show.left
    customers = max(int(lasts * _CUSTOMERS_A_SECOND), _FEWEST)
    play = play_of(now(), seed=show.seed, customers=customers, events=None, speed=OVER.total_seconds() / lasts)
    sent = Sent()

    def tick(_event: Simulated) -> None:
        crew.check()
        show.sent += 1

    with suppress(TimeoutError):
        async with asyncio.timeout(show.left if show.seconds else None), writing(made.bootstrap) as writer:
            await send(play, writer, made.prefix, sent, book=None, tick=tick)
    if show.seconds is None:
        show.say("The invented day is over; Ctrl-C ends the demo.")
        while True:
            crew.check()
            await asyncio.sleep(1)


async def _finish(show: _Show, made: Rehearsal, crew: Crew) -> None:
    """Wait until the worker has worked off what was sent."""
    from commands.patience import until_worked_off

    show.say("Time is up; the worker finishes what was sent.")
    await until_worked_off(
        made.bootstrap, made.group, made.work, patience=_PATIENCE, check=crew.check, progress=lambda _done, _all: None
    )


async def _summary(show: _Show, settings: Settings, made: Rehearsal) -> dict[str, object]:
    from commands.settled import settle
    from commands.streams import ends_of, reading
    from commands.summary import summarise

    async with reading(made.bootstrap) as consumer:
        received = sum((await ends_of(consumer, made.raw)).values())
    summary = summarise(settle(await made.heard(), settings.prefix), received)
    document = summary.document
    kept = ("admitted", "rejected", "rejected_by_reason", "duplicates", "customers", "merged")
    return {
        "sent": received,
        **{name: document[name] for name in (*kept, "contacts", "alerts", "flags")},
        "shown": show.shown,
        "too_old_to_show": show.stale,
        "seconds_to_first_alert": show.first_alert,
        "seconds": round(show.elapsed, 1),
    }
