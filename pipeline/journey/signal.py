"""What all journey signals have in common: their names, and the record that each is.

Rule 1. A signal is a finding (`pipeline.findings`): a pure function of the customer's touchpoints at or before its
        contact's newest one. A promise also looks as far as it is due, and knows whether that time has passed.
Rule 2. An id begins with the signal's name, so that a retraction can say what is taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.contacts import Contact
from pipeline.findings import Finding, Record, anchor_of, evidence, whereabouts
from pipeline.ids import derived
from pipeline.policy import Policy
from pipeline.touchpoint import Entry

EFFORT, REACH, PHRASING, ANGER = "effort", "cannot_reach_a_person", "negative_phrasing", "anger"
PROMISE, BROKEN = "promise", "promise_broken"
KINDS = (EFFORT, REACH, PHRASING, PROMISE, BROKEN, ANGER)

OF_A_CONTACT = {EFFORT: "signal-effort", REACH: "signal-reach", PHRASING: "signal-phrasing", ANGER: "signal-anger"}
OF_A_PROMISE = "signal-promise"


@dataclass(frozen=True, slots=True)
class Component:
    """A part of an effort: its name, how much of it there was in its unit, and the points that it adds."""

    name: str
    value: float
    unit: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one kind of signal says beside where it stands."""

    kind: str
    why: str
    words: str | None = None
    evidence: Sequence[Entry] = ()
    compared: Sequence[Record] = ()
    score: float | None = None
    components: Sequence[Component] = ()
    anger: Sequence[str] = ()
    state: str | None = None
    due_at: datetime | None = None


def signal_id(kind: str, customer_id: str, contact_id: str) -> str:
    """Return the id of a contact's signal of a kind."""
    return derived(OF_A_CONTACT[kind], customer_id, contact_id)


def promise_id(entry: Entry) -> str:
    """Return the id of the promise that a touchpoint made, kept or not."""
    return derived(OF_A_PROMISE, entry.customer_id, anchor_of(entry))


def kind_of(finding_id: str) -> str:
    """Return the kind of signal that an id is of."""
    prefix = finding_id.rpartition("-")[0]
    return next((kind for kind, name in OF_A_CONTACT.items() if name == prefix), PROMISE)


def of_contact(at: Entry, contact: Contact, version: int, said: Said, policy: Policy) -> Finding:
    """Return a contact's signal, which stands on the touchpoint `at`."""
    own_id = signal_id(said.kind, at.customer_id, contact.contact_id)
    body = whereabouts(at, contact, policy) | said_record(said)
    return Finding("journey-signal", own_id, version, anchor_of(at), at.occurred_at, body)


def said_record(said: Said) -> Record:
    """Return what a signal says, in the wire's shape."""
    return {
        "kind": said.kind,
        "why": said.why,
        "words": said.words,
        "score": said.score,
        "components": [
            {"name": part.name, "value": part.value, "unit": part.unit, "points": part.points}
            for part in said.components
        ],
        "anger": list(said.anger),
        "state": said.state,
        "due_at": said.due_at,
        "evidence": [evidence(entry) for entry in said.evidence],
        "compared": list(said.compared),
    }
