"""Taking back what was said: the record that tells everyone who got an alert or a flag that it no longer stands.

Rule 1. A retraction carries the id, a higher version, the reason and where it stood; the rest is neutral.
"""

from dataclasses import dataclass

from pipeline.contacts import Contact
from pipeline.findings import Kind, Record, anchor_of, evidence, whereabouts
from pipeline.journey.retracted import reason_of, retracted_signal
from pipeline.policy import Policy
from pipeline.records import score_record
from pipeline.repeats import Links, flag_id
from pipeline.touchpoint import Entry


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where a finding stands: the version that it has there, the contact, and the touchpoint."""

    version: int
    contact: Contact
    entry: Entry


def retraction(kind: Kind, finding_id: str, at: Anchored, links: Links, policy: Policy) -> Record:
    """Return the retraction of a finding that stood on `at.entry`, which is now in `at.contact`."""
    entry, contact = at.entry, at.contact
    reason, why = _reason(kind, finding_id, entry, contact, links)
    record = whereabouts(entry, contact, policy) | {
        "version": at.version,
        "status": "retracted",
        "reason": reason,
        "why": why,
        "words": None,
        "evidence": [evidence(entry)],
        "compared": [],
    }
    if kind == "journey-signal":
        return record | retracted_signal(finding_id)
    if kind == "detractor-alert":
        latest = next((e for e in contact.current if e.item is not None and e.item == entry.item), entry)
        basis = "inferred" if entry.score is None else "explicit"
        return record | {"alert_id": finding_id, "basis": basis, "score": score_record(latest.score), "mood": None}
    return record | {
        "flag_id": finding_id,
        "any_topic": False,
        "same_topic": False,
        "repeated_topics": [],
        "previous_contact_id": contact.contact_id,
        "previous_channel": contact.channel,
        "previous_ended_at": entry.occurred_at,
        "gap_seconds": 0.0,
        "chain_length": 1,
        "channels": [contact.channel],
    }


def _reason(kind: Kind, finding_id: str, entry: Entry, contact: Contact, links: Links) -> tuple[str, str]:
    if kind == "detractor-alert" and entry.score is not None:
        return "edited", "Taken back: the customer changed the answer, and the latest one is not a detractor's."
    own = reason_of(finding_id, entry, contact) if kind == "journey-signal" else None
    if own is not None:
        return own
    if kind == "repeat-contact" and flag_id(entry.customer_id, contact.contact_id) == finding_id:
        if contact.inbound and links.of(contact).continues is not None:
            return "handed_over", "Taken back: the contact was handed over and continues the one before."
        return "late_touchpoint", "Taken back: with what came late, this is no repeat."
    if entry not in contact.current:
        return "edited", "Taken back: the words that it stood on were replaced."
    return "joined", f"Taken back: {anchor_of(entry)} turned out to belong to another contact."
