"""What changes for a customer when touchpoints arrive: the right-hand half of the flow, without the broker.

Rule 1. What arrives is compared with the picture without it (`pipeline.picture`); whatever differs is published. A
        redelivery is therefore published again, with the same ids and versions.
Rule 2. Which findings were ever published is remembered (written once, before the first publication goes out), so
        that what no longer stands is taken back, and taken back again on redelivery. Whoever has the touchpoint that
        names a finding (its keeper) answers for it; everybody else is silent.
Rule 3. A touchpoint that belongs elsewhere is kept, unseen, and sent on, with what was published in its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.contacts import Contact
from pipeline.findings import ID_FIELDS, Finding, Kind, Record, anchor_of
from pipeline.ids import derived
from pipeline.journey.effort import with_efforts
from pipeline.journey.signal import promise_id
from pipeline.kin import customer_named_by
from pipeline.picture import EPOCH, Picture, picture
from pipeline.placing import Kin, known_of, merged, place
from pipeline.policy import Policy
from pipeline.raised import DEADLINE, Move, Raised, passed_by
from pipeline.retraction import Anchored, retraction
from pipeline.stitch import EventKey, contents, event_key, stitched
from pipeline.summary import redirect, summary
from pipeline.touchpoint import Entry, Told

__all__ = [
    "EPOCH", "Advance", "Move", "Picture", "Raised", "Row", "advance", "advanced", "picture", "row_of", "standing",
    "taken_back",
]  # fmt: skip

Slot = tuple[datetime, EventKey]
Row = tuple[datetime, EventKey, str]


@dataclass(frozen=True, slots=True)
class Advance:
    """What follows from news: rows, answers and findings to keep, then records to publish and rows to send on, in this
    order. `timeline` is empty where there is none to show: all that there is waits.
    """

    picture: Picture
    entries: tuple[Entry, ...]
    raised: tuple[Raised, ...]
    alerts: tuple[Record, ...]
    flags: tuple[Record, ...]
    timeline: Record
    kin: tuple[Told, ...] = ()
    moves: tuple[Move, ...] = ()
    signals: tuple[Record, ...] = ()


def advance(  # noqa: PLR0913, PLR0917 -- what is known, what came, and by what it is judged
    known: Picture,
    raised: Mapping[str, Raised],
    arrivals: Sequence[Entry],
    policy: Policy,
    brought: Iterable[Raised] = (),
    because: str | None = None,
) -> Advance:
    """Return what follows when one customer's `arrivals` join what is `known`; at least one arrival.

    Rows that were sent here bring what was published in their name, and `because` of which change of identity.
    """
    slots = {slot_of(entry) for entry in arrivals}
    rest = [entry for entry in known.held if slot_of(entry) not in slots]
    held = {row_of(entry): entry for entry in known.held if slot_of(entry) in slots}
    gone = set(map(id, known.gone))
    known_rows = {row: id(entry) in gone for row, entry in held.items()}
    named = [(row_of(entry), entry) for entry in arrivals]
    arrived = sorted({row for row, _ in named})
    before = known
    if any(row in held for row in arrived):
        others = [entry for row, entry in held.items() if row not in set(arrived)]
        before = picture((*rest, *others), policy, None, known.kin, known.over)
    for row, entry in named:
        other = held.get(row)
        held[row] = entry if other is None else _joined(other, entry, known)
    ever = {one.output_id: one for one in brought} | dict(raised)
    over = max((moment for moment in (known.over, passed_by(brought)) if moment is not None), default=None)
    after = picture((*rest, *held.values()), policy, before, known.kin, over)
    # A promise is broken by whatever happened after it was due: heard again, any of that tells it again.
    again = max((entry.occurred_at for row, entry in named if row in known_rows), default=None)
    changed = [
        f
        for f in after.findings.values()
        if f != before.findings.get(f.finding_id) or (f.due is not None and again is not None and again > f.due)
    ]
    newest = [*before.times[-1:], *([] if known.over is None else [known.over])]
    late = bool(newest) and min(entry.occurred_at for entry in arrivals) < max(newest)
    reason = because or _reason(arrivals, late)
    published = [(f.kind, _standing(f, ever.get(f.finding_id), reason)) for f in changed]
    published += taken_back(before, after, ever, policy, because)
    rows = tuple(held[row] for row in arrived)
    # A copy from ahead of a row that is gone says what this customer id will hear itself: sent on, it would come back.
    ahead = {row for row, is_gone in known_rows.items() if is_gone}
    ahead -= {row for row, entry in named if entry.epoch <= known.heard}
    return advanced(
        after,
        policy,
        raised=raised,
        ever=ever,
        changed=changed,
        published=published,
        rows=rows,
        placed=[held[row] for row in arrived if row not in ahead],
        because=because,
    )


def advanced(  # noqa: PLR0913 -- the parts of what follows
    after: Picture,
    policy: Policy,
    *,
    raised: Mapping[str, Raised],
    ever: Mapping[str, Raised],
    changed: Iterable[Finding],
    published: Sequence[tuple[Kind, Record]],
    rows: tuple[Entry, ...],
    placed: Iterable[Entry],
    because: str | None,
    kin: tuple[Told, ...] = (),
) -> Advance:
    """Return what follows, put together; of the rows `placed` anew those that belong elsewhere are sent on.

    They say the reason that they are sent for, or came for (`because`): who takes them in says it of what follows.
    """
    ever = dict(ever)
    for finding in changed:
        if finding.finding_id not in ever:
            ever[finding.finding_id] = _raised(finding, after)
    return Advance(
        picture=after,
        entries=rows,
        raised=tuple(one for one in ever.values() if one.output_id not in raised),
        alerts=tuple(record for kind, record in published if kind == "detractor-alert"),
        flags=tuple(record for kind, record in published if kind == "repeat-contact"),
        timeline=_timeline(after, policy),
        kin=kin,
        moves=tuple(_moves(after, placed, ever, because)),
        signals=tuple(record for kind, record in published if kind == "journey-signal"),
    )


def _joined(other: Entry, arrived: Entry, known: Picture) -> Entry:
    """Return the row of one telling that was heard twice, or came by two ways.

    One that counts here goes on to, and one that is gone does not wait: what is newer than all that this customer id
    has heard, it will hear itself. Between two resolutions rows only ever begin to count (`pipeline.picture`, Rule 3).
    """
    row = stitched((other, arrived))[0]
    whose = place(other, known.kin, known.heard)
    if whose is not None and (whose.customer_id == other.customer_id or arrived.epoch > known.heard):
        return replace(row, epoch=other.epoch, answers=other.answers)
    answers = merged({told.identifier: told for told in other.answers}, arrived.answers)
    newest = tuple(answers[identifier] for identifier in sorted(answers))
    return replace(row, epoch=max(other.epoch, arrived.epoch), answers=newest)


def _moves(
    after: Picture, placed: Iterable[Entry], raised: Mapping[str, Raised], because: str | None
) -> Iterable[Move]:
    kept: dict[str, list[Raised]] = {}
    for one in raised.values():
        kept.setdefault(one.answered_by, []).append(one)
    for row in placed:
        whose = place(row, after.kin, after.heard)
        if whose is None or whose.customer_id == row.customer_id:
            continue
        known = known_of(row, after.kin)
        sent = replace(
            row,
            customer_id=whose.customer_id,
            named_by=whose.named_by,
            epoch=whose.epoch,
            answers=tuple(known[i] for i in sorted(known)),
        )
        own = after.kin.answers.get(row.named_by)
        reason = "identity_merge" if own is not None and own.customer_id != row.customer_id else "identity_split"
        yield Move(sent, tuple(kept.get(anchor_of(row), ())), because or reason)


def _raised(finding: Finding, after: Picture) -> Raised:
    """Return what is remembered of a finding. Its keeper is the touchpoint that its id comes from (Rule 2)."""
    keeper = finding.anchor
    if finding.body.get("basis") != "explicit" and finding.due is None:
        contact_id = finding.body["contact_id"]
        contact = next(contact for contact in after.contacts if contact.contact_id == contact_id)
        keeper = anchor_of(next((e for e in contact.entries if _names(e, contact)), contact.entries[0]))
    customer = str(finding.body["customer_id"])
    return Raised(finding.finding_id, finding.kind, finding.anchor, finding.version, keeper, customer)


def _names(entry: Entry, contact: Contact) -> bool:
    own = entry.keys if entry.item is None else (*entry.keys, entry.item)
    return any(derived("contact", key) == contact.contact_id for key in own)


def _timeline(after: Picture, policy: Policy) -> Record:
    if after.entries:
        told = summary(after.entries, after.contacts, after.links, after.findings.values(), policy)
        told = with_efforts(
            told, after.contacts, after.efforts, after.entries[-1].occurred_at - policy.timeline.horizon
        )
        return {"version": after.version, **told, "status": "current", "redirect_to": None}
    if not after.gone:
        return {}
    newest = max(after.gone, key=slot_of)
    own, whose = after.kin.answers.get(newest.named_by), place(newest, after.kin, after.heard)
    to = whose.customer_id if whose is not None else None
    if own is not None and own.customer_id != newest.customer_id:
        to = own.customer_id
    return {"version": after.version, **redirect(newest), "status": "merged", "redirect_to": to}


def slot_of(entry: Entry) -> Slot:
    """Return what the tellings of one event at one time have in common."""
    return entry.occurred_at, event_key(entry)


def row_of(entry: Entry) -> Row:
    """Return the row under which the state keeps an entry: told again with other contents, it is another row."""
    return entry.occurred_at, event_key(entry), contents(entry)


def _reason(arrivals: Sequence[Entry], late: bool) -> str:  # noqa: FBT001 -- one private caller
    if any(entry.item is not None and entry.revision > 1 for entry in arrivals):
        return "edited"
    return "late_touchpoint" if late else "new_touchpoint"


def _standing(finding: Finding, first: Raised | None, reason: str) -> Record:
    """Return a finding's record; it is `raised` the first time, and when that first time is told again."""
    update = first is not None and first.first_version != finding.version
    return {
        ID_FIELDS[finding.kind]: finding.finding_id,
        "version": finding.version,
        "status": "updated" if update else "raised",
        "reason": reason,
        **finding.body,
    }


def standing(after: Picture, raised: Mapping[str, Raised], reason: str) -> list[tuple[Kind, Record]]:
    """Return all that stands, as records to publish again."""
    return [(f.kind, _standing(f, raised.get(f.finding_id), reason)) for f in after.findings.values()]


def taken_back(
    before: Picture | None, after: Picture, raised: Mapping[str, Raised], policy: Policy, because: str | None = None
) -> Iterable[tuple[Kind, Record]]:
    """Yield retractions: of what stood before, and, where its version grew, of what was taken back already (Rule 2).

    Only what was raised can be taken back: a repeat's `before` may hold what was never published. Without a `before`
    all is taken back again that does not stand and is this customer's to answer for.
    """
    for output in raised.values():
        if output.output_id in after.findings or output.kind == DEADLINE:
            continue
        now = _anchored(output, after)
        if now is None:  # its keeper is in another customer's timeline, who answers for it
            continue
        then = None if before is None else _anchored(output, before)
        if before is None or output.output_id in before.findings or then is None or then.version != now.version:
            record = retraction(output.kind, output.output_id, now, after.links, policy)
            told_of = output.customer_id or now.entry.customer_id
            if anchor_of(now.entry) != output.anchor or told_of != now.entry.customer_id:
                record["why"] = "Taken back: what it stood on belongs to another customer."
            if told_of != now.entry.customer_id:
                record |= {
                    "customer_id": told_of,
                    "reason": _moved_by(told_of, after.kin),
                }  # told where it was heard of
            yield output.kind, record if because is None else record | {"reason": because}


def _moved_by(customer: str, kin: Kin) -> str:
    """Return why what was told of a customer is somebody else's now: it has touchpoints of its own still, or none."""
    stays = any(customer == told.customer_id == customer_named_by(one) for one, told in kin.answers.items())
    return "identity_split" if stays else "identity_merge"


def _anchored(output: Raised, told: Picture) -> Anchored | None:
    """Return where a finding stands in a picture whose customer answers for it: at its anchor, where that is here too;
    else at its keeper.
    """
    found: dict[str, Anchored] = {}
    for contact in told.contacts:
        for entry in contact.entries:
            name = anchor_of(entry)
            if name in (output.anchor, output.answered_by):
                due = entry.promised_by if promise_id(entry) == output.output_id else None
                found[name] = Anchored(told.version_at(contact.newest_at, due), contact, entry)
    return found.get(output.anchor, found[output.answered_by]) if output.answered_by in found else None
