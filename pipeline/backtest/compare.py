"""One customer's touchpoints under two policies: what stands under each, and in what they differ."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.advance import picture
from pipeline.backtest.tally import Sample, Tally, kind_of
from pipeline.due import over_at
from pipeline.findings import Finding
from pipeline.kin import Answer, owner
from pipeline.policy import Policy
from pipeline.records import identifier_of, identifier_record
from pipeline.stitch import stitched
from pipeline.touchpoint import Entry, Identifier

QUOTES = frozenset({"policy", "compared", "why"})
"""The fields of a finding that quote the policy's name and limits."""

Findings = Mapping[str, Finding]
Record = dict[str, Any]


PAGE = "page"
"""What a finding's `delivery` says where somebody is to be paged; a kind without the field says nothing of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a finding has to have happened: at or after `since`, before `until`; None is no limit."""

    since: datetime | None = None
    until: datetime | None = None

    def has(self, moment: datetime) -> bool:
        """Say whether a moment is in the window."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


def placed(row: Record, answers: Callable[[tuple[Identifier, ...]], Mapping[Identifier, Answer]]) -> Record:
    """Return a record of timeline-entry.v1.avsc as its customer's in the end has it, by the directory's last answers.

    What was known when it came in is left behind: no resolution is waited for here.
    """
    identifiers = tuple([identifier_of(one) for one in row["identifiers"]])
    whose = owner(identifiers, answers(identifiers))
    nothing: Record = {**row, "epoch": 0, "answers": ()}
    if whose is None:  # without identifiers nobody can say more than was said
        return nothing
    return nothing | {"customer_id": whose.customer_id, "named_by": identifier_record(whose.named_by)}


def judged(rows: Iterable[Entry], policy: Policy, now: datetime | None = None) -> Findings:
    """Return what stands of one customer's placed touchpoints, heard in any order and any number of times, at a time of
    the clock (None: nobody knows what time it is).
    """
    return picture(stitched(rows), policy, over=None if now is None else over_at(now, policy)).findings


def tallied(  # noqa: PLR0913, PLR0917 -- what is compared, and what of it counts
    rows: Sequence[Entry],
    in_force: Policy,
    draft: Policy,
    window: Window | None = None,
    samples: int = 3,
    now: datetime | None = None,
) -> Tally:
    """Return one customer's findings under both policies at a time of the clock, counted and compared."""
    heard = stitched(rows)
    before, after = judged(heard, in_force, now), judged(heard, draft, now)
    tally = Tally(samples, touchpoints=len(heard), customers=1)
    within = window or Window()
    for finding_id in before.keys() | after.keys():
        _compare(before.get(finding_id), after.get(finding_id), within, tally)
    return tally


def _compare(before: Finding | None, after: Finding | None, window: Window, tally: Tally) -> None:
    before = before if before is not None and window.has(before.occurred_at) else None
    after = after if after is not None and window.has(after.occurred_at) else None
    if before is None and after is None:
        return
    change = _change(before, after)
    if before is not None:
        pages = ("pages_in_force",) if before.body.get("delivery") == PAGE else ()
        tally.count(before, "in_force", *pages, *(("gone",) if change == "gone" else ()))
    if after is not None:
        pages = ("pages_draft",) if after.body.get("delivery") == PAGE else ()
        tally.count(after, "draft", *pages, *((change,) if change in ("new", "changed") else ()))
    either = after or before
    if change is not None and either is not None:
        bodies = (None if one is None else one.body for one in (before, after))
        tally.draw(Sample(kind_of(either), either.finding_id, change, *bodies))


def _change(before: Finding | None, after: Finding | None) -> str | None:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    return None if _said(before) == _said(after) else "changed"


def _said(finding: Finding) -> dict[str, object]:
    """Return what a finding says, but for what quotes the policy itself: else each would have changed with a limit."""
    return {name: value for name, value in finding.body.items() if name not in QUOTES}
