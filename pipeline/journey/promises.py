"""Promises: made, kept, broken.

Rule 1. A touchpoint in which the company promised something by a time is a promise. It is *open* while nothing is known
        that happened after that time, nor that it is over; then it is *kept* or *broken*. Kept is said as soon as it
        is known.
Rule 2. It is kept by the first touchpoint of the company after it was said and at or before it is due: exactly at the
        time is kept. Whatever happened after that time shows that it has passed, and so does a clock, told as a fact
        (`over`): where nobody speaks, nothing else would.
Rule 3. The company's touchpoint is an outbound one by a channel that can be a contact: a newsletter keeps no promise.
        In the promise's own chat an agent's message is one too, but only after the company said nothing there for
        the policy's pause: what is said in the same breath keeps nothing.
Rule 4. It looks at what happened until it is due and until its contact's newest touchpoint, whichever is later, and at
        whether anything happened after that. Its version counts both (`pipeline.advance`).
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pipeline.contacts import Contact
from pipeline.findings import Finding, Record, anchor_of, compared, whereabouts
from pipeline.journey.signal import BROKEN, PROMISE, Said, promise_id, said_record
from pipeline.policy import Policy
from pipeline.touchpoint import Entry
from pipeline.words import duration

OPEN, KEPT, PASSED = "open", "kept", "broken"


def promises(
    timeline: Sequence[Entry],
    contacts: Iterable[Contact],
    policy: Policy,
    settled: Collection[str] = (),
    over: datetime | None = None,
) -> Iterator[Finding]:
    """Yield a customer's promises but those that are `settled`; `timeline` are all touchpoints in order, `over` is the
    latest moment that is known to be over. Versions are the caller's.
    """
    times: list[datetime] = []
    for contact in contacts:
        for entry in contact.current:
            if entry.promised_by is not None and promise_id(entry) not in settled:
                times = times or [each.occurred_at for each in timeline]
                after = timeline[bisect_left(times, said_at(entry)) :]
                passed = times[-1] > entry.promised_by or (over is not None and over >= entry.promised_by)
                yield _promise(entry, entry.promised_by, contact, after, policy, passed=passed)


def said_at(entry: Entry) -> datetime:
    """Return when a promise was said, at the latest: a call's when it ended."""
    return entry.ended_at or entry.occurred_at


def _promise(  # noqa: PLR0913 -- what a promise is judged by
    entry: Entry, due: datetime, contact: Contact, after: Sequence[Entry], policy: Policy, *, passed: bool
) -> Finding:
    kept = _kept_by(entry, due, after, policy)
    by = f"{due.astimezone(policy.promise.zone):%Y-%m-%d %H:%M} ({policy.promise.time_zone})"
    limits: list[Record]
    if kept is not None:
        took = kept.occurred_at - said_at(entry)
        allowed = due - said_at(entry)
        why = f"Promised to come back by {by}, and did by {kept.channel} after {duration(took)}."
        limits = [compared("hours until the company came back", _hours(took), "<=", _hours(allowed))]
        said = Said(kind=PROMISE, state=KEPT, due_at=due, why=why, evidence=(entry, kept), compared=limits)
    elif passed:
        why = f"Promised to come back by {by}, and did not."
        limits = [compared("times that the company came back until it was due", 0, "<", 1)]
        said = Said(kind=BROKEN, state=PASSED, due_at=due, why=why, evidence=(entry,), compared=limits)
    else:
        why = f"Promised to come back by {by}."
        said = Said(kind=PROMISE, state=OPEN, due_at=due, why=why, evidence=(entry,))
    body = whereabouts(entry, contact, policy) | said_record(said)
    body["deliver_before"] = due + policy.detractor.stale_after
    return Finding("journey-signal", promise_id(entry), 0, anchor_of(entry), entry.occurred_at, body, due)


def _hours(span: timedelta) -> float:
    return round(span / timedelta(hours=1), 2)


def _kept_by(promise: Entry, due: datetime, after: Sequence[Entry], policy: Policy) -> Entry | None:
    """Return the first touchpoint that keeps a promise (Rules 2 and 3); `after` begins when it was said, or before."""
    spoke: dict[str, datetime] = {key: said_at(promise) for key in promise.keys[:1]}
    for entry in after:
        if entry.occurred_at > due:
            return None
        if entry is promise or entry.occurred_at <= said_at(promise) or entry.actor == "customer":
            continue
        session = entry.keys[0] if entry.source == "chat" and entry.keys else None
        before = None if session is None else spoke.get(session)
        if session is not None:
            spoke[session] = entry.occurred_at
        own = session is not None and session in promise.keys[:1]
        comes = entry.direction == "outbound" or (own and entry.actor == "agent")
        if (
            comes
            and _can_be_contact(entry, policy)
            and (before is None or entry.occurred_at - before >= policy.promise.pause)
        ):
            return entry
    return None


def _can_be_contact(entry: Entry, policy: Policy) -> bool:
    if entry.source != "other":
        return entry.source in ("phone", "email", "chat")
    channel = policy.channels.get(entry.channel)
    return channel is not None and channel.contact
