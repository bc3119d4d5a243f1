"""Cannot reach a person: while it happens.

Rule 1. A person is there when an agent says something, or a call is answered.
Rule 2. In a contact that a bot answered and no person has, a touchpoint in which the customer asks for a person raises
        the signal. A person who comes later in the contact takes it back: it grows a version with every touchpoint.
Rule 3. So does a call given up, when it is at least the policy's number in a row: one after the other, each within the
        policy's time after the one before (inclusive), and no person by any channel in between.
"""

from collections.abc import Sequence

from pipeline.contacts import Contact
from pipeline.findings import Finding, compared
from pipeline.journey.calls import call_of, is_abandoned
from pipeline.journey.policy import ReachPolicy
from pipeline.journey.signal import REACH, Said, of_contact
from pipeline.policy import Policy
from pipeline.stitch import place
from pipeline.touchpoint import Entry

MOST_EVIDENCE = 20


def is_person(entry: Entry) -> bool:
    """Say whether a person of the company is there in a touchpoint (Rule 1)."""
    if entry.source == "phone":
        answered = entry.handling is not None and entry.handling.outcome == "answered"
        return answered or entry.kind == "answered" or (entry.kind == "said" and entry.actor == "agent")
    return entry.actor == "agent"


def reach_signal(contact: Contact, timeline: Sequence[Entry], version: int, policy: Policy) -> Finding | None:
    """Return the signal that the customer cannot reach a person, where it stands.

    `timeline` are the customer's touchpoints in order; those after the contact's newest are not looked at.
    """
    told = contact.current
    if any(entry.actor == "bot" for entry in told) and not any(is_person(entry) for entry in told):
        asking = [entry for entry in told if entry.asks_human]
        if asking:
            times = len(asking)
            said = Said(
                kind=REACH,
                why=f"Asked for a person {times} {'time' if times == 1 else 'times'}, and only a bot answered.",
                words=asking[0].excerpt,
                evidence=asking[-MOST_EVIDENCE:],
                compared=[compared("times asked for a person in a contact without one", times, ">=", 1)],
            )
            return of_contact(asking[-1], contact, version, said, policy)
    last = next((entry for entry in reversed(told) if is_abandoned(entry)), None)
    if last is None or any(is_person(entry) and place(entry) > place(last) for entry in told):
        return None
    row = given_up(timeline, last, policy.reach)
    if len(row) < policy.reach.attempts:
        return None
    said = Said(
        kind=REACH,
        why=f"Called {len(row)} {'time' if len(row) == 1 else 'times'} and nobody answered.",
        words=next((entry.excerpt for entry in reversed(row) if entry.excerpt), None),
        evidence=row[-MOST_EVIDENCE:],
        compared=[compared("calls given up in a row", len(row), ">=", policy.reach.attempts)],
    )
    return of_contact(last, contact, version, said, policy)


def given_up(timeline: Sequence[Entry], last: Entry, policy: ReachPolicy) -> list[Entry]:
    """Return the calls given up in a row that ends with `last`, oldest first, each call once (Rule 3)."""
    row: list[Entry] = []
    calls: set[str | None] = set()
    for entry in reversed(timeline):
        if place(entry) > place(last):
            continue
        if is_person(entry) or (row and row[-1].occurred_at - entry.occurred_at > policy.within):
            break
        if is_abandoned(entry) and call_of(entry) not in calls:
            row.append(entry)
            calls.add(call_of(entry))
    return row[::-1]
