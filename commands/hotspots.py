"""`tellonce hotspots`: where the friction is, by topic, channel, queue and week, and what changed."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.backtest import PIPE_WIDTH, judged, source_of, source_options, window_of
from commands.kafka import read_settings

if TYPE_CHECKING:
    from commands.hotspots_result import Document

HELP = """\
Show where the friction is: contacts by topic, channel, queue and week, good and bad, and what changed.

The touchpoints that are still kept are read to their end as it is now, and judged by the policy in force. A change
is named only where an exact test says so, with all tests of a week taken together; docs/hotspots.md has the formulas.

\b
  tellonce hotspots
  tellonce hotspots --since 2026-03-01T00:00:00Z --html hotspots.html
  tellonce hotspots --publish
  tellonce hotspots --from-file result/touchpoints.jsonl
"""


@click.command(help=HELP, short_help="Show where the friction is, and what changed.")
@source_options
@click.option("--week", metavar="MONDAY", help="Show this week.  [default: the newest that was heard whole]")
@click.option("--publish", "to_topic", is_flag=True, help="Also write them to the topic hotspots.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also write a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def hotspots(
    *, since: datetime | None, until: datetime | None, file: Path | None, processes: int | None, week: str | None,
    to_topic: bool, html: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show where the friction is, and what changed (the help is HELP)."""
    from commands.backtest_judges import weigh
    from commands.backtest_run import ask
    from commands.hotspots_publish import publish
    from commands.hotspots_result import found, result, to_publish
    from pipeline.hotspots import Weighed

    window = window_of(since, until)
    if to_topic and (file is not None or since is not None or until is not None):
        raise click.UsageError("--publish tells all that is kept: leave --from-file, --since and --until out")
    policy = judged(read_settings().policy).policy
    source = source_of(file)
    asked = ask(source, partial(weigh, policy=policy, window=window), processes)
    whole = Weighed()
    for weight in asked.answers:
        whole.add(weight)
    all_of_it = found(whole, policy, since, until)
    document = result(all_of_it, policy, asked.read)
    _know(document, week)
    if html is not None:
        from commands.hotspots_page import html as page

        html.write_text(page(document), "utf-8")
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, sort_keys=True))
    else:
        _show(document, week)
    if to_topic and source.at is not None:
        told, ended = asyncio.run(publish(source.at, to_publish(all_of_it, whole=asked.whole)))
        click.echo(f"{source.at.name('hotspots')}: {told:,} cells written, {ended:,} ended.", err=True)


def _know(document: Document, week: str | None) -> None:
    weeks = [each["week"] for each in document["weeks"]]
    if week is not None and week not in weeks:
        raise click.UsageError(f"--week {week}: allowed is one of {', '.join(weeks) or 'none: nothing was heard'}")


def _show(document: Document, week: str | None) -> None:
    from rich.console import Console

    from commands.hotspots_picture import picture

    terminal = Console(highlight=False)
    # A file or a pipe has room; a terminal knows its own.
    wide = terminal if terminal.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
    wide.print(picture(document, week), soft_wrap=True)
