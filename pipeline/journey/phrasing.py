"""Negative phrasing: the company's side of a contact says can't, won't, don't too often.

Rule 1. Counted is what people say; a bot's no is its author's.
Rule 2. Both limits are reached: a number, and a rate per 100 words, so that neither a short plain answer nor a long
        call is a signal.
"""

from pipeline.contacts import Contact
from pipeline.findings import Finding, compared
from pipeline.journey.signal import PHRASING, Said, of_contact
from pipeline.policy import Policy

MOST_EVIDENCE = 20


def phrasing_signal(contact: Contact, version: int, policy: Policy) -> Finding | None:
    """Return the signal that the company's side said no too often, where it did."""
    spoke = [entry for entry in contact.current if entry.actor != "bot" and entry.company_words]
    said_no = [entry for entry in spoke if entry.company_negations]
    times, words = sum(entry.company_negations for entry in said_no), sum(entry.company_words for entry in spoke)
    rules = policy.phrasing
    if times < rules.at_least or 100 * times < rules.per_100_words * words:
        return None
    rate = round(100 * times / words, 2)
    said = Said(
        kind=PHRASING,
        why=f"The company's side said no {times} times in {words} words (can't, won't, don't).",
        evidence=said_no[-MOST_EVIDENCE:],
        compared=[
            compared("times that the company's side said no", times, ">=", rules.at_least),
            compared("of 100 words of the company's side", rate, ">=", rules.per_100_words),
        ],
    )
    return of_contact(said_no[-1], contact, version, said, policy)
