"""Detractors: customers who turn away, because they said so or because their words do.

Rule 1. What the customer said outright leads: a score at or under its limit is an *explicit* alert, one per answer
        (a survey response, a review, a chat's rating); of an edited answer the latest revision decides.
Rule 2. Words alone are *inferred*, one alert per contact, standing on the first touchpoint whose worst sentence and
        mean are both at or under their limits; a touchpoint with a score never infers.
Rule 3. NPS is asked on 0 to 10 and its limit is a number of that scale (Reichheld 2003: 0-6). The other limits are
        the worst points of a scale (CSAT 2 of 5, CES 3 of 7, stars 2 of 5), and the same share of a longer one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pipeline.contacts import Contact
from pipeline.findings import Finding, Record, anchor_of, compared, evidence, whereabouts
from pipeline.ids import derived
from pipeline.policy import DetractorPolicy, Points, Policy
from pipeline.records import mood_record, score_record
from pipeline.touchpoint import Entry, Score
from pipeline.words import number

MOST_REVISIONS = 50
"""Revisions that an alert names: an answer edited a thousand times must still fit into one record."""

NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "CES", "stars": "Stars"}


def limit(score: Score, policy: DetractorPolicy) -> float:
    """Return the highest value on this score's own scale that is a detractor's (Rule 3).

    A scale from `scale_min` to `scale_max` has `scale_max - scale_min + 1` points, of which the worst share counts:
    2 of 5 on a 10-point scale are the worst 4.
    """
    if score.metric == "nps":
        return policy.nps_at_most
    points: Points = getattr(policy, score.metric)
    return score.scale_min - 1 + points.at_most / points.of * (score.scale_max - score.scale_min + 1)


def is_detractor(score: Score, policy: DetractorPolicy) -> bool:
    """Say whether a score is a detractor's: at or under its limit (1e-9 absorbs the share's rounding)."""
    return score.value <= limit(score, policy) + 1e-9


def sounds_detractor(entry: Entry, policy: DetractorPolicy) -> bool:
    """Say whether a touchpoint's words alone are a detractor's (Rule 2)."""
    mood = entry.mood
    return (
        entry.score is None
        and mood is not None
        and mood.sentences > 0
        and mood.worst <= policy.worst_at_most
        and mood.mean <= policy.mean_at_most
    )


def alerts(times: Sequence[datetime], contacts: Iterable[Contact], policy: Policy) -> Iterator[Finding]:
    """Yield the alerts that stand, given the touchpoints' `times` and the contacts of a customer, both in order."""
    for contact in contacts:
        version = bisect_right(times, contact.newest_at)
        for entry in contact.current:
            if entry.score is not None and is_detractor(entry.score, policy.detractor):
                yield _explicit(entry, entry.score, contact, version, policy)
        first = next((e for e in contact.current if sounds_detractor(e, policy.detractor)), None)
        if first is not None:
            yield _inferred(first, contact, version, policy)


def explicit_id(entry: Entry) -> str:
    """Return the id of the alert on an answer given outright."""
    return derived("alert", "explicit", entry.customer_id, entry.item or anchor_of(entry))


def inferred_id(customer_id: str, contact_id: str) -> str:
    """Return the id of the alert on a contact's words."""
    return derived("alert", "inferred", customer_id, contact_id)


def _explicit(entry: Entry, score: Score, contact: Contact, version: int, policy: Policy) -> Finding:
    at_most = limit(score, policy.detractor)
    name, scale = NAMES[score.metric], f"{number(score.scale_min)} to {number(score.scale_max)}"
    body = whereabouts(entry, contact, policy) | {
        "words": entry.excerpt,
        "why": f"{name} {number(score.value)} of {scale}; a detractor's is {number(round(at_most, 4))} or lower.",
        "basis": "explicit",
        "score": score_record(score),
        "mood": None,
        "evidence": _revisions(entry, contact),
        "compared": [compared(f"{name}, points of {scale}", score.value, "<=", round(at_most, 6))],
    }
    return Finding("detractor-alert", explicit_id(entry), version, anchor_of(entry), entry.occurred_at, body)


def _inferred(entry: Entry, contact: Contact, version: int, policy: Policy) -> Finding:
    mood, rules = entry.mood, policy.detractor
    assert mood is not None  # noqa: S101 -- sounds_detractor asked; says it to the type checker
    body = whereabouts(entry, contact, policy) | {
        "words": entry.excerpt,
        "why": f"Inferred from the words alone: worst sentence {mood.worst:.2f}, mean {mood.mean:.2f} of -1 to 1.",
        "basis": "inferred",
        "score": None,
        "mood": mood_record(mood),
        "evidence": [evidence(entry)],
        "compared": [
            compared("mood of the worst sentence, -1 to 1", mood.worst, "<=", rules.worst_at_most),
            compared("mean mood of the sentences, -1 to 1", mood.mean, "<=", rules.mean_at_most),
        ],
    }
    own_id = inferred_id(entry.customer_id, contact.contact_id)
    return Finding("detractor-alert", own_id, version, anchor_of(entry), entry.occurred_at, body)


def _revisions(entry: Entry, contact: Contact) -> list[Record]:
    """Return the answer and the ones that it replaced as evidence: the first, and the newest up to a bound."""
    told = [e for e in contact.entries if e is entry or (entry.item is not None and e.item == entry.item)]
    return [evidence(e) for e in [*told[:1], *told[1:][-(MOST_REVISIONS - 1) :]]]
