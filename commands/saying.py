"""An operator's word, from what was typed to what became of it.

Rule 1. A word that changes nothing is not sent. One that is only tried (--dry-run) lists what would change.
Rule 2. What is printed is masked unless it is asked for in full.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from agents.installation import Installation
from commands.findings import masked, safe
from commands.operators import installation, moment, safely
from commands.people import People, UnknownPersonError, read_entries, read_people
from commands.settled import plain
from commands.who import masked_document
from commands.words import Answered, Spoken, speak
from pipeline.kin import News, NotMerged, Outcome, Verdict, customer_named_by
from pipeline.preview import Change, preview
from pipeline.touchpoint import Identifier

Judged = Callable[[People, tuple[Identifier, ...], datetime], tuple[Verdict, ...]]


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks and why, and how it is done and told; `patience` in seconds."""

    by: str
    why: str
    dry_run: bool
    patience: float
    show: bool
    as_json: bool


def say(kind: str, texts: tuple[str, ...], judged: Judged, how: Manner) -> None:
    """Say a word on what was typed, as far as it is judged to change anything, and print what became of it."""
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
        _print_changes(_changes(at, people, identifiers, verdicts), as_json=how.as_json)
    else:
        answered = asyncio.run(speak(at, word, timedelta(seconds=how.patience)))
        _print_outcome(_outcome(word, answered), show=how.show, as_json=how.as_json)


def _changes(
    at: Installation, people: People, identifiers: tuple[Identifier, ...], verdicts: tuple[Verdict, ...]
) -> tuple[Change, ...]:
    gathered = people.gathered(identifiers, News(verdicts=verdicts))
    rows = asyncio.run(read_entries(at, gathered.identifiers))
    before, after = (world.resolved(people.rules).answers for world in (gathered.before, gathered.now))
    return preview(rows, before, after, at.policy)


def _print_changes(changes: Iterable[Change], *, as_json: bool) -> None:
    """Print each change on a line."""
    found = list(changes)
    for change in found:
        click.echo(json.dumps(asdict(change)) if as_json else _change_line(change))
    if not found and not as_json:
        click.echo("No timeline, alert or flag would change.")


def _change_line(change: Change) -> str:
    """Return one line on a change."""
    line = f"{change.kind} {change.id}: {change.status_before} \u2192 {change.status_after}"
    if change.kind == "timeline":
        line += f", {change.touchpoints_before} \u2192 {change.touchpoints_after} touchpoints"
    if change.customer_before != change.customer_after:
        line += f", {change.customer_before or 'nobody'} \u2192 {change.customer_after or 'nobody'}"
    return line


def _outcome(word: Spoken, answered: Answered) -> dict[str, Any]:
    """Return what became of a word, seen from the first identifier that it named."""
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
    identifiers = word.record["identifiers"]
    return {"kind": word.kind, "identifiers": identifiers, "by": word.by, "why": word.why, "at": plain(word.at)}


def _print_outcome(outcome: dict[str, Any], *, show: bool, as_json: bool) -> None:
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


def refusal(refused: NotMerged, *, show: bool) -> str:
    """Return why a merge is refused."""
    named = ", ".join(safe(one.value if show else masked(one.type, one.value)) for one in refused.identifiers)
    if refused.reason is Outcome.TWO_CRM_IDS:
        return f"Two CRM ids are never one customer: {named}. Nothing was sent."
    return f"What is on the junk list identifies nobody: {named}. Nothing was sent."
