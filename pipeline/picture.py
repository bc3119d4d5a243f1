"""All that is true of one customer, given a set of touchpoints: contacts, findings and what they rest on.

Rule 1. It is a pure function of the touchpoints heard, of what the customer id was told of whose they are, and of the
        latest moment that is known to be `over`: a promise that is due at it or before is no longer open.
Rule 2. A version is the number of touchpoints at or before the newest of the finding's contact; every fact that can
        change a finding is among those, so its version grows with it (`pipeline.findings`). An event told again, at
        another time or with other contents, may leave its contact, so that a contact's newest touchpoint moves back:
        of a customer with such retellings a version is how many they are, in front, and how many were heard in all.
Rule 3. In front of every version stands the newest resolution of identity that the customer id has heard of. Between
        two of them its touchpoints only grow in number, so Rule 2 holds; a touchpoint only leaves by a newer one.
Rule 4. What is due also knows whether its time is over, by a later touchpoint or by the clock: one more in its
        version. Moments only ever become known, and a touchpoint that stops being later is counted itself.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.before import Before
from pipeline.contacts import Contact, contacts
from pipeline.detractors import alerts
from pipeline.findings import Finding
from pipeline.journey.effort import Effort
from pipeline.journey.found import efforts, promises, settled, signals
from pipeline.placing import NOBODY, Kin, place
from pipeline.policy import Policy
from pipeline.repeats import Links, flags
from pipeline.stitch import stitched
from pipeline.touchpoint import Entry

RETOLD = 1 << 20
"""What one retelling adds to every version of the customer; no customer has so many touchpoints."""

EPOCH = 1 << 30
"""What one resolution adds; no customer has a thousand retellings. 2^33 resolutions fit into the wire's long."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is true of one customer, given a set of touchpoints. `rows` is what was heard, `entries` what counts.

    `gone` belongs elsewhere by `kin`, and `waiting` came before the word that it belongs here; neither counts. `over`
    is the latest moment that is known to be over, without a touchpoint that says so.
    """

    rows: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    times: Sequence[datetime]
    contacts: tuple[Contact, ...]
    links: Links
    findings: Mapping[str, Finding]
    gone: tuple[Entry, ...] = ()
    waiting: tuple[Entry, ...] = ()
    kin: Kin = NOBODY
    heard: int = 0
    efforts: Mapping[str, Effort] = field(default_factory=dict)
    before: Before | None = None
    over: datetime | None = None

    @property
    def held(self) -> tuple[Entry, ...]:
        """All rows of the state."""
        return (*self.rows, *self.gone, *self.waiting)

    @property
    def retold(self) -> int:
        """How many rows tell an event again: at another time, or at the same time with other contents."""
        return len(self.rows) - len(self.entries)

    def version_at(self, moment: datetime, due: datetime | None = None) -> int:
        """Return the version of what stands on a contact whose newest touchpoint is at `moment` (Rule 2).

        What is `due` looks as far as that, and knows whether that time is over; one more counts for that (Rule 4).
        """
        until = moment if due is None else max(moment, due)
        here = self.retold * RETOLD + len(self.rows) if self.retold else bisect_right(self.times, until)
        later = due is not None and not self.retold and here < len(self.times)
        return self.heard * EPOCH + here + (later or self._is_over(due))

    def _is_over(self, due: datetime | None) -> bool:
        return due is not None and self.over is not None and due <= self.over

    @property
    def version(self) -> int:
        """The version of the timeline: any touchpoint raises it, and so does one that turns out to belong here."""
        if not self.heard:
            return len(self.rows)
        return self.heard * EPOCH + len(self.rows) + len(self.held)


def picture(
    rows: Iterable[Entry],
    policy: Policy,
    known: Picture | None = None,
    kin: Kin = NOBODY,
    over: datetime | None = None,
) -> Picture:
    """Return all that is true of a customer, given the touchpoints heard (rows, in any order), the answers, and the
    latest moment that is over.

    `known` is the picture of some of these rows by the same answers, at no later moment, if there is one: it saves
    work, changes nothing.
    """
    heard = kin.epoch
    kept, gone, waiting = _placed(rows, kin, heard, known)
    entries = stitched(kept)
    times = sorted(entry.occurred_at for entry in kept)
    since = None if known is None else _news_since(known, kept, len(kept) - len(entries))
    grouped = contacts(entries, policy, () if known is None else known.contacts)
    links = Links(grouped, policy, None if known is None else known.links, since)
    told = Picture(kept, entries, times, grouped, links, {}, gone, waiting, kin, heard, over=over)
    fresh = [contact for contact in grouped if since is None or contact.newest_at >= since]
    before = Before(entries, grouped, policy, None if known is None else known.before)
    found = [*alerts(times, fresh, before, policy), *flags(times, grouped, policy, links, since)]
    costs = efforts(grouped, fresh, found, {} if known is None else known.efforts, policy)
    found += signals(entries, times, fresh, costs, policy)
    newest = {contact.contact_id: contact.newest_at for contact in grouped}
    old = {} if since is None else {name: moment for name, moment in newest.items() if moment < since}
    waits_no_more = {} if known is None else settled(known.findings.values(), old, known.times, since)
    promised = list(promises(entries, grouped, policy, waits_no_more, over))
    if heard or told.retold:
        found = [replace(f, version=told.version_at(newest[str(f.body["contact_id"])])) for f in found]
    if known is not None and since is not None:
        found += [f for f in known.findings.values() if f.due is None and f.body["contact_id"] in old]
        found += waits_no_more.values()
    found += [replace(f, version=told.version_at(newest[str(f.body["contact_id"])], f.due)) for f in promised]
    return replace(told, findings={finding.finding_id: finding for finding in found}, efforts=costs, before=before)


def _placed(
    rows: Iterable[Entry], kin: Kin, heard: int, known: Picture | None
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], tuple[Entry, ...]]:
    """Return which rows count, which are gone and which wait: by `kin`, and so as before where that was the same."""
    found: tuple[list[Entry], list[Entry], list[Entry]] = [], [], []
    here, gone, waiting = found
    before: dict[int, list[Entry]] = {}
    if known is not None and known.kin is kin:
        for then, now in zip((known.rows, known.gone, known.waiting), found, strict=True):
            before.update(dict.fromkeys(map(id, then), now))
    for row in rows:
        group = before.get(id(row))
        if group is None:
            whose = place(row, kin, heard)
            group = waiting if whose is None else here if whose.customer_id == row.customer_id else gone
        group.append(row)
    return tuple(here), tuple(gone), tuple(waiting)


def _news_since(known: Picture, rows: tuple[Entry, ...], retold: int) -> datetime | None:
    """Return from when on the rows say more than `known`; None where that may be from ever."""
    if retold or known.retold:  # every version grows with every touchpoint (Rule 2)
        return None
    had = set(map(id, known.rows))
    return min((entry.occurred_at for entry in rows if id(entry) not in had), default=None)
