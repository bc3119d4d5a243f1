"""What a score and a mood say: a detractor's, a promoter's, or neither; and the ids of the alerts that follow.

Rule 1. NPS is asked on 0 to 10 and its limit is a number of that scale (Reichheld 2003: 0-6, and 9-10 for promoters).
        The other limits are the worst points of a scale (CSAT 2 of 5, CES 3 of 7, stars 2 of 5), and the same share of
        a longer one. Good are as many points from the top.
Rule 2. Words are a detractor's where the worst sentence and the mean are both at or under their limits; a touchpoint
        with a score never infers.
"""

from pipeline.findings import anchor_of
from pipeline.ids import derived
from pipeline.policy import DetractorPolicy, Points
from pipeline.touchpoint import Entry, Score
from pipeline.words import number

NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "CES", "stars": "Stars"}
PROMOTER = 9
"""The lowest NPS of a promoter, by the definition of the score."""


def limit(score: Score, policy: DetractorPolicy) -> float:
    """Return the highest value on this score's own scale that is a detractor's (Rule 1).

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


def is_good(score: Score, policy: DetractorPolicy) -> bool:
    """Say whether a score is good: a promoter's, or as far from the top as a detractor's limit is from the bottom."""
    if score.metric == "nps" or is_detractor(score, policy):
        return score.metric == "nps" and score.value >= PROMOTER
    return score.value >= score.scale_max + score.scale_min - limit(score, policy) - 1e-9


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


def said(score: Score) -> str:
    """Return a score for people: CSAT 2 of 1 to 5."""
    return f"{NAMES[score.metric]} {number(score.value)} of {number(score.scale_min)} to {number(score.scale_max)}"


def explicit_id(entry: Entry) -> str:
    """Return the id of the alert on an answer given outright."""
    return derived("alert", "explicit", entry.customer_id, entry.item or anchor_of(entry))


def inferred_id(customer_id: str, contact_id: str) -> str:
    """Return the id of the alert on a contact's words."""
    return derived("alert", "inferred", customer_id, contact_id)
