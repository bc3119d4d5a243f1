"""`tellonce account`: the customers of a company's account, and what happened to all of them.

Rule 1. A customer belongs to the account that its timeline says; one that was merged is counted where it went.
Rule 2. Counts are the sums over the timelines' own, within the timelines' horizon.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import click

from commands.operators import installation, json_option, safely, show_option
from commands.refusals import Refusal

COUNTS = ("touchpoint_count", "contact_count", "repeat_count", "detractor_count")
"""The counts of a timeline that are rolled up, in the order in which they are told."""


@click.group(short_help="Show the customers of an account.")
def account() -> None:
    """Show what happened to the customers of one account."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@account.command()
@click.argument("account_id")
@show_option
@json_option
def show(*, account_id: str, show_identifiers: bool, as_json: bool) -> None:
    """Show an account's customers, and their touchpoints, contacts, repeats and detractor alerts in all."""
    from commands.people import read_topics, timelines_of
    from commands.who import masked_document

    at = installation()
    timelines = timelines_of(at, asyncio.run(read_topics(at, ("timelines",)))["timelines"])
    document = account_document(account_id, timelines.values())
    if not document["customers"]:
        raise Refusal(f"No customer belongs to the account {account_id}.", 1)
    if not show_identifiers:
        document = masked_document(document)
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else "\n".join(safely(_lines(document))))


def account_document(account_id: str, timelines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an account's customers, those with the most detractor alerts and repeats first, and the sums."""
    from commands.settled import plain

    own = [told for told in timelines if told["account_id"] == account_id and told["status"] == "current"]
    own.sort(key=lambda told: (-told["detractor_count"], -told["repeat_count"], str(told["customer_id"])))
    kept = ("customer_id", "named_by", *COUNTS, "first_at", "last_at")
    return {
        "account_id": account_id,
        "customer_count": len(own),
        **{count: sum(told[count] for told in own) for count in COUNTS},
        "first_at": plain(min((told["first_at"] for told in own), default=None)),
        "last_at": plain(max((told["last_at"] for told in own), default=None)),
        "channels": sorted({channel for told in own for channel in told["channels"]}),
        "topics": sorted({topic for told in own for topic in told["topics"]}),
        "customers": [{name: plain(told[name]) for name in kept} for told in own],
    }


def _lines(document: Mapping[str, Any]) -> Iterable[str]:
    from pipeline.words import many

    customers = many(document["customer_count"], "customer")
    yield f"account {document['account_id']}: {customers}, {document['first_at']} to {document['last_at']}"
    yield f"  {_counts(document)}"
    yield f"  by {', '.join(document['channels']) or 'no channel'}; about {', '.join(document['topics']) or 'nothing'}"
    for customer in document["customers"]:
        named = customer["named_by"]
        yield f"  {customer['customer_id']}  {named['type']} {named['value']}: {_counts(customer)}"


def _counts(told: Mapping[str, Any]) -> str:
    from pipeline.words import many

    touchpoints, contacts, repeats, detractors = (told[count] for count in COUNTS)
    said = ((touchpoints, "touchpoint"), (contacts, "contact"), (repeats, "repeat"), (detractors, "detractor alert"))
    return ", ".join(many(number, what) for number, what in said)
