"""Fills the topics that tell who is who as the resolver and the timelines agent leave them, without either.

Rule 1. Sightings say which identifiers stood on which event; whose each is follows by the real rules.
Rule 2. All people are invented.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents import topic_admin
from agents.bonds import row_key
from agents.installation import Installation
from agents.known import identifier_key
from agents.settings import Settings
from commands.streams import writing
from pipeline.advance import advance, picture
from pipeline.kin import Bond, Pair, bonds_of, owner, resolve
from pipeline.records import entry_record, identifier_record, told_record
from pipeline.touchpoint import Entry, Identifier, Told
from tests.pipeline.touchpoints import at, call, chat

CRM_1, CRM_2 = Identifier("crm_id", "C-1001"), Identifier("crm_id", "C-2002")
ANNA, BEN = Identifier("email", "anna@example.com"), Identifier("email", "ben@example.org")
CARA = Identifier("email", "cara@example.net")
SHARED = Identifier("phone", "+12125550101")


@dataclass(frozen=True, slots=True)
class Seen:
    """A touchpoint and the identifiers that stood on it, strongest first."""

    row: Entry
    identifiers: tuple[Identifier, ...]


TOWN = (
    Seen(chat("c1", at(), "s1", account_id="ACME", topics=("billing",)), (CRM_1, ANNA)),
    Seen(call("p1", at(days=1), topics=("delivery",)), (CRM_1, SHARED)),
    Seen(call("p2", at(days=2), topics=("billing",)), (CRM_2, SHARED)),
    Seen(chat("c2", at(days=3), "s2", account_id="ACME"), (CRM_2, BEN)),
    Seen(call("p3", at(days=4), topics=("billing",)), (CARA,)),
)
"""Anna and Ben, whose CRM ids share a phone, which is parked; and Cara, whom nobody ever saw with anything else."""


def installation(kafka: str, prefix: str, partitions: int = 2) -> Installation:
    """Return an installation with these topics."""
    return Installation.of(Settings(bootstrap=kafka, prefix=prefix, partitions=partitions), kafka, Path())


async def make_topics(installed: Installation) -> None:
    """Make all topics."""
    await topic_admin.apply(installed.bootstrap, installed.wanted())


async def fill(installed: Installation, town: Sequence[Seen] = TOWN) -> None:
    """Make the topics and write what the town's sightings leave in them."""
    await make_topics(installed)
    records = list(_records(installed, town))
    async with writing(installed.bootstrap) as writer:
        for topic, key, value in records:
            await writer.send(installed.name(topic), key, value)


def bonds_in(installed: Installation, town: Iterable[Seen]) -> dict[Pair, Bond]:
    """Return every bond that the sightings show."""
    rules = installed.identifiers.kin
    bonds: dict[Pair, Bond] = {}
    for seen in town:
        event = f"{seen.row.source}/{seen.row.event_id}"
        for bond in bonds_of(seen.identifiers, seen.row.occurred_at, event, rules):
            bonds[bond.pair] = bond.merged(bonds[bond.pair]) if bond.pair in bonds else bond
    return bonds


def _records(installed: Installation, town: Sequence[Seen]) -> Iterable[tuple[str, bytes, bytes]]:
    encode = installed.book.encode
    bonds = bonds_in(installed, town)
    answers = resolve(tuple(bonds.values()), (), installed.identifiers.kin).answers
    for bond in bonds.values():
        row: dict[str, Any] = dict.fromkeys(("verdict", "by", "why", "at"))
        row |= {"stronger": identifier_record(bond.stronger), "weaker": identifier_record(bond.weaker)}
        row |= {"first": bond.first, "last": bond.last, "event": bond.event}
        for one, other in (bond.pair, bond.pair[::-1]):
            yield "state.bonds", row_key(one) + row_key(other), encode("bond", row)
    for one, answer in answers.items():
        parked = None if answer.parked is None else str(answer.parked)
        told = told_record(Told(one, answer.customer_id, answer.named_by, parked, 1))
        yield "directory", identifier_key(one), encode("directory-entry", told | {"pair": None})
    by_customer: dict[str, list[Entry]] = defaultdict(list)
    for seen in town:
        whose = owner(seen.identifiers, answers)
        assert whose is not None
        by_customer[whose.customer_id].append(
            replace(seen.row, identifiers=seen.identifiers, customer_id=whose.customer_id, named_by=whose.named_by)
        )
    for customer, rows in by_customer.items():
        for each in rows:
            yield "state.entries", f"{customer}\0{each.event_id}".encode(), encode("timeline-entry", entry_record(each))
        after = advance(picture((), installed.policy), {}, rows, installed.policy)
        yield "timelines", customer.encode(), encode("timeline", after.timeline)
