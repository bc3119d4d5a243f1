"""`tellonce erase`: take a person out, and say what is gone and until when a raw copy can remain.

Rule 1. The command asks; the resolver and the timelines agents erase, each what is its own to write, so that no
        worker's memory or store keeps what the topics lost. The command waits until no key of the person is live.
Rule 2. What was raised on the person is retracted first (reason: erased).
Rule 3. It never says more than it has seen: what is left when patience ends is listed, and the exit code is 1.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from commands.operators import installation, moment, word_options

if TYPE_CHECKING:
    from agents.installation import Installation
    from commands.people import People
    from pipeline.kin.erasure import Erasure

_LOOK_SECONDS = 0.5


@click.command(short_help="Take a person out of everything that Tellonce keeps.")
@click.argument("identifier")
@word_options
def erase(*, identifier: str, by: str, why: str, dry_run: bool, patience: float, as_json: bool) -> None:
    """Erase a person: all identifiers of the customer, the timeline, the state. Alerts and flags are retracted first.

    IDENTIFIER is type:value, an e-mail address, a phone number, or a customer's id. The report says per topic what is
    gone, and until when a raw copy can remain where records are only deleted by age. Exit code 1: something is left.
    """
    from commands.people import UnknownPersonError, read_people
    from commands.words import Spoken, speak
    from pipeline.kin.erasure import erasure

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    at, now = installation(), moment()
    people = asyncio.run(read_people(at))
    one = people.asked(identifier, at.identifiers)
    person = erasure([one], people.bonds_at, people.verdicts_at, people.rules)
    before = _live(at, person, people)
    if not people.is_known(one) and not any(before.values()):
        raise UnknownPersonError(f"Nobody is known by this {one.type}.")
    retracted = asyncio.run(_standing(at, people, person))
    offset: int | None = None
    after = before
    if not dry_run:
        word = Spoken(kind="erase", identifiers=(one,), by=by, why=why, at=now)
        offset = asyncio.run(speak(at, word, timedelta(seconds=patience))).offset
        after = _until_gone(at, person, people, patience)
    report = _report(at, before, after, retracted) | {"by": by, "why": why, "offset": offset, "dry_run": dry_run}
    click.echo(json.dumps(report) if as_json else _said(report))
    sys.exit(0 if dry_run else bool(sum(after.values())))


def _live(at: Installation, person: Erasure, people: People) -> dict[str, int]:
    from commands.remains import live_keys

    return asyncio.run(live_keys(at, person, people.rules))


def _until_gone(at: Installation, person: Erasure, people: People, patience: float) -> dict[str, int]:
    deadline = time.monotonic() + patience
    while True:
        left = _live(at, person, people)
        if not any(left.values()) or time.monotonic() > deadline:
            return left
        time.sleep(_LOOK_SECONDS)


async def _standing(at: Installation, people: People, person: Erasure) -> list[dict[str, str]]:
    """Return the alerts and flags that stand on the person: those that an erasure retracts."""
    from commands.people import read_entries
    from pipeline.kin import customer_named_by
    from pipeline.preview import standing_of

    gathered = people.gathered(person.identifiers)
    rows = await read_entries(at, gathered.identifiers)
    homes = {customer_named_by(one) for one in person.identifiers}
    found = standing_of(rows, gathered.now.resolved(people.rules).answers, at.policy)
    return [{"kind": kind, "id": name} for (kind, name), customer in sorted(found.items()) if customer in homes]


def _report(
    at: Installation, before: Mapping[str, int], after: Mapping[str, int], retracted: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    from agents.amounts import say_duration
    from commands.remains import copies
    from commands.settled import plain

    remaining = [
        {
            "topic": each.topic,
            "retention": say_duration(each.retention),
            "copies_until": None if each.oldest is None else plain(each.until),
            "oldest_record": plain(each.oldest),
        }
        for each in asyncio.run(copies(at, moment()))
    ]
    gone = [{"topic": name, "keys": count, "left": after[name]} for name, count in before.items()]
    return {"retracted": list(retracted), "compacted": gone, "remaining": remaining}


def _said(report: Mapping[str, Any]) -> str:
    from pipeline.words import many

    would = "would be " if report["dry_run"] else ""
    lines = [f"{each['kind']} {each['id']}: {would}retracted" for each in report["retracted"]]
    for each in report["compacted"]:
        if report["dry_run"]:
            lines.append(f"{each['topic']}: {many(each['keys'], 'key')} would go")
        else:
            left = f", {each['left']} left" if each["left"] else ""
            lines.append(f"{each['topic']}: {each['keys'] - each['left']} of {many(each['keys'], 'key')} gone{left}")
    lines.append("Kafka drops the records behind those keys when it compacts the topics next.")
    lines.append(
        "Where records are only deleted by age, copies can remain, and reading them again brings the person back:"
    )
    for each in report["remaining"]:
        if each["oldest_record"] is None:
            lines.append(f"  {each['topic']}: none, it is empty")
        else:
            kept = f"kept {each['retention']}; the oldest record is of {each['oldest_record']}"
            lines.append(f"  {each['topic']}: until {each['copies_until']} ({kept})")
    if not report["dry_run"] and any(each["left"] for each in report["compacted"]):
        lines.append("Something is left: the workers have not come to it yet. Run the same command again to see.")
    return "\n".join(lines)
