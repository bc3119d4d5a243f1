"""What should have come of a raw log: the pure core over all of it, with no worker, no order and no state.

Rule 1. Every record is admitted or refused by the core alone; whose each event is, is resolved over all bonds at once.
Rule 2. A customer's findings and timeline are those of all the customer's touchpoints, told at once.
Rule 3. What is published passes through the schemas, so that what is compared is what can be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agents.contracts import default_policy, identifiers_in_force, language_of, schema_book
from agents.exact.chunks import Record as Consumed
from agents.intake import raw_record
from agents.kept import entry_key
from commands.sorting import Seen, resolved
from pipeline.flow import Intake, admit, advance, picture
from pipeline.identity import StrongestIdentifier
from pipeline.kin import KinRules, owner
from pipeline.records import entry_of
from pipeline.touchpoint import Entry, Origin, Touchpoint

Event = tuple[str, str]
"""A touchpoint's name: source and event id."""

Record = Mapping[str, Any]
FINDINGS = ("detractor-alerts", "repeat-contacts", "journey-signals")


@dataclass(slots=True)
class Answer:
    """What should stand.

    `places` is where each event was first told, `customers` whose it is, `standing` each topic's records by their id,
    `letters` stage and reason of what is refused, `personal` the identifiers that no log may hold, `rows` the keys of
    the state: a row for each telling of each event, at the customer whose it is.
    """

    places: dict[Event, Origin] = field(default_factory=dict)
    customers: dict[Event, str] = field(default_factory=dict)
    standing: dict[str, dict[str, Record]] = field(default_factory=dict)
    letters: dict[Origin, tuple[str, str]] = field(default_factory=dict)
    personal: set[str] = field(default_factory=set)
    rows: set[bytes] = field(default_factory=set)


def answer(log: Iterable[tuple[str, Consumed]]) -> Answer:
    """Return what should come of a raw log: each record with its source, each partition in its order."""
    found = Answer()
    intake = _intake()
    told: list[Touchpoint] = []
    for source, record in log:
        verdict = admit(raw_record(record, source), intake)
        if isinstance(verdict, Touchpoint):
            told.append(verdict)
        else:
            place = Origin(record.topic, record.partition, record.offset)
            found.letters[place] = (verdict.stage, verdict.reason)
    customers = _stitched(told, intake.rules.kin, found)
    found.standing = {name: {} for name in (*FINDINGS, "timelines")}
    for entries in customers.values():
        follows = advance(picture((), intake.policy), {}, entries, intake.policy)
        for name, own, records in (
            ("detractor-alerts", "alert_id", follows.alerts),
            ("repeat-contacts", "flag_id", follows.flags),
            ("journey-signals", "signal_id", follows.signals),
            ("timelines", "customer_id", (follows.timeline,)),
        ):
            subject = name.removesuffix("s")
            for told_of in records:
                written = intake.book.decode(subject, intake.book.encode(subject, told_of))
                found.standing[name][str(written[own])] = written
    return found


def _stitched(told: Iterable[Touchpoint], rules: KinRules, found: Answer) -> dict[str, list[Entry]]:
    """Return every customer's rows, whoever brought them; of one event told at several places the first one stands."""
    told = sorted(told, key=lambda one: one.origin)
    answers = resolved((Seen(f"{o.source}/{o.event_id}", o.identifiers, o.occurred_at) for o in told), rules)
    customers: dict[str, list[Entry]] = {}
    for one in told:
        whose = owner(one.identifiers, answers)
        if whose is None:
            raise ValueError(f"{one.source}/{one.event_id} was admitted without an identifier")
        event = (one.source, one.event_id)
        found.places.setdefault(event, one.origin)
        found.customers[event] = whose.customer_id
        found.personal.update(each.value for each in one.identifiers if each.type in {"email", "phone"})
        row = replace(entry_of(one), customer_id=whose.customer_id, named_by=whose.named_by)
        customers.setdefault(whose.customer_id, []).append(row)
        found.rows.add(entry_key(row))
    return customers


def _intake() -> Intake:
    rules = identifiers_in_force()
    words = language_of(rules.default_region)
    return Intake(schema_book(), default_policy(), rules, words, StrongestIdentifier())
