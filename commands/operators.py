"""What operators type in more than one command, the installation that they speak of, and how it is safely said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.kafka import find, read_settings

if TYPE_CHECKING:
    from agents.installation import Installation

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
show_option = click.option(
    "--show-identifiers",
    is_flag=True,
    help="Show identifiers in full: m@example.com, not m\u2022\u2022\u2022@example.com.",
)
by_option = click.option("--by", required=True, help="Who says so; it stays on the record.")
why_option = click.option("--why", required=True, help="Why; it stays on the record.")
dry_option = click.option("--dry-run", is_flag=True, help="Send nothing; list what would change.")
patience_option = click.option(
    "--patience",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the resolver's answer.",
)


def word_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every word of an operator takes: by whom, why, whether it is only tried, how long to wait, how told."""
    for option in (json_option, patience_option, dry_option, why_option, by_option):
        command = option(command)
    return command


def installation() -> Installation:
    """Return the installation that the settings describe."""
    from agents.installation import Installation

    settings = read_settings()
    # No worker is started here, so where it would keep its data does not matter.
    return Installation.of(settings, find(settings), settings.state_dir or Path())


def moment() -> datetime:
    """Return the time, in whole milliseconds, as the records have it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def safely(texts: Iterable[str]) -> Iterable[str]:
    """Return each line without what a terminal would obey; leading space stays."""
    from commands.findings import safe

    return [text[: len(text) - len(text.lstrip(" "))] + safe(text) for text in texts]
