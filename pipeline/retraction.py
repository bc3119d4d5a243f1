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
from pipeline.scores import said
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
        return record | neutral_alert(finding_id, basis) | {"score": score_record(latest.score)}
    return record | neutral_flag(finding_id, contact.channel, contact.contact_id, entry.occurred_at)


def neutral_alert(alert_id: str, basis: object) -> Record:
    """Return what a retraction says of an alert's substance: nothing. It pages, so that whoever was paged is told."""
    return {
        "alert_id": alert_id,
        "basis": basis,
        "score": None,
        "mood": None,
        "confidence": None,
        "mixed": False,
        "contrary": [],
        "segment": None,
        "severity": "low",
        "severity_reasons": [],
        "delivery": "page",
        "delivery_reason": None,
        "paged_by": None,
    }


def neutral_flag(flag_id: str, channel: object, contact_id: object, moment: object) -> Record:
    """Return what a retraction says of a flag's substance: nothing."""
    return {
        "flag_id": flag_id,
        "any_topic": False,
        "same_topic": False,
        "repeated_topics": [],
        "initial_contact": contact_id,
        "previous_contact": None,
        "related_contact": contact_id,
        "related_channel": channel,
        "related_ended_at": moment,
        "related_topics": [],
        "gap_seconds": 0.0,
        "chain_length": 1,
        "handovers": 0,
        "channels": [channel],
        "agents_told": 0,
        "times_told": 0,
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
        now = next((e.score for e in contact.current if e.item is not None and e.item == entry.item), None)
        outright = "" if now is None else f" What was said outright leads: {said(now)}."
        return "edited", f"Taken back: the words that it stood on were replaced.{outright}"
    return "joined", f"Taken back: {anchor_of(entry)} turned out to belong to another contact."
