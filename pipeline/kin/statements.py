"""What the resolver sends: statements of what is, not of what changed, so that they may be repeated and overtaken.

Rule 1. To the directory: whose each gathered identifier is, and that each pair of the news is known now.
Rule 2. To the home of each gathered identifier (the customer that it names): whose all of them are, with what the news
        did there. All of a customer's touchpoints lie at the home of one of its component's identifiers.
Rule 3. The home of an identifier that was parked and still is, is told of that one alone, unless the news parks or
        frees another: its touchpoints carry nobody who links. A number on 20,000 calls does not learn its callers.
Rule 4. The outcome is seen from the identifier whose home it is: it was parked, lost company (split), gained company
        (merged), stood on the news' bond in vain (parked or kept apart), or nothing changed for it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.kin.bonds import Bond, pair_digest
from pipeline.kin.gather import Gathered
from pipeline.kin.outcomes import Outcome
from pipeline.kin.resolution import Answer, Resolution, customer_named_by
from pipeline.kin.rules import KinRules
from pipeline.records import identifier_record
from pipeline.touchpoint import Identifier

MOST_LINKS = 100
"""Bonds that one change names; those of the news first."""

OPERATOR = "operator"
PARKINGS = (Outcome.JUNK, Outcome.CLAIMED_BY_TWO, Outcome.SHARED_BY_TOO_MANY)

_Company = Mapping[Identifier, frozenset[Identifier]]


@dataclass(frozen=True, slots=True)
class Cause:
    """What made the resolver speak: `name` is source/event_id, or merge, split, erase; a command has `by`, `why`."""

    name: str | None
    occurred_at: datetime
    by: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    outcome: str
    reason: str


def directory_entries(gathered: Gathered, now: Resolution, epoch: int, rules: KinRules) -> Iterator[dict[str, Any]]:
    """Yield the records of directory-entry.v1.avsc: the answers first, then the pairs of the news."""
    nothing = {"identifier": None, "customer_id": None, "named_by": None, "parked": None, "epoch": epoch, "pair": None}
    for one in sorted(gathered.identifiers, key=rules.rank):
        yield nothing | _answer(one, now.answers[one], epoch)
    for bond in gathered.news.bonds:
        yield nothing | {"pair": pair_digest(bond.pair, bond.first, rules)}


def identity_changes(
    gathered: Gathered, now: Resolution, epoch: int, cause: Cause, rules: KinRules
) -> Iterator[dict[str, Any]]:
    """Yield the records of identity-change.v1.avsc, one for the home of each gathered identifier, strongest first."""
    for heads, tail in changes_alike(gathered, now, epoch, cause, rules):
        for head in heads:
            yield head | tail


def changes_alike(
    gathered: Gathered, now: Resolution, epoch: int, cause: Cause, rules: KinRules
) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Yield the same in runs: what each home's record begins with, and what is alike in all of the run.

    Of n identifiers n homes are told n answers: written for each, that is most of what the resolver does.
    """
    before = gathered.before.resolved(gathered.formerly)
    ranked = sorted(gathered.identifiers, key=rules.rank)
    alike = {
        "customers": sorted({answer.customer_id for answer in now.answers.values()}),
        "answers": [_answer(one, now.answers[one], epoch) for one in ranked],
        "caused_by": cause.name,
        "links": [_link(bond, now) for bond in _links(gathered, rules)],
        "occurred_at": cause.occurred_at,
        "by": cause.by,
        "why": cause.why,
    }
    companies = _companies(before), _companies(now)
    changed = _parks_or_frees(gathered, before, now)
    run: list[dict[str, Any]] = []
    for one in ranked:
        told = _told(one, gathered, (before, now), companies, cause)
        head = {"customer_id": customer_named_by(one), "epoch": epoch, "outcome": told.outcome, "reason": told.reason}
        if changed or before.answers[one].parked is None:
            run.append(head)
            continue
        if run:
            yield run, alike
            run = []
        answer = now.answers[one]
        yield [head], alike | {"customers": [answer.customer_id], "answers": [_answer(one, answer, epoch)]}
    if run:
        yield run, alike


def _parks_or_frees(gathered: Gathered, before: Resolution, now: Resolution) -> bool:
    """Say whether the news is more than bonds that leave every identifier parked, or free, as it was (Rule 3)."""
    if gathered.news.verdicts or not gathered.news.bonds:
        return True
    return any(before.answers[each].parked != answer.parked for each, answer in now.answers.items())


def _told(
    one: Identifier,
    gathered: Gathered,
    resolved: tuple[Resolution, Resolution],
    companies: tuple[_Company, _Company],
    cause: Cause,
) -> _Told:
    before, now = resolved
    parked = now.answers[one].parked
    lost, gained = companies[0][one] - companies[1][one], companies[1][one] - companies[0][one]
    if parked is not None and before.answers[one].parked is None:
        return _Told("parked", parked)
    if lost:
        return _Told("split", OPERATOR if cause.by else _why_lost(one, lost, companies[0][one], resolved))
    if gained:
        return _Told("merged", OPERATOR if cause.by else Outcome.JOINED)
    outcomes = [now.outcomes[bond.pair] for bond in gathered.news.bonds if one in bond.pair]
    in_vain = sorted(outcome for outcome in outcomes if outcome is not Outcome.JOINED)
    if in_vain:
        return _Told("parked" if in_vain[0] in PARKINGS else "kept_apart", in_vain[0])
    return _Told("unchanged", OPERATOR if cause.by else Outcome.JOINED)


def _why_lost(
    one: Identifier,
    lost: Collection[Identifier],
    company: Collection[Identifier],
    resolved: tuple[Resolution, Resolution],
) -> Outcome:
    """Return what became of the bonds that held the lost: those nearest first, then any of the company that was."""
    before, now = resolved
    gone = {
        both: now.outcomes.get(both, Outcome.TOLD_APART)
        for both, outcome in before.outcomes.items()
        if outcome is Outcome.JOINED and now.outcomes.get(both) is not Outcome.JOINED
    }
    near = sorted(why for both, why in gone.items() if one in both and (both[0] in lost or both[1] in lost))
    far = sorted(why for both, why in gone.items() if both[0] in company and both[1] in company)
    return next(iter((*near, *far)), Outcome.TOLD_APART)


def _companies(resolution: Resolution) -> _Company:
    """Return who is one customer with each identifier, itself included."""
    members: dict[str, set[Identifier]] = {}
    for one, answer in resolution.answers.items():
        members.setdefault(answer.customer_id, set()).add(one)
    frozen = {customer: frozenset(company) for customer, company in members.items()}
    return {one: frozen[answer.customer_id] for one, answer in resolution.answers.items()}


def _links(gathered: Gathered, rules: KinRules) -> list[Bond]:
    fresh = {bond.pair for bond in gathered.news.bonds}
    bonds = sorted(
        gathered.now.bonds, key=lambda b: (b.pair not in fresh, rules.rank(b.stronger), rules.rank(b.weaker))
    )
    return bonds[:MOST_LINKS]


def _link(bond: Bond, now: Resolution) -> dict[str, Any]:
    return {
        "stronger": identifier_record(bond.stronger),
        "weaker": identifier_record(bond.weaker),
        "outcome": str(now.outcomes[bond.pair]),
        "event": bond.event,
    }


def _answer(one: Identifier, answer: Answer, epoch: int) -> dict[str, Any]:
    return {
        "identifier": identifier_record(one),
        "customer_id": answer.customer_id,
        "named_by": identifier_record(answer.named_by),
        "parked": None if answer.parked is None else str(answer.parked),
        "epoch": epoch,
    }
