"""What detection finds, as values: a body that says everything but when it was published.

Rule 1. A finding is a pure function of the customer's touchpoints at or before its contact's newest one; its version
        is how many those are. So any fact that changes a finding raises its version, whoever evaluates it, in whatever
        order the facts came (docs/decisions/0003-versions.md).
Rule 2. The id is derived from the cause alone (which answer, which contact), never from who the customer is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.policy import Policy
from pipeline.touchpoint import Entry, Identifier, Mood, Score

Kind = Literal["detractor-alert", "repeat-contact"]
Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert or a flag as it stands. `anchor` is the touchpoint that it stands on, as source/event_id; `body` holds
    the published record's fields but id, version, status and reason.
    """

    kind: Kind
    finding_id: str
    version: int
    anchor: str
    occurred_at: datetime
    body: Mapping[str, object]


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


def identifier_record(identifier: Identifier) -> Record:
    """Return an identifier in the wire's shape."""
    return {"type": identifier.type, "value": identifier.value}


def score_record(score: Score | None) -> Record | None:
    """Return a score in the wire's shape."""
    if score is None:
        return None
    return {
        "metric": score.metric,
        "value": score.value,
        "scale_min": score.scale_min,
        "scale_max": score.scale_max,
    }


def mood_record(mood: Mood | None) -> Record | None:
    """Return a mood in the wire's shape."""
    if mood is None:
        return None
    return {"worst": mood.worst, "mean": mood.mean, "sentences": mood.sentences, "truncated": mood.truncated}


def policy_record(policy: Policy) -> Record:
    """Return which policy decided."""
    return {"name": policy.name, "version": policy.version}
