"""What an operator's word would change: timelines, alerts and flags, told before it is spoken.

Rule 1. Where a touchpoint lies follows from its identifiers and their answers alone (`pipeline.kin.owner`). So what
        stands before and after a word is two pictures of the same rows, laid out under two resolutions.
Rule 2. A row that moved lies in the state where it was too: of the rows of one event and time the newest resolution's
        counts, and it counts once.
Rule 3. Listed is what a reader would see change: a timeline that gains or loses touchpoints, an alert or a flag that
        would be raised, taken back, or said otherwise. What only gets a new version is no change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.advance import Picture, picture, row_of
from pipeline.kin import Answer, owner
from pipeline.policy import Policy
from pipeline.touchpoint import Entry, Identifier

Answers = Mapping[Identifier, Answer]

ABSENT, CURRENT, MERGED = "absent", "current", "merged"
RAISED, UPDATED, RETRACTED = "raised", "updated", "retracted"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would change: a timeline (its id is the customer's), a detractor-alert, a repeat-contact or a
    journey-signal.

    `status_before` and `status_after` are absent, current or merged of a timeline; absent, raised, updated or retracted
    of an alert or a flag. `customer_before` and `customer_after` are whose it is; a merged timeline's is where to read
    instead; None where there is none. The touchpoints are a timeline's, 0 of the others.
    """

    kind: str
    id: str
    status_before: str
    status_after: str
    customer_before: str | None
    customer_after: str | None
    touchpoints_before: int = 0
    touchpoints_after: int = 0


def preview(rows: Iterable[Entry], before: Answers, after: Answers, policy: Policy) -> tuple[Change, ...]:
    """Return what changes when the answers do, timelines first; `rows` are all that the state has of these identifiers.

    Rows of nobody (without identifiers) stay where they are.
    """
    counted = _counted(rows)
    was, will = _laid_out(counted, before, policy), _laid_out(counted, after, policy)
    return (*_timelines(was, will), *_findings(was, will))


def standing_of(rows: Iterable[Entry], answers: Answers, policy: Policy) -> dict[tuple[str, str], str]:
    """Return the customer of each alert and flag that stands, by its kind and id."""
    laid_out = _laid_out(_counted(rows), answers, policy)
    return {name: customer for name, (customer, _) in _standing(laid_out).items()}


def _counted(rows: Iterable[Entry]) -> list[Entry]:
    """Return each row once (Rule 2)."""
    kept: dict[object, Entry] = {}
    for row in rows:
        other = kept.setdefault(row_of(row), row)
        if (row.epoch, row.customer_id) > (other.epoch, other.customer_id):
            kept[row_of(row)] = row
    return list(kept.values())


def _laid_out(rows: Iterable[Entry], answers: Answers, policy: Policy) -> dict[str, Picture]:
    by_customer: dict[str, list[Entry]] = defaultdict(list)
    for row in rows:
        answer = owner(row.identifiers, answers) or Answer(row.customer_id, row.named_by)
        by_customer[answer.customer_id].append(
            replace(row, customer_id=answer.customer_id, named_by=answer.named_by, epoch=0, answers=())
        )
    return {customer: picture(own, policy) for customer, own in by_customer.items()}


def _timelines(was: Mapping[str, Picture], will: Mapping[str, Picture]) -> Iterator[Change]:
    for customer in sorted(was.keys() | will.keys()):
        had, has = (_events(each.get(customer)) for each in (was, will))
        if had == has:
            continue
        gone_to = next((other for other, told in sorted(will.items()) if _events(told) & had), None)
        yield Change(
            "timeline",
            customer,
            CURRENT if had else ABSENT,
            CURRENT if has else MERGED,
            customer if had else None,
            customer if has else gone_to,
            len(had),
            len(has),
        )


def _events(told: Picture | None) -> frozenset[tuple[str, str]]:
    return frozenset() if told is None else frozenset((e.source, e.event_id) for e in told.entries)


def _findings(was: Mapping[str, Picture], will: Mapping[str, Picture]) -> Iterator[Change]:
    had, has = _standing(was), _standing(will)
    for kind, name in sorted(had.keys() | has.keys()):
        before, after = had.get((kind, name)), has.get((kind, name))
        if before is None and after is not None:
            yield Change(kind, name, ABSENT, RAISED, None, after[0])
        elif before is not None and after is None:
            yield Change(kind, name, RAISED, RETRACTED, before[0], None)
        elif before is not None and after is not None and before != after:
            yield Change(kind, name, RAISED, UPDATED, before[0], after[0])


def _standing(laid_out: Mapping[str, Picture]) -> dict[tuple[str, str], tuple[str, Mapping[str, object]]]:
    return {
        (finding.kind, finding.finding_id): (customer, finding.body)
        for customer, told in laid_out.items()
        for finding in told.findings.values()
    }
