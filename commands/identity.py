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
from datetime import datetime
from typing import TYPE_CHECKING

import click

from commands.operators import installation, json_option, safely, show_option, word_options
from commands.refusals import Refusal

if TYPE_CHECKING:
    from commands.people import People
    from pipeline.kin import Verdict
    from pipeline.touchpoint import Identifier


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
@show_option
@word_options
def merge(
    *, one: str, other: str, by: str, why: str, dry_run: bool, patience: float, show_identifiers: bool, as_json: bool
) -> None:
    """Say that two identifiers are one customer's. Two CRM ids never are."""
    from commands.saying import Manner, refusal, say
    from pipeline import kin

    def judged(people: People, pair: tuple[Identifier, ...], now: datetime) -> tuple[Verdict, ...]:
        verdicts = kin.merge(pair[0], pair[1], people.gathered(pair).now, people.rules, now)
        if isinstance(verdicts, kin.NotMerged):
            raise Refusal(refusal(verdicts, show=show_identifiers), 1)
        return verdicts

    say("merge", (one, other), judged, Manner(by, why, dry_run, patience, show_identifiers, as_json))


@identity.command()
@click.argument("identifier")
@show_option
@word_options
def split(
    *, identifier: str, by: str, why: str, dry_run: bool, patience: float, show_identifiers: bool, as_json: bool
) -> None:
    """Take an identifier out of its customer, and remember it; after a merge, take the merge back."""
    from commands.saying import Manner, say
    from pipeline import kin

    def judged(people: People, only: tuple[Identifier, ...], now: datetime) -> tuple[Verdict, ...]:
        return kin.split(only[0], people.gathered(only).now, people.rules, now)

    say("split", (identifier,), judged, Manner(by, why, dry_run, patience, show_identifiers, as_json))
