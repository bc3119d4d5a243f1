"""`tellonce backtest`: what a draft policy would have said of the touchpoints that are still kept."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.kafka import read_settings
from commands.refusals import Refusal
from commands.simulate import Moment

if TYPE_CHECKING:
    from commands.backtest_result import Document, Judged
    from commands.backtest_run import Source
    from pipeline.backtest import Window

HELP = """\
Try a draft policy on the touchpoints that are still kept, and compare it with the policy in force.

The topic is read to its end as it is now; the offsets are part of the result. Nothing is written, nobody is paged,
and no worker notices. The same offsets and policies give the same bytes.

\b
A draft is a policy file as TELLONCE_POLICY would name it: only what differs from the default policy.
  tellonce backtest --policy new.toml
  tellonce backtest --policy new.toml --since 2026-03-01T00:00:00Z --html new.html
  tellonce backtest --policy new.toml --from-file result/touchpoints.jsonl
"""

PIPE_WIDTH = 140
"""Characters of a line where the picture goes to no terminal."""

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def source_options(command: Any) -> Any:  # noqa: ANN401 -- click's own decorators say no more
    """Add the options that say what is read: shared with `tellonce hotspots`."""
    for option in (
        click.option(
            "--processes", type=click.IntRange(1, 64), metavar="N", help="How many processes.  [default: one a core]"
        ),
        click.option(
            "--from-file",
            "file",
            type=FILE,
            metavar="FILE",
            help="Read touchpoints.jsonl as `tellonce try` writes it, and no Kafka.",
        ),
        click.option("--until", type=Moment(), help="Only what happened before this time."),
        click.option("--since", type=Moment(), help="Only what happened at or after this time."),
    ):
        command = option(command)
    return command


@click.command(help=HELP, short_help="Try a draft policy on the touchpoints that are still kept.")
@click.option("--policy", "draft", type=FILE, required=True, metavar="FILE", help="The draft policy.")
@click.option(
    "--against", type=FILE, metavar="FILE", help="Another policy to compare with.  [default: the one in force]"
)
@source_options
@click.option(
    "--at", "earlier", type=FILE, metavar="RESULT.json", help="Read the very offsets of an earlier --json result."
)
@click.option(
    "--examples", type=click.IntRange(0, 100), default=3, show_default=True, help="How many of each kind of change."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also write a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backtest(
    *, draft: Path, against: Path | None, since: datetime | None, until: datetime | None, file: Path | None,
    processes: int | None, earlier: Path | None, examples: int, html: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Try a draft policy on the touchpoints that are still kept (the help is HELP)."""
    from commands.backtest_judges import tally
    from commands.backtest_result import result, text
    from commands.backtest_run import ask
    from pipeline.backtest import Tally

    window = window_of(since, until)
    old, new = judged(against or read_settings().policy), judged(draft)
    source = source_of(file, earlier)
    asked = ask(
        source, partial(tally, in_force=old.policy, draft=new.policy, window=window, samples=examples), processes
    )
    whole = Tally(examples)
    for part in asked.answers:
        whole.add(part)
    document = result(whole, old, new, window, asked.read)
    if html is not None:
        from commands.backtest_page import html as page

        html.write_text(page(document), "utf-8")
    if as_json:
        click.echo(text(document))
    else:
        _show(document, html)


def judged(file: Path | None) -> Judged:
    """Return the policy of a file (None: the default one) with its settings. Raises `Refusal`: every problem, a line
    each.
    """
    from agents.contracts import default_policy, default_policy_document, policy_document, topics_of_conversation
    from commands.backtest_result import Judged
    from pipeline.policy_file import policy, problems, shown

    settings = {one.path: one for one in shown(default_policy_document())}
    if file is None:
        return Judged(default_policy(), settings)
    document = policy_document(file)
    topics = topics_of_conversation()
    if wrong := problems(document, default_policy(), topics):
        raise Refusal("\n".join(f"{file}: {one}" for one in wrong), 2)
    settings |= {one.path: one for one in shown(document)}
    return Judged(policy(document, default_policy(), topics), settings)


def source_of(file: Path | None, earlier: Path | None = None) -> Source:
    """Return what is to be read. Raises `UsageError` for two at once."""
    import json

    from commands.backtest_log import fixed_again
    from commands.backtest_run import Source
    from commands.operators import installation

    if file is not None:
        if earlier is not None:
            raise click.UsageError("--from-file reads no offsets: leave --at out")
        return Source(file=file)
    at = installation()
    if earlier is None:
        return Source(at)
    try:
        read = json.loads(earlier.read_text("utf-8"))["read"]["offsets"]
    except (KeyError, TypeError, ValueError):
        raise click.UsageError(f"--at {earlier}: allowed is what --json printed of a Kafka's touchpoints") from None
    return Source(at, fixed_again(read, at.settings.prefix))


def window_of(since: datetime | None, until: datetime | None) -> Window:
    """Return the window that was asked for. Raises `UsageError` where there is no time in it."""
    from pipeline.backtest import Window

    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since has to be before --until")
    return Window(since, until)


def _show(document: Document, html: Path | None) -> None:
    from rich.console import Console

    from commands.backtest_log import spans_in_words, spans_of
    from commands.backtest_picture import picture

    terminal = Console(highlight=False)
    # A file or a pipe has room; a terminal knows its own.
    wide = terminal if terminal.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
    wide.print(picture(document), soft_wrap=True)
    if "offsets" in document["read"]:
        spans = spans_in_words(spans_of(document["read"]["offsets"]["touchpoints"]))
        click.echo(f"\n{document['read']['prefix']}touchpoints, partition: offsets  {'; '.join(spans) or 'none'}")
    if html is not None:
        click.echo(f"The page is {html}.")
