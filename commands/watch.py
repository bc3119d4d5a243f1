"""`tellonce watch`: alerts, flags and journey signals, live in the terminal."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from commands.kafka import find, read_settings

if TYPE_CHECKING:
    from commands.findings import Shown


@click.command()
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest that the topics have, not with the next.")
@click.option(
    "--show-identifiers",
    is_flag=True,
    help="Show who it is in full: m@example.com, not m\u2022\u2022\u2022@example.com.",
)
@click.option("--fresh", is_flag=True, help="Leave out what is too old to page anybody (shown dim otherwise).")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="Stop after so many seconds.")
@click.option("--count", type=click.IntRange(1), help="Stop after so many alerts, flags and signals.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def watch(
    *,
    from_beginning: bool,
    show_identifiers: bool,
    fresh: bool,
    seconds: float | None,
    count: int | None,
    as_json: bool,
) -> None:
    """Watch detractor alerts, repeat-contact flags and journey signals as they are raised.

    Each says who (masked), by which channel, what about, why, and in which words. One that was taken back is struck
    through; one that is too old to page anybody is dim. A version that looks the same as the last is not shown again
    (--json prints every one). Where a customer turns out to be another, what was shown before is shown once more, with
    who it was known as. Watching changes nothing, and several may watch at once.
    """
    from rich.console import Console

    from commands.findings import News, lines
    from commands.findings import as_json as document

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is said once, by us
    settings = read_settings()
    bootstrap = find(settings)
    news = News()
    screen = Console(highlight=False, soft_wrap=True)

    def show(shown: Shown) -> None:
        now = datetime.now(UTC).astimezone()
        if as_json:
            found = document(shown, stale=shown.is_stale(now), show_identifiers=show_identifiers)
            click.echo(json.dumps(found, ensure_ascii=False, sort_keys=True))
        else:
            screen.print(lines(shown, now, show_identifiers=show_identifiers))

    def wanted(shown: Shown) -> Shown | None:
        if fresh and shown.is_stale(datetime.now(UTC)):
            return None
        return shown if as_json else news.of(shown)

    try:
        asyncio.run(
            _follow(
                bootstrap, settings.prefix, show, wanted, from_beginning=from_beginning, seconds=seconds, count=count
            )
        )
    except KeyboardInterrupt:
        click.echo(err=True)


async def _follow(
    bootstrap: str,
    prefix: str,
    show: Callable[[Shown], None],
    wanted: Callable[[Shown], Shown | None],
    *,
    from_beginning: bool,
    seconds: float | None,
    count: int | None,
) -> None:
    from agents.contracts import schema_book
    from commands.following import findings

    def say(line: str) -> None:
        click.secho(line, err=True, dim=True)

    seen = 0
    try:
        async with asyncio.timeout(seconds):
            stream = findings(bootstrap, prefix, schema_book(), from_beginning=from_beginning, say=say)
            async with aclosing(stream) as found:
                async for shown in found:
                    news = wanted(shown)
                    if news is None:
                        continue
                    show(news)
                    seen += 1
                    if seen == count:
                        return
    except TimeoutError:
        return
