"""What changes for a customer when touchpoints arrive: the right-hand half of the flow, without the broker.

Rule 1. `picture` is a pure function of the set of touchpoints heard. What arrives is compared with the picture without
        it; whatever differs is published. A redelivery is therefore published again, with the same ids and versions.
Rule 2. Which findings were ever published is remembered (written once, before the first publication goes out), so
        that what no longer stands is taken back, and taken back again on redelivery.
Rule 3. A version is the number of touchpoints at or before the newest of the finding's contact; every fact that can
        change a finding is among those, so its version grows with it (`pipeline.findings`). An event told again with
        another time may leave its contact, so that a contact's newest touchpoint moves back: of a customer with such
        retellings a version is how many they are, in front, and how many touchpoints were heard in all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.contacts import Contact, contacts
from pipeline.detractors import alerts
from pipeline.findings import Finding, Kind, Record, anchor_of
from pipeline.policy import Policy
from pipeline.repeats import Links, flags
from pipeline.retraction import Anchored, retraction
from pipeline.stitch import event_key, stitched
from pipeline.summary import summary
from pipeline.touchpoint import Entry

RETOLD = 1 << 32
"""What one retelling adds to every version of the customer; no customer has so many touchpoints."""

Row = tuple[datetime, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Raised:
    """That a finding was published at least once: raised-output.v1.avsc."""

    output_id: str
    kind: Kind
    anchor: str
    first_version: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is true of one customer, given a set of touchpoints. `rows` is what was heard, `entries` what counts."""

    rows: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    times: Sequence[datetime]
    contacts: tuple[Contact, ...]
    links: Links
    findings: Mapping[str, Finding]

    @property
    def retold(self) -> int:
        """How many rows tell an event again with another time."""
        return len(self.rows) - len(self.entries)

    def version_at(self, moment: datetime) -> int:
        """Return the version of what stands on a contact whose newest touchpoint is at `moment` (Rule 3)."""
        return self.retold * RETOLD + len(self.rows) if self.retold else bisect_right(self.times, moment)


@dataclass(frozen=True, slots=True)
class Advance:
    """What follows from arrivals: rows to keep, findings to remember, and records to publish, in this order."""

    picture: Picture
    entries: tuple[Entry, ...]
    raised: tuple[Raised, ...]
    alerts: tuple[Record, ...]
    flags: tuple[Record, ...]
    timeline: Record


def picture(rows: Iterable[Entry], policy: Policy, known: Picture | None = None) -> Picture:
    """Return all that is true of a customer, given the touchpoints heard (rows, in any order).

    `known` is the picture of some of these rows, if there is one: it saves work and changes nothing.
    """
    kept = tuple(rows)
    entries = stitched(kept)
    times = sorted(entry.occurred_at for entry in kept)
    since = None if known is None else _news_since(known, kept, len(kept) - len(entries))
    grouped = contacts(entries, policy, () if known is None else known.contacts)
    links = Links(grouped, policy, None if known is None else known.links, since)
    told = Picture(kept, entries, times, grouped, links, {})
    fresh = [contact for contact in grouped if since is None or contact.newest_at >= since]
    found = [*alerts(times, fresh, policy), *flags(times, grouped, policy, links, since)]
    if told.retold:
        found = [replace(finding, version=told.version_at(finding.occurred_at)) for finding in found]
    if known is not None and since is not None:
        old = {contact.contact_id for contact in grouped if contact.newest_at < since}
        found += [finding for finding in known.findings.values() if finding.body["contact_id"] in old]
    return replace(told, findings={finding.finding_id: finding for finding in found})


def _news_since(known: Picture, rows: tuple[Entry, ...], retold: int) -> datetime | None:
    """Return from when on the rows say more than `known`; None where that may be from ever."""
    if retold or known.retold:  # every version grows with every touchpoint (Rule 3)
        return None
    had = set(map(id, known.rows))
    return min((entry.occurred_at for entry in rows if id(entry) not in had), default=None)


def advance(known: Picture, raised: Mapping[str, Raised], arrivals: Sequence[Entry], policy: Policy) -> Advance:
    """Return what follows when one customer's `arrivals` join what is `known`; at least one arrival."""
    rows = {row_of(entry): entry for entry in known.rows}
    before = known
    if any(row_of(entry) in rows for entry in arrivals):
        arrived = {row_of(entry) for entry in arrivals}
        before = picture((entry for row, entry in rows.items() if row not in arrived), policy)
    for entry in arrivals:
        other = rows.get(row_of(entry))
        rows[row_of(entry)] = entry if other is None else stitched((entry, other))[0]
    after = picture(rows.values(), policy, before)
    changed = [f for f in after.findings.values() if f != before.findings.get(f.finding_id)]
    late = bool(before.times) and min(entry.occurred_at for entry in arrivals) < before.times[-1]
    published = [(f.kind, _standing(f, raised.get(f.finding_id), arrivals, late)) for f in changed]
    published += _taken_back(before, after, raised, policy)
    timeline = summary(after.entries, after.contacts, after.links, after.findings.values(), policy)
    return Advance(
        picture=after,
        entries=tuple(rows[row] for row in sorted({row_of(entry) for entry in arrivals})),
        raised=tuple(Raised(f.finding_id, f.kind, f.anchor, f.version) for f in changed if f.finding_id not in raised),
        alerts=tuple(record for kind, record in published if kind == "detractor-alert"),
        flags=tuple(record for kind, record in published if kind == "repeat-contact"),
        timeline={"version": len(after.rows), **timeline},
    )


def row_of(entry: Entry) -> Row:
    """Return the row under which the state keeps an entry."""
    return entry.occurred_at, event_key(entry)


def _standing(finding: Finding, first: Raised | None, arrivals: Sequence[Entry], late: bool) -> Record:  # noqa: FBT001 -- one private caller
    """Return a finding's record; it is `raised` the first time, and when that first time is told again."""
    update = first is not None and first.first_version != finding.version
    reason = "new_touchpoint"
    if any(entry.item is not None and entry.revision > 1 for entry in arrivals):
        reason = "edited"
    elif late:
        reason = "late_touchpoint"
    return {
        "alert_id" if finding.kind == "detractor-alert" else "flag_id": finding.finding_id,
        "version": finding.version,
        "status": "updated" if update else "raised",
        "reason": reason,
        **finding.body,
    }


def _taken_back(
    before: Picture, after: Picture, raised: Mapping[str, Raised], policy: Policy
) -> Iterable[tuple[Kind, Record]]:
    """Yield retractions: of what stood before, and, where its version grew, of what was taken back already (Rule 2).

    Only what was raised can be taken back: a repeat's `before` may hold what was never published.
    """
    for output in raised.values():
        if output.output_id in after.findings:
            continue
        now, then = _anchored(output, after), _anchored(output, before)
        if now is None:  # the anchor is in another customer's timeline, who answers for it
            continue
        if output.output_id in before.findings or then is None or then.version != now.version:
            yield output.kind, retraction(output.kind, output.output_id, now, after.links, policy)


def _anchored(output: Raised, told: Picture) -> Anchored | None:
    """Return where a finding's anchor is in a picture; None where it was not heard."""
    for contact in told.contacts:
        for entry in contact.entries:
            if anchor_of(entry) == output.anchor:
                return Anchored(told.version_at(contact.newest_at), contact, entry)
    return None
