"""What detection finds, as values: a body that says everything but when it was published.

Rule 1. A finding is a pure function of the customer's touchpoints at or before its contact's newest one; its version
        is how many those are. So any fact that changes a finding raises its version, whoever evaluates it, in whatever
        order the facts came (docs/decisions/0008-versions-count-what-was-heard.md).
Rule 2. The id is derived from the cause: whose story, and which answer or contact. A conversation whose events fell to
        two customers gives each of them findings of their own; neither hides the other's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.contacts import Contact
from pipeline.policy import Policy
from pipeline.records import identifier_record
from pipeline.touchpoint import Entry

Kind = Literal["detractor-alert", "repeat-contact", "journey-signal"]
Record = dict[str, object]

ID_FIELDS: Mapping[Kind, str] = {
    "detractor-alert": "alert_id",
    "repeat-contact": "flag_id",
    "journey-signal": "signal_id",
}
"""The field of each kind's record that holds its id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert or a flag as it stands. `anchor` is the touchpoint that it stands on, as source/event_id; `body` holds
    the published record's fields but id, version, status and reason. `due` is until when a promise looks.
    """

    kind: Kind
    finding_id: str
    version: int
    anchor: str
    occurred_at: datetime
    body: Mapping[str, object]
    due: datetime | None = None


def anchor_of(entry: Entry) -> str:
    """Return an entry's name in a finding: source/event_id."""
    return f"{entry.source}/{entry.event_id}"


def evidence(entry: Entry) -> Record:
    """Return the raw event behind an entry as a piece of evidence."""
    return {
        "event_id": entry.event_id,
        "source": entry.source,
        "occurred_at": entry.occurred_at,
        "topic": entry.origin.topic,
        "partition": entry.origin.partition,
        "offset": entry.origin.offset,
    }


def compared(what: str, value: float, operator: str, limit: float) -> Record:
    """Return one value held against the policy."""
    return {"what": what, "value": value, "operator": operator, "limit": limit}


def policy_record(policy: Policy) -> Record:
    """Return which policy decided."""
    return {"name": policy.name, "version": policy.version}


def whereabouts(entry: Entry, contact: Contact, policy: Policy) -> Record:
    """Return what an alert and a retraction say of where they stand: whose, by what channel, in which contact, when."""
    return {
        "customer_id": entry.customer_id,
        "account_id": entry.account_id,
        "named_by": identifier_record(entry.named_by),
        "channel": entry.channel,
        "queue": contact.queue,
        "contact_id": contact.contact_id,
        "occurred_at": entry.occurred_at,
        "deliver_before": entry.occurred_at + policy.detractor.stale_after,
        "topics": sorted(set(entry.topics) | contact.topics),
        "policy": policy_record(policy),
    }
