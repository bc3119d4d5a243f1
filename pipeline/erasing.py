"""What an erasure takes out of one customer's state, and what is said of it.

Rule 1. At the home of one of the person's identifiers everything goes: touchpoints, what was raised, what was told of
        identifiers, the timeline. What stands is retracted first, without a name, words or topics.
Rule 2. At another's home only goes what does not count there and carries one of the person's identifiers: touchpoints
        of the person that lay there once and moved on; and what was told of those identifiers, where no touchpoint that
        stays carries them. Touchpoints that count there are the other's own.
Rule 3. A mark stays, without an identifier: the resolution that erased. Versions grow from there if the person comes
        back, and a touchpoint that was still on its way to the person by an older word is not taken in again. What it
        brought was published by whoever sent it, who has let go of it: it is retracted here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pipeline.advance import EPOCH, Move, Picture, Raised, picture
from pipeline.findings import ID_FIELDS, Kind, Record, anchor_of, whereabouts
from pipeline.journey.retracted import retracted_signal
from pipeline.placing import Kin
from pipeline.policy import Policy
from pipeline.raised import passed_by
from pipeline.records import identifier_record
from pipeline.retraction import neutral_alert, neutral_flag
from pipeline.touchpoint import Entry, Identifier, Told

MARK = Identifier("erased", "")
"""Stands for whoever was erased: no source gives it, and no row carries it."""

HEARD = Identifier("heard", "")
"""Stands at another's home for the answers that went: which resolution it heard of last, so that no version falls."""

REASON = "erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """What goes (rows, what was raised, answers), what is retracted, and the state after it."""

    rows: tuple[Entry, ...]
    raised: tuple[Raised, ...]
    kin: tuple[Identifier, ...]
    retractions: tuple[tuple[Kind, Record], ...]
    picture: Picture
    kept: Mapping[str, Raised]
    mark: Told | None


def erased_whole(customer: str, known: Picture, raised: Mapping[str, Raised], epoch: int, policy: Policy) -> Erased:
    """Return what goes where the customer is the person (Rule 1)."""
    mark = Told(MARK, customer, MARK, None, epoch)
    # Above all that was said under older resolutions, and below all that a person who comes back is told of.
    version = max([epoch * EPOCH, *(finding.version + 1 for finding in known.findings.values())])
    retractions = tuple(
        (finding.kind, retracted(finding.kind, finding.finding_id, finding.body, version))
        for finding in known.findings.values()
    )
    kin = tuple(one for one in known.kin.answers if one != MARK)
    after = picture((), policy, None, Kin({MARK: mark}))
    return Erased(known.held, tuple(raised.values()), kin, retractions, after, {}, mark)


def erased_copies(
    customer: str, known: Picture, raised: Mapping[str, Raised], whose: Collection[Identifier], policy: Policy
) -> Erased:
    """Return what goes where the customer is another (Rule 2); `whose` are the person's identifiers."""
    gone = tuple(row for row in known.gone if not frozenset(whose).isdisjoint(row.identifiers))
    dropped = set(map(id, gone))
    rows = [row for row in known.held if id(row) not in dropped]
    names = {anchor_of(row) for row in gone} - {anchor_of(row) for row in rows}
    outputs = tuple(one for one in raised.values() if one.answered_by in names)
    needed = {one for row in rows for one in row.identifiers}
    kin = tuple(one for one in known.kin.answers if one in whose and one not in needed)
    if not gone and not kin:
        return Erased((), (), (), (), known, raised, None)
    left = {one: told for one, told in known.kin.answers.items() if one not in kin}
    mark = Told(HEARD, customer, HEARD, None, known.kin.epoch) if kin else None
    if mark is not None:
        left[HEARD] = mark
    kept = {one.output_id: one for one in raised.values() if one not in outputs}
    after = picture(rows, policy, None, Kin(left), passed_by(kept.values()))
    return Erased(gone, outputs, kin, (), after, kept, mark)


def is_late(row: Entry, known: Picture) -> bool:
    """Say whether a row that was moved here is an erased person's: sent by a word older than the erasure (Rule 3)."""
    mark = known.kin.answers.get(MARK)
    return mark is not None and row.epoch < mark.epoch


def late_retractions(late: Move, policy: Policy) -> tuple[tuple[Kind, Record], ...]:
    """Return the retractions of what was published in a late row's name (Rule 3).

    The version is the one of the resolution that sent it: above all that was published under older ones, and below what
    its sender may have published since, if it is there again.
    """
    row = replace(late.entry, answers=(), epoch=0)
    (contact,) = picture((row,), policy).contacts
    body = whereabouts(row, contact, policy) | {"basis": "inferred" if row.score is None else "explicit"}
    version = late.entry.epoch * EPOCH
    return tuple(
        (kind, retracted(kind, one.output_id, body | {"customer_id": one.customer_id}, version))
        for kind in ID_FIELDS
        for one in late.raised
        if one.kind == kind
    )


def retracted(kind: Kind, name: str, body: Mapping[str, object], version: int) -> Record:
    """Return a retraction that says as little as the contract lets it: the id, where, when, and that it was erased."""
    kept = ("customer_id", "channel", "contact_id", "occurred_at", "deliver_before", "policy")
    record: Record = {field: body[field] for field in kept} | {
        "account_id": None,
        "named_by": identifier_record(MARK),
        "queue": None,
        "topics": [],
        "version": version,
        "status": "retracted",
        "reason": REASON,
        "why": "Taken back: the person was erased.",
        "words": None,
        "evidence": [],
        "compared": [],
    }
    if kind == "journey-signal":
        return retracted_signal(name) | record
    if kind == "detractor-alert":
        return record | neutral_alert(name, body["basis"])
    return record | neutral_flag(name, body["channel"], body["contact_id"], body["occurred_at"])
