"""All journey signals of a customer, with what each contact cost.

Rule 1. Each is a small module's: effort, reach, phrasing, promises, anger.
Rule 2. What is known of contacts that nothing new can touch is kept: that only saves work. A promise waits for what
        happens after its contact, so it is kept only when all that it looks at is known.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from pipeline.contacts import Contact
from pipeline.findings import Finding
from pipeline.journey.anger import anger_signal
from pipeline.journey.effort import Effort, effort, effort_signal
from pipeline.journey.phrasing import phrasing_signal
from pipeline.journey.promises import promises
from pipeline.journey.reach import reach_signal
from pipeline.policy import Policy
from pipeline.touchpoint import Entry


def efforts(
    contacts: Iterable[Contact],
    fresh: Iterable[Contact],
    flags: Iterable[Finding],
    known: Mapping[str, Effort],
    policy: Policy,
) -> dict[str, Effort]:
    """Return what each contact cost, by its id; of contacts that are not `fresh`, as `known`.

    `flags` are the findings of the fresh contacts; only repeat-contact flags are looked at.
    """
    repeats = {str(one.body["contact_id"]): one.body for one in flags if one.kind == "repeat-contact"}
    again = {c.contact_id: effort(c, repeats.get(c.contact_id), policy.effort) for c in fresh}
    return {c.contact_id: again[c.contact_id] if c.contact_id in again else known[c.contact_id] for c in contacts}


def signals(
    timeline: Sequence[Entry],
    times: Sequence[datetime],
    fresh: Iterable[Contact],
    costs: Mapping[str, Effort],
    policy: Policy,
) -> Iterator[Finding]:
    """Yield the signals of `fresh` contacts; `timeline` are all touchpoints, `times` all that were heard."""
    for contact in fresh:
        version = bisect_right(times, contact.newest_at)
        for found in (
            effort_signal(contact, costs[contact.contact_id], version, policy),
            reach_signal(contact, timeline, version, policy),
            phrasing_signal(contact, version, policy),
            anger_signal(contact, version, policy),
        ):
            if found is not None:
                yield found


def settled(
    known: Iterable[Finding], contacts: Mapping[str, datetime], times: Sequence[datetime], since: datetime | None
) -> dict[str, Finding]:
    """Return the promises among `known` findings that nothing new can touch, by id; what is new lies at or after
    `since`.

    `contacts` says when the newest touchpoint was of each contact that nothing new can touch; `times` are those that
    were known, in order.
    """
    found: dict[str, Finding] = {}
    if since is None or not times:
        return found
    for one in known:
        newest = contacts.get(str(one.body["contact_id"]))
        if one.due is not None and newest is not None and one.due < since and times[-1] > max(newest, one.due):
            found[one.finding_id] = one
    return found


__all__ = ["efforts", "promises", "settled", "signals"]
