"""What follows for a customer when the time has come by which somebody was promised something, and nobody spoke.

Rule 1. That a time is over is a fact like a touchpoint: it is kept, it never stops being true, and what is said with it
        is what one look at all facts says (`pipeline.picture`). Who reads the clock is the shell's matter.
Rule 2. Heard again, it is told again, with the same ids and versions.
Rule 3. A time by which no touchpoint here promised anything is nothing to this customer: what was erased stays so.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.advance import Advance, Picture, Raised, advanced, picture, standing
from pipeline.findings import ID_FIELDS
from pipeline.journey.promises import OPEN
from pipeline.policy import Policy
from pipeline.raised import deadline, passed_by

REASON = "time_passed"
"""The reason of what is said because of it."""


def time_came(known: Picture, raised: Mapping[str, Raised], dues: Collection[datetime], policy: Policy) -> Advance:
    """Return what follows when these times are over; each must have passed on the clock of whoever asks."""
    facts = [deadline(row, row.promised_by) for row in known.held if row.promised_by in dues and row.promised_by]
    if not facts:
        return Advance(known, (), (), (), (), {})
    ever = dict(raised) | {fact.output_id: fact for fact in facts}
    after = picture(known.held, policy, known, known.kin, passed_by(ever.values()))
    latest = max(dues)
    changed = [f for f in after.findings.values() if f.due is not None and f.due <= latest]  # Rule 2
    names = {finding.finding_id for finding in changed}
    published = [(kind, one) for kind, one in standing(after, raised, REASON) if one[ID_FIELDS[kind]] in names]
    told = advanced(
        after, policy, raised=raised, ever=ever, changed=changed, published=published, rows=(), placed=(), because=None
    )
    return replace(told, timeline={})  # it has no clock


def over_at(now: datetime, policy: Policy) -> datetime:
    """Return the latest moment that is over at a time of the clock: a promise is let be for the policy's grace."""
    return now - policy.promise.grace - timedelta(milliseconds=1)


def open_until(known: Picture) -> tuple[datetime, ...]:
    """Return the times until when this customer's open promises look."""
    return tuple(f.due for f in known.findings.values() if f.due is not None and f.body["state"] == OPEN)
