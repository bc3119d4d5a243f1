"""`tellonce try`: somebody's own export through the whole real pipeline, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.kafka import read_settings

if TYPE_CHECKING:
    from commands.settled import Outcome
    from commands.summary import Summary
    from exports import Options

HELP = """\
Run export files through the whole pipeline, once, and see what comes out.

A Kafka is started for it, unless one runs or TELLONCE_BROKER names one; the run's topics are its own, and deleted
afterwards. Nothing leaves this machine.

\b
FILES, by their ending (or --format); .gz is unpacked:
  .jsonl .ndjson  JSON lines: an object a line, whose "source" says which of the sources below it is
  .csv .tsv       a table; --columns says which column is which field (--columns-example prints such a map)
  .mbox           e-mails; --own-domain or --own-address says which of them the company wrote

\b
In DIR afterwards:
  touchpoints.jsonl       every event that was understood: who, when, by which channel, mood, topics
  timelines.jsonl         each customer's contacts and touchpoints across channels, in order
  detractor-alerts.jsonl  customers who turn away, with why, the words, the evidence
  repeat-contacts.jsonl   customers who had to come back, and after what
  journey-signals.jsonl   effort, anger, promises kept and broken, customers who cannot reach a person
  dead-letters.jsonl      every event that was refused, with reason, field, what was expected, and its bytes
                          (`value`; `value_as` says whether as text or as base64)
  summary.json            the numbers; received = admitted + rejected, always

The files hold what stands in the end: the last version of each alert, flag and signal, without those that were taken
back, and customers as all events together tell (`merged` in summary.json: how many turned out to be another).
`status` is therefore always "raised", and how it came about is not told. The same files give the same DIR, byte for
byte, with the same version, policy and TELLONCE_PARTITIONS. Topics are named with the prefix of the settings.

\b
Examples:
  tellonce try calls.jsonl chats.jsonl.gz --out result
  tellonce try --columns-example > map.toml; tellonce try reviews.csv --columns map.toml --out result
  tellonce try support.mbox --own-domain example.net --out result
  tellonce simulate --out town.jsonl; tellonce try town.jsonl --out result
"""


FIRST_TO_READ = ("detractor-alerts", "repeat-contacts", "timelines", "dead-letters")
"""Which of the files to begin with: the first that holds anything."""


class TryCommand(click.Command):
    """Adds the sources and their fields to the help, out of the schemas."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every source with an example and its fields."""
        from commands.try_help import sources_text

        del ctx
        formatter.write("\nSources and their fields (`tellonce try --fields phone` prints one):\n\n")
        formatter.write(sources_text(formatter.width))


def _print_example(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's own
    if value:
        from exports.column_map import EXAMPLE

        click.echo(EXAMPLE, nl=False)
        ctx.exit()


def _print_fields(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        from commands.try_help import source_text

        click.echo(source_text(value, 100, with_customer=True), nl=False)
        ctx.exit()


_SOURCES = ("chat", "phone", "email", "review", "survey", "other")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command(cls=TryCommand, help=HELP, short_help="Run export files through the whole pipeline, once.")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the results go; made where it is not there.",
)
@click.option(
    "--force", is_flag=True, help="Write into DIR though there is something in it; only the files above are replaced."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv", "mbox"]),
    help="What the files are.  [default: by their ending]",
)
@click.option(
    "--source",
    type=click.Choice(_SOURCES),
    help="JSON lines: the source of lines that do not say one.  [default: other]",
)
@click.option("--columns", metavar="MAP.toml", type=_FILE, help="CSV: which column is which field.")
@click.option(
    "--own-address",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="mbox: an address of the company; more than one may be given.",
)
@click.option(
    "--own-domain",
    "domains",
    multiple=True,
    metavar="DOMAIN",
    help="mbox: a domain of the company; more than one may be given.",
)
@click.option(
    "--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="How many workers share the work."
)
@click.option(
    "--patience",
    type=click.IntRange(5),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Give up when nothing has moved for so long.",
)
@click.option("--keep", is_flag=True, help="Keep the run's topics, to look at them; their prefix is printed.")
@click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the picture.")
@click.option(
    "--columns-example",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_example,
    help="Print a column map to begin with.",
)
@click.option(
    "--fields",
    type=click.Choice(_SOURCES),
    is_eager=True,
    expose_value=False,
    callback=_print_fields,
    help="Print the fields of one source.",
)
def try_files(
    *, paths: tuple[Path, ...], folder: Path, force: bool, kind: str | None, source: str | None, columns: Path | None,
    addresses: tuple[str, ...], domains: tuple[str, ...], workers: int, patience: int, keep: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run export files through the whole pipeline, once (the help is HELP)."""
    from commands.try_run import Run, run_once
    from exports import BadExport

    settings = read_settings()
    try:
        options = _options(paths, kind, source, columns, (addresses, domains))
        _check_folder(folder, force=force)
        run = Run(paths, options, settings, workers, timedelta(seconds=patience), keep=keep)
        outcome, summary = run_once(run, folder)
    except BadExport as wrong:
        raise click.UsageError(str(wrong)) from None
    if as_json:
        click.echo(json.dumps(summary.document, ensure_ascii=False))
    else:
        _show(summary, outcome, folder)


def _options(
    paths: tuple[Path, ...],
    kind: str | None,
    source: str | None,
    columns: Path | None,
    own: tuple[tuple[str, ...], ...],
) -> Options:
    from typing import cast

    from agents import topics
    from commands.feeding import FRAME
    from commands.try_help import all_fields
    from exports import BadExport, Options, kind_of
    from exports.column_map import column_map
    from exports.files import Kind
    from exports.mail import Own

    addresses, domains = own
    company = Own(
        frozenset(address.lower() for address in addresses),
        frozenset(domain.lower().removeprefix("@") for domain in domains),
    )
    largest = min(topic.max_message for topic in topics.load() if topic.name.startswith("raw."))
    try:
        text = None if columns is None else columns.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadExport(f"{columns}: {wrong}") from None
    options = Options(
        longest=largest - FRAME,
        kind=cast("Kind | None", kind),
        source=source,
        columns=None if text is None else column_map(text, all_fields()),
        own=company if addresses or domains else None,
    )
    for path in paths:
        kind_of(path, options)
    return options


def _check_folder(folder: Path, *, force: bool) -> None:
    from exports import BadExport

    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise BadExport(f"{folder} is not empty: choose another --out, or --force")
    folder.mkdir(parents=True, exist_ok=True)


def _show(summary: Summary, outcome: Outcome, folder: Path) -> None:
    from rich.console import Console

    from commands.picture import picture

    Console(highlight=False).print(picture(summary, outcome, datetime.now(UTC)), soft_wrap=True)
    first = next((name for name in FIRST_TO_READ if outcome.standing[name]), None)
    click.echo(
        f"Everything is in {folder}/: start with {folder}/{'summary.json' if first is None else f'{first}.jsonl'}"
    )
