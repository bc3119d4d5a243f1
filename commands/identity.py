"""`tellonce identity`: who a customer is, and an operator's word on it.

Rule 1. `show` and `parked` only read. `merge` and `split` speak to the resolver, who decides; with --dry-run they send
        nothing, and list what would change.
Rule 2. Identifiers are masked unless they are asked for.
Rule 3. What the resolver would refuse is refused before it is sent: two CRM ids are never one customer.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.kafka import find, read_settings
from commands.refusals import Refusal

if TYPE_CHECKING:
    from agents.installation import Installation
    from commands.people import People
    from commands.words import Answered, Spoken
    from pipeline.kin import Verdict
    from pipeline.preview import Change
    from pipeline.touchpoint import Identifier

    Judged = Callable[[People, tuple[Identifier, ...], datetime], tuple[Verdict, ...]]

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


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks and why, and how it is done and told; `patience` in seconds."""

    by: str
    why: str
    dry_run: bool
    patience: float
    show: bool
    as_json: bool


@click.group(short_help="Show who a customer is; merge and split customers.")
def identity() -> None:
    """Show who a customer is and why, and say that two are one, or that an identifier is somebody else's.

    IDENTIFIER is type:value (crm_id, email, phone, visitor_id, handle), an e-mail address, a phone number, or a
    customer's id.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what its client has to say ends up in our own messages


@identity.command()
@click.argument("identifier")
@show_option
@json_option
def show(*, identifier: str, show_identifiers: bool, as_json: bool) -> None:
    """Show a customer: its identifiers and what bonds them, what is parked, operators' words, contacts."""
    from commands.people import UnknownPersonError, read_people
    from commands.who import customer_document, lines, masked_document

    at = installation()
    people = asyncio.run(read_people(at))
    one = people.asked(identifier, at.identifiers)
    if not people.is_known(one):
        raise UnknownPersonError(f"Nobody is known by this {one.type}.")
    document = customer_document(one, people)
    if not show_identifiers:
        document = masked_document(document)
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else "\n".join(safely(lines(document))))


@identity.command()
@show_option
@json_option
def parked(*, show_identifiers: bool, as_json: bool) -> None:
    """List every identifier that links nobody, why, and how many customers share it."""
    from commands.people import read_people
    from commands.who import masked_document, parked_documents, parked_line

    documents = parked_documents(asyncio.run(read_people(installation())))
    for document in documents if show_identifiers else masked_document(documents):
        click.echo(json.dumps(document, ensure_ascii=False) if as_json else "".join(safely([parked_line(document)])))
    if not documents and not as_json:
        click.echo("Nothing is parked.")


@identity.command()
@click.argument("one")
@click.argument("other")
@by_option
@why_option
@dry_option
@patience_option
@show_option
@json_option
def merge(
    *,
    one: str,
    other: str,
    by: str,
    why: str,
    dry_run: bool,
    patience: float,
    show_identifiers: bool,
    as_json: bool,
) -> None:
    """Say that two identifiers are one customer's. Two CRM ids never are."""
    from pipeline import kin

    def judged(people: People, pair: tuple[Identifier, ...], now: datetime) -> tuple[Verdict, ...]:
        verdicts = kin.merge(pair[0], pair[1], people.gathered(pair).now, people.rules, now)
        if isinstance(verdicts, kin.NotMerged):
            raise Refusal(_refusal(verdicts, show=show_identifiers), 1)
        return verdicts

    _say("merge", (one, other), judged, Manner(by, why, dry_run, patience, show_identifiers, as_json))


@identity.command()
@click.argument("identifier")
@by_option
@why_option
@dry_option
@patience_option
@show_option
@json_option
def split(
    *,
    identifier: str,
    by: str,
    why: str,
    dry_run: bool,
    patience: float,
    show_identifiers: bool,
    as_json: bool,
) -> None:
    """Take an identifier out of its customer, and remember it; after a merge, take the merge back."""
    from pipeline import kin

    def judged(people: People, only: tuple[Identifier, ...], now: datetime) -> tuple[Verdict, ...]:
        return kin.split(only[0], people.gathered(only).now, people.rules, now)

    _say("split", (identifier,), judged, Manner(by, why, dry_run, patience, show_identifiers, as_json))


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


def change_line(change: Change) -> str:
    """Return one line on a change."""
    line = f"{change.kind} {change.id}: {change.status_before} \u2192 {change.status_after}"
    if change.kind == "timeline":
        line += f", {change.touchpoints_before} \u2192 {change.touchpoints_after} touchpoints"
    if change.customer_before != change.customer_after:
        line += f", {change.customer_before or 'nobody'} \u2192 {change.customer_after or 'nobody'}"
    return line


def _say(kind: str, texts: tuple[str, ...], judged: Judged, how: Manner) -> None:
    from commands.people import UnknownPersonError, read_people
    from commands.words import Spoken, speak

    at, now = installation(), moment()
    people = asyncio.run(read_people(at))
    identifiers = tuple(people.asked(text, at.identifiers) for text in texts)
    for one in identifiers:
        if not people.is_known(one):
            raise UnknownPersonError(f"Nobody is known by this {one.type}.")
    verdicts = judged(people, identifiers, now)
    word = Spoken(kind=kind, identifiers=identifiers, by=how.by, why=how.why, at=now)
    if not verdicts:
        _print_outcome(_unchanged(word, people), show=how.show, as_json=how.as_json)
    elif how.dry_run:
        print_changes(_changes(at, people, identifiers, verdicts), as_json=how.as_json)
    else:
        answered = asyncio.run(speak(at, word, timedelta(seconds=how.patience)))
        _print_outcome(_outcome(word, answered), show=how.show, as_json=how.as_json)


def _changes(
    at: Installation, people: People, identifiers: tuple[Identifier, ...], verdicts: tuple[Verdict, ...]
) -> tuple[Change, ...]:
    from commands.people import read_entries
    from pipeline.kin import News
    from pipeline.preview import preview

    gathered = people.gathered(identifiers, News(verdicts=verdicts))
    rows = asyncio.run(read_entries(at, gathered.identifiers))
    before, after = (world.resolved(people.rules).answers for world in (gathered.before, gathered.now))
    return preview(rows, before, after, at.policy)


def print_changes(changes: Iterable[Change], *, as_json: bool) -> None:
    """Print each change on a line."""
    found = list(changes)
    for change in found:
        click.echo(json.dumps(asdict(change)) if as_json else change_line(change))
    if not found and not as_json:
        click.echo("No timeline, alert or flag would change.")


def _outcome(word: Spoken, answered: Answered) -> dict[str, Any]:
    """Return what became of a word, seen from the first identifier that it named."""
    from pipeline.kin import customer_named_by

    home = customer_named_by(word.identifiers[0])
    own = next((each for each in answered.changes if each["customer_id"] == home), answered.changes[0])
    homes = [{name: each[name] for name in ("customer_id", "outcome", "reason")} for each in answered.changes]
    told = {"offset": answered.offset, "epoch": answered.epoch, "outcome": own["outcome"], "reason": own["reason"]}
    return {**_spoken(word), **told, "customers": own["customers"], "homes": homes, "answers": own["answers"]}


def _unchanged(word: Spoken, people: People) -> dict[str, Any]:
    """Return the outcome of a word that says nothing new, and was not sent."""
    answers = people.resolved(word.identifiers).answers
    customers = sorted({answers[one].customer_id for one in word.identifiers})
    told = {"offset": None, "epoch": None, "outcome": "unchanged", "reason": "as_it_is", "customers": customers}
    return {**_spoken(word), **told, "homes": [], "answers": []}


def _spoken(word: Spoken) -> dict[str, Any]:
    from commands.settled import plain

    identifiers = word.record["identifiers"]
    return {"kind": word.kind, "identifiers": identifiers, "by": word.by, "why": word.why, "at": plain(word.at)}


def _print_outcome(outcome: dict[str, Any], *, show: bool, as_json: bool) -> None:
    from commands.who import masked_document

    told = outcome if show else masked_document(outcome)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if outcome["epoch"] is None:
        already = "are one customer already" if outcome["kind"] == "merge" else "is a customer of its own already"
        click.echo(f"unchanged: {_names(told)} {already}; nothing was sent.")
        return
    click.echo(
        f"{outcome['outcome']} ({outcome['reason']}): {_names(told)}, by {outcome['by']}, epoch {outcome['epoch']}"
    )
    for answer in told["answers"]:
        each = answer["identifier"]
        parked = f", parked: {answer['parked']}" if answer["parked"] else ""
        click.echo("".join(safely([f"  {each['type']} {each['value']}: {answer['customer_id']}{parked}"])))


def _names(told: dict[str, Any]) -> str:
    return " and ".join("".join(safely([f"{one['type']} {one['value']}"])) for one in told["identifiers"])


def _refusal(refused: Any, *, show: bool) -> str:  # noqa: ANN401 -- kin.NotMerged, imported late
    from commands.findings import masked, safe

    named = ", ".join(safe(one.value if show else masked(one.type, one.value)) for one in refused.identifiers)
    if str(refused.reason) == "two_crm_ids":
        return f"Two CRM ids are never one customer: {named}. Nothing was sent."
    return f"What is on the junk list identifies nobody: {named}. Nothing was sent."
