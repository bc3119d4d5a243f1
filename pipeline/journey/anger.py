"""Anger with its kind, where the customer's words show it.

Rule 1. Only the customer's words show it (`pipeline.language.anger`); one signal a contact, with all kinds shown.
Rule 2. It stands on the first touchpoint that shows any.
"""

from pipeline.contacts import Contact
from pipeline.findings import Finding, compared
from pipeline.journey.signal import ANGER, Said, of_contact
from pipeline.policy import Policy

MOST_EVIDENCE = 20


def anger_signal(contact: Contact, version: int, policy: Policy) -> Finding | None:
    """Return the signal that the customer is angry, where the words show it."""
    angry = [entry for entry in contact.current if entry.anger]
    if not angry:
        return None
    shown: dict[str, str] = {}
    for entry in angry:
        for anger in entry.anger:
            shown.setdefault(anger.kind, anger.phrase)
    kinds = sorted(shown)
    said = Said(
        kind=ANGER,
        why=f"The words show anger: {', '.join(f'{kind} (“{shown[kind]}”)' for kind in kinds)}.",
        words=angry[0].excerpt,
        anger=kinds,
        evidence=angry[:MOST_EVIDENCE],
        compared=[compared("kinds of anger shown by listed phrases", len(kinds), ">=", 1)],
    )
    return of_contact(angry[0], contact, version, said, policy)
