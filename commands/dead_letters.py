"""`tellonce dead-letters`: what could not be taken, why, and sending it again after a fix.

Rule 1. `list` shows no contents. `show` shows all that a letter has: its bytes may be somebody's words.
Rule 2. `replay` sends only what was asked for by reason, source, time or id; asked for nothing, it sends nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from agents.amounts import parse_duration
from commands.operators import by_option, dry_option, installation, json_option, moment, safely
from commands.refusals import Refusal
from pipeline.refusal import Reason

_EVERY = 5_000
"""Records between two words of progress."""


class Since(click.ParamType):
    """A moment: ISO 8601 with an offset, or so long ago ("2 h")."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 -- click's own signature
        """Return the moment."""
        if isinstance(value, datetime):
            return value
        try:
            return moment() - parse_duration(value)
        except ValueError:
            pass
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = datetime.min  # noqa: DTZ901 -- naive on purpose: refused below
        if found.tzinfo is None:
            self.fail(f'{value!r} is neither a duration ("2 h") nor a time with an offset ("...Z")', param, ctx)
        return found.astimezone(UTC)


_source = click.option("--source", "sources", multiple=True, help="Only letters of this source; may be repeated.")
_reason = click.option(
    "--reason",
    "reasons",
    multiple=True,
    metavar="REASON",
    type=click.Choice([each.value for each in Reason]),
    help="Only letters with this reason; may be repeated.",
)
_since = click.option("--since", type=Since(), help='Only letters since then: "2 h", or 2026-03-01T09:30:00Z.')
_most = click.option(
    "--most", type=click.IntRange(1), default=1_000_000, show_default=True, help="Most records to read."
)


@click.group("dead-letters", short_help="List, show and send again what could not be taken.")
def dead_letters() -> None:
    """List, show and send again the events that could not be taken.

    docs/dead-letters.md says what each reason means.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what its client has to say ends up in our own messages


@dead_letters.command("list")
@_source
@_reason
@_since
@_most
@click.option("--ids", is_flag=True, help="List each letter by its id, instead of counting them.")
@json_option
def list_letters(
    *,
    sources: Sequence[str],
    reasons: Sequence[str],
    since: datetime | None,
    most: int,
    ids: bool,
    as_json: bool,
) -> None:
    """Count the dead letters by source, stage and reason; no contents are shown."""
    from commands.letters import Wanted, counted

    wanted = Wanted(sources, reasons, since)
    if ids:
        asyncio.run(_each(wanted, most, as_json=as_json))
        return
    rows = list(asyncio.run(counted(installation(), wanted, most, _progress)).table())
    if as_json:
        _print(json.dumps(_plain(row)) for row in rows)
    elif rows:
        _print(_table(rows))
    else:
        click.echo("There are no such dead letters.")


async def _each(wanted: Any, most: int, *, as_json: bool) -> None:  # noqa: ANN401 -- commands.letters.Wanted
    from commands.letters import letters

    seen: set[str] = set()
    names = ("dead_letter_id", "source", "stage", "reason", "field", "topic", "partition", "offset", "attempts")
    async for found in letters(installation(), wanted.since, most, _progress):
        if found.is_replay or found.id in seen or found.letter not in wanted:
            continue
        seen.add(found.id)
        row = {name: found.letter[name] for name in names} | {"at": found.at}
        if as_json:
            click.echo(json.dumps(_plain(row)))
        else:
            what = f"{row['source']} {row['stage']} {row['reason']} {row['field'] or '-'}"
            place = f"{row['topic']}/{row['partition']}/{row['offset']}"
            _print(safely([f"{found.id}  {_plain(row)['at']}  {what}  {place}"]))


@dead_letters.command()
@click.argument("letter_id", metavar="ID")
@_most
@click.option(
    "--bytes",
    "shown",
    type=click.Choice(["auto", "text", "hex", "base64"]),
    default="auto",
    show_default=True,
    help="How bytes are shown; auto: as text where they are, else hex.",
)
@json_option
def show(*, letter_id: str, most: int, shown: str, as_json: bool) -> None:
    """Show one dead letter with all its fields and the event's bytes, which may be a customer's words."""
    from commands.letters import Found, letters

    async def look() -> tuple[Found | None, Found | None]:
        letter = again = None
        async for found in letters(installation(), None, most, _progress):
            if found.id == letter_id:
                letter, again = (letter, found) if found.is_replay else (found, again)
        return letter, again

    letter, again = asyncio.run(look())
    if letter is None:
        raise Refusal(f"There is no dead letter {letter_id!r}, or no more.", 1)
    record = letter.letter | ({n: again.letter[n] for n in ("replayed_at", "replayed_by")} if again else {})
    if as_json:
        click.echo(json.dumps(_plain(record), ensure_ascii=False))
        return
    for name, value in record.items():
        if name == "headers":
            for header in value:
                _print(safely([f"header {header['key']}: {_bytes(header['value'], shown)}"]))
        else:
            text = _bytes(value, shown) if name in {"key", "value"} else str(_plain({name: value})[name])
            _print(safely([f"{name}: {'-' if value is None else text}"]))


@dead_letters.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@_source
@_reason
@_since
@_most
@by_option
@dry_option
@json_option
def replay(
    *,
    ids: Sequence[str],
    sources: Sequence[str],
    reasons: Sequence[str],
    since: datetime | None,
    most: int,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send events again as they were, to the topic where they stood: after a fix of ours, or of a policy.

    Each letter is sent once; a second call finds only what has come back meanwhile. Exit code 1: a letter's topic is
    not there any more, or there is no letter with an id.
    """
    from commands.letters import Wanted
    from commands.replaying import Order
    from commands.replaying import replay as send

    if not (ids or sources or reasons or since):
        raise click.UsageError("Say which: by ID, --reason, --source or --since.")
    order = Order(Wanted(sources, reasons, since, ids), by, moment(), dry_run)
    done = asyncio.run(send(installation(), order, most, _progress))
    if as_json:
        report = {
            "sent": dict(done.sent),
            "sent_before": done.before,
            "no_topic": dict(done.homeless),
            "no_letter": sorted(done.unknown),
        }
        click.echo(json.dumps(report | {"dry_run": dry_run, "by": by}))
    else:
        _print(f"{'would send' if dry_run else 'sent'} {n} again to {topic}" for topic, n in sorted(done.sent.items()))
        _print(f"{n} stay: there is no topic {topic}" for topic, n in sorted(done.homeless.items()))
        _print([f"{done.before} had been sent again before"] * bool(done.before))
        _print(safely(f"There is no dead letter {each!r}, or no more." for each in sorted(done.unknown)))
        _print(["Nothing to send."] * (not done.sent and not done.homeless))
    sys.exit(bool(done.homeless or done.unknown))


def _progress(read: int, total: int) -> None:
    if sys.stderr.isatty() and total > _EVERY:
        click.echo(f"\rread {read} of {total}{'' if read < total else chr(10)}", nl=False, err=True)


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    lines = [tuple(rows[0]), *(tuple(str(each) for each in _plain(row).values()) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as JSON has it; bytes twice, as base64 and (where they are) as text."""
    plain: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, datetime):
            plain[name] = value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        elif isinstance(value, bytes):
            plain[f"{name}_base64"] = base64.b64encode(value).decode()
            plain[f"{name}_text"] = _text(value)
        elif isinstance(value, list):
            plain[name] = [_plain(each) for each in value]
        else:
            plain[name] = value
    return plain


def _bytes(value: bytes | None, shown: str) -> str:
    if value is None:
        return "-"
    text = _text(value)
    if shown == "text" or (shown == "auto" and text is not None):
        return value.decode("utf-8", "replace")
    return value.hex() if shown in {"hex", "auto"} else base64.b64encode(value).decode()


def _text(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
