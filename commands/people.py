"""What the topics have of people: who is whose, by what bonds, and their timelines. Reads; belongs to no group.

Rule 1. Of a compacted topic the last record of each key counts, and one without a value is gone. Of a timeline the
        highest version counts.
Rule 2. Who is one customer is computed from the bonds and the operators' words by the same function as the resolver's
        (`pipeline.kin`), over the same rules. What it has not heard of yet, nobody here knows either.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from aiokafka.structs import ConsumerRecord

from agents.installation import Installation
from agents.topic_admin import require
from commands.refusals import Refusal
from commands.streams import read_to_the_end
from commands.whose import answers_of
from pipeline.identifiers import TYPES, IdentifierRules, canonical
from pipeline.kin import (
    Answer,
    Bond,
    Gathered,
    KinRules,
    News,
    Pair,
    Resolution,
    Verdict,
    customer_named_by,
    pair,
    reachable,
    verdict_of,
)
from pipeline.records import entry, identifier_of
from pipeline.touchpoint import Entry, Identifier

CUSTOMER = re.compile(r"customer-[a-z2-7]{26}")
PEOPLE = ("state.bonds", "directory", "timelines")
"""The topics that tell who is who."""

Record = dict[str, Any]


class UnknownPersonError(Refusal):
    """Nobody is known by what was asked for, or it cannot be understood; the message says which."""

    def __init__(self, message: str) -> None:
        """Take what is said."""
        super().__init__(message, 1)


@dataclass(frozen=True, slots=True)
class Word:
    """An operator's word on two identifiers, and who said it, why."""

    verdict: Verdict
    by: str | None
    why: str | None


@dataclass
class People:
    """All that the topics have."""

    rules: KinRules
    bonds: Mapping[Pair, Bond]
    words: Mapping[Pair, Word]
    directory: Mapping[Identifier, Answer]
    timelines: Mapping[str, Record]
    _bonds_of: dict[Identifier, list[Bond]] = field(default_factory=lambda: defaultdict(list))
    _words_of: dict[Identifier, list[Verdict]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Find bonds and words by identifier."""
        for bond in self.bonds.values():
            for one in bond.pair:
                self._bonds_of[one].append(bond)
        for word in self.words.values():
            for one in word.verdict.pair:
                self._words_of[one].append(word.verdict)

    def gathered(self, start: Iterable[Identifier], news: News | None = None) -> Gathered:
        """Return all that hangs together with these identifiers, as it is and as the news would make it."""
        return reachable(start, self.bonds_at, self.verdicts_at, self.rules, news)

    def resolved(self, start: Iterable[Identifier]) -> Resolution:
        """Return who is one customer around these identifiers."""
        return self.gathered(start).now.resolved(self.rules)

    def bonds_of(self, one: Identifier) -> Collection[Bond]:
        """Return an identifier's bonds, strongest first."""
        return sorted(
            self._bonds_of.get(one, ()), key=lambda b: (self.rules.rank(b.stronger), self.rules.rank(b.weaker))
        )

    def verdicts_at(self, one: Identifier) -> Collection[Verdict]:
        """Return what operators said last of each pair of an identifier."""
        return self._words_of.get(one, ())

    def words_of(self, one: Identifier) -> Collection[Word]:
        """Return the newest word on each pair of an identifier."""
        return [self.words[verdict.pair] for verdict in self._words_of.get(one, ())]

    def answer(self, one: Identifier) -> Answer:
        """Return whose an identifier is; one that stood alone names a customer of its own."""
        return self.resolved([one]).answers.get(one) or Answer(customer_named_by(one), one)

    def sharers(self, one: Identifier) -> frozenset[str]:
        """Return the customers of those that stood on events with an identifier, but for its own."""
        others = [bond.other(one) for bond in self.bonds_of(one)]
        own = customer_named_by(one)
        found = (self.directory.get(other, Answer(customer_named_by(other), other)) for other in others)
        return frozenset(answer.customer_id for answer in found if answer.customer_id != own)

    def bonds_at(self, one: Identifier, other: str) -> Iterator[Bond]:
        """Return an identifier's bonds with identifiers of a type."""
        return (bond for bond in self._bonds_of.get(one, ()) if bond.other(one).type == other)

    @cached_property
    def _named_by(self) -> dict[str, Identifier]:
        """Return what names each customer, those that were merged since included."""
        named = {customer_named_by(one): one for one in (*self.directory, *self._bonds_of, *self._words_of)}
        for customer, timeline in self.timelines.items():
            told = identifier_of(timeline["named_by"])
            if customer_named_by(told) == customer:
                named.setdefault(customer, told)
        return named

    def asked(self, text: str, rules: IdentifierRules) -> Identifier:
        """Return the identifier that somebody typed, or the one that names the customer whose id it is.

        Raises `UnknownPersonError`.
        """
        if CUSTOMER.fullmatch(text):
            found = self._named_by.get(text)
            if found is None:
                raise UnknownPersonError(f"No customer is known by the id {text}.")
            return found
        return typed(text, rules)

    def is_known(self, one: Identifier) -> bool:
        """Say whether anything is known by an identifier."""
        known = one in self.directory or bool(self._bonds_of.get(one)) or bool(self._words_of.get(one))
        return known or customer_named_by(one) in self.timelines


def typed(text: str, rules: IdentifierRules) -> Identifier:
    """Return the canonical identifier that somebody typed: type:value, an e-mail address, or a phone number.

    Raises `UnknownPersonError`; the text itself is not said again, since it may be somebody's.
    """
    kind, colon, value = text.partition(":")
    kind = {"customer_id": "crm_id"}.get(kind, kind)
    if not colon or kind not in TYPES:
        kind, value = ("email" if "@" in text else "phone"), text
    found = canonical((Identifier(kind, value),), rules)
    if not found:
        allowed = f"{', '.join(f'{each}:VALUE' for each in TYPES)}, an e-mail address, a phone number, a customer id"
        raise UnknownPersonError(f"What was given is no {kind} that identifies anybody. Allowed is {allowed}.")
    return found[0]


async def read_people(at: Installation) -> People:
    """Return what the topics have now. Raises `TopicAdminError` where topics are missing."""
    found = await read_topics(at, PEOPLE)
    rules = at.identifiers.kin
    bonds, words = _bonds(at, latest(found["state.bonds"]).values(), rules)
    return People(
        rules,
        bonds,
        words,
        answers_of(at.book.decode("directory-entry", value) for value in latest(found["directory"]).values()),
        timelines_of(at, found["timelines"]),
    )


async def read_entries(at: Installation, identifiers: Collection[Identifier]) -> list[Entry]:
    """Return the rows of the state that carry one of these identifiers."""
    found = await read_topics(at, ("state.entries",))
    rows = (entry(at.book.decode("timeline-entry", value)) for value in latest(found["state.entries"]).values())
    return [row for row in rows if not frozenset(identifiers).isdisjoint(row.identifiers)]


async def read_topics(at: Installation, names: Collection[str]) -> dict[str, list[ConsumerRecord]]:
    """Return every record of these topics, by the names in the list. Raises `TopicAdminError` where one is missing."""
    full = {at.name(name): name for name in names}
    wanted = [state for state in at.wanted() if state.name in full]
    await require(at.bootstrap, wanted)
    found = await read_to_the_end(at.bootstrap, {state.name: state.partitions for state in wanted})
    return {full[name]: records for name, records in found.items()}


def latest(records: Iterable[ConsumerRecord]) -> dict[bytes, bytes]:
    """Return the last value of each key; a key whose last record has none is gone (Rule 1)."""
    kept: dict[bytes, bytes] = {}
    for record in records:
        if record.value is None:
            kept.pop(record.key, None)
        else:
            kept[record.key] = record.value
    return kept


def timelines_of(at: Installation, records: Iterable[ConsumerRecord]) -> dict[str, Record]:
    """Return the highest version of each customer's timeline."""
    kept: dict[bytes, Record] = {}
    for record in records:
        if record.value is None:
            kept.pop(record.key, None)
            continue
        told = at.book.decode("timeline", record.value)
        if record.key not in kept or told["version"] >= kept[record.key]["version"]:
            kept[record.key] = told
    return {str(told["customer_id"]): told for told in kept.values()}


def _bonds(at: Installation, values: Iterable[bytes], rules: KinRules) -> tuple[dict[Pair, Bond], dict[Pair, Word]]:
    bonds: dict[Pair, Bond] = {}
    words: dict[Pair, Word] = {}
    for value in values:
        row = at.book.decode("bond", value)
        if row["note"] is not None:
            continue  # the one row that is no bond: by which rules all was resolved
        both = pair(identifier_of(row["stronger"]), identifier_of(row["weaker"]), rules)
        if row["verdict"] is None:
            bonds[both] = Bond(*both, row["first"], row["last"], row["event"])
        else:
            said_at: datetime = row["at"]
            words[both] = Word(verdict_of(both, row["verdict"], said_at), row["by"], row["why"])
    return bonds, words
