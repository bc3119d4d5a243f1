"""Who a customer is, as a document: identifiers and what bonds them, what is parked, operators' words, contacts. Pure.

Rule 1. A document is made of plain values, complete and unmasked; `masked_document` masks every identifier in it.
Rule 2. Of a bond it is said what became of it, not only that it was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commands.findings import masked
from commands.people import People, Record, Word
from commands.settled import plain
from pipeline.kin import Bond, Resolution, word_of
from pipeline.records import identifier_record
from pipeline.touchpoint import Identifier
from pipeline.words import many

CONTACTS = 10
"""How many of the newest contacts are told."""

Document = dict[str, Any]


def customer_document(one: Identifier, people: People) -> Document:
    """Return all that is known of the customer that an identifier belongs to."""
    resolution = people.resolved([one])
    customer = resolution.answers[one].customer_id
    members = sorted((i for i, a in resolution.answers.items() if a.customer_id == customer), key=people.rules.rank)
    near = {bond.other(member) for member in members for bond in people.bonds_of(member)} | set(members)
    parked = sorted(
        (i for i in near if i in resolution.answers and resolution.answers[i].parked), key=people.rules.rank
    )
    timeline = people.timelines.get(customer)
    words = {word.verdict.pair: word for member in members for word in people.words_of(member)}
    return {
        "customer_id": customer,
        "named_by": identifier_record(resolution.answers[one].named_by),
        "accounts": [] if timeline is None or timeline["account_id"] is None else [timeline["account_id"]],
        "identifiers": [_held(member, people, resolution) for member in members if member not in parked],
        "parked": [parked_document(each, str(resolution.answers[each].parked), people) for each in parked],
        "words": [_word(word) for word in words.values()],
        "timeline": None if timeline is None else _timeline(timeline),
        "contacts": [] if timeline is None else plain(timeline["contacts"][-CONTACTS:]),
    }


def parked_documents(people: People) -> list[Document]:
    """Return every identifier that links nobody, with why and who shares it; those shared by the most first."""
    found = [
        parked_document(one, str(answer.parked), people) for one, answer in people.directory.items() if answer.parked
    ]
    return sorted(found, key=lambda each: (-each["shared_by"], each["type"], each["value"]))


def parked_document(one: Identifier, why: str, people: People) -> Document:
    """Return an identifier that links nobody, with why and how many customers share it."""
    return {**identifier_record(one), "why": why, "shared_by": len(people.sharers(one))}


def masked_document(value: Any) -> Any:  # noqa: ANN401 -- any part of a document
    """Return the document with the value of every identifier masked."""
    if isinstance(value, Mapping):
        if {"type", "value"} <= value.keys():
            value = {**value, "value": masked(str(value["type"]), str(value["value"]))}
        return {name: masked_document(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked_document(each) for each in value]
    return value


def _held(one: Identifier, people: People, resolution: Resolution) -> Document:
    bonds = [_bond(bond, one, resolution) for bond in people.bonds_of(one)]
    return {**identifier_record(one), "bonds": bonds}


def _bond(bond: Bond, one: Identifier, resolution: Resolution) -> Document:
    outcome = resolution.outcomes.get(bond.pair)
    return {
        "with": identifier_record(bond.other(one)),
        "event": bond.event,
        "first": plain(bond.first),
        "last": plain(bond.last),
        "outcome": "kept_apart" if outcome is None else str(outcome),
    }


def _word(word: Word) -> Document:
    verdict = word.verdict
    return {
        "word": word_of(verdict),
        "between": [identifier_record(one) for one in verdict.pair],
        "by": word.by,
        "why": word.why,
        "at": plain(verdict.at),
    }


def _timeline(timeline: Record) -> Document:
    told = {
        name: plain(value) for name, value in timeline.items() if name not in {"contacts", "touchpoints", "named_by"}
    }
    return {name: value for name, value in told.items() if name not in {"customer_id", "account_id"}}


def lines(document: Document) -> Iterable[str]:
    """Yield the lines that tell a person who a customer is; mask the document first, if it is to be masked."""
    timeline = document["timeline"]
    named = document["named_by"]
    account = f", account {', '.join(document['accounts'])}" if document["accounts"] else ""
    yield f"{document['customer_id']}  named by {named['type']} {named['value']}{account}"
    if timeline is None:
        yield "  no timeline yet"
    else:
        yield (
            f"  {many(timeline['touchpoint_count'], 'touchpoint')} in {many(timeline['contact_count'], 'contact')}, "
            f"{many(timeline['repeat_count'], 'repeat')}, {many(timeline['detractor_count'], 'detractor alert')}, "
            f"{timeline['first_at']} to {timeline['last_at']}"
        )
    yield "identifiers"
    for held in document["identifiers"]:
        yield f"  {held['type']} {held['value']}"
        for bond in held["bonds"]:
            other = bond["with"]
            seen = f"seen on {bond['event']}, first {bond['first']}, last {bond['last']}"
            yield f"    with {other['type']} {other['value']}: {bond['outcome']}; {seen}"
    if document["parked"]:
        yield "parked: these link nobody"
        yield from (f"  {parked_line(each)}" for each in document["parked"])
    if document["words"]:
        yield "operators' words"
        for word in document["words"]:
            one, other = (f"{each['type']} {each['value']}" for each in word["between"])
            yield f"  {one} and {other}: {word['word']}, by {word['by']} at {word['at']}: {word['why']}"
    if document["contacts"]:
        yield "newest contacts"
        for contact in reversed(document["contacts"]):
            topics = f", {', '.join(contact['topics'])}" if contact["topics"] else ""
            again = ", a repeat" if contact["related_contact"] else ""
            much = many(contact["touchpoints"], "touchpoint")
            yield f"  {contact['began_at']}  {contact['channel']} {contact['direction']}, {much}{topics}{again}"


def parked_line(each: Document) -> str:
    """Return one line on an identifier that links nobody."""
    return f"{each['type']} {each['value']}: {each['why']}, shared by {many(each['shared_by'], 'customer')}"
