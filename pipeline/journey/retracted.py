"""What a retraction of a journey signal says.

Rule 1. It names the kind that its id is of (`pipeline.journey.signal`, Rule 2); all else is neutral.
Rule 2. The reason is *answered* where a person came; *edited* where the words were replaced; *late_touchpoint* where
        something that happened earlier shows that it never held; else the contact is another: *joined*.
"""

from pipeline.contacts import Contact
from pipeline.findings import Record
from pipeline.journey.reach import is_person
from pipeline.journey.signal import PROMISE, REACH, Said, kind_of, promise_id, said_record, signal_id
from pipeline.touchpoint import Entry

SHARED = ("why", "words", "evidence", "compared")
"""Fields that every retraction fills itself."""


def retracted_signal(finding_id: str) -> Record:
    """Return the fields of a signal's record that are a signal's own, without what they said."""
    own = said_record(Said(kind=kind_of(finding_id), why=""))
    return {"signal_id": finding_id} | {name: own[name] for name in own if name not in SHARED}


def reason_of(finding_id: str, entry: Entry, contact: Contact) -> tuple[str, str] | None:
    """Return reason and why of a signal that stood on `entry`, which is now in `contact`; None where it is joined."""
    kind = kind_of(finding_id)
    if kind == PROMISE:
        if finding_id == promise_id(entry):
            return "edited", "Taken back: the words that promised were replaced."
        return None
    if finding_id != signal_id(kind, entry.customer_id, contact.contact_id):
        return None
    if kind == REACH and any(is_person(each) for each in contact.current):
        return "answered", "Taken back: a person answered."
    if entry not in contact.current:
        return "edited", "Taken back: the words that it stood on were replaced."
    return "late_touchpoint", "Taken back: with what became known, it does not hold."
