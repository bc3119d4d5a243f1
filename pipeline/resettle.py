"""What changes for a customer when it is told anew whose its identifiers are.

Rule 1. Changes are taken one by one. An answer is fresh when there was none, when it says another thing than the one
        before, or when it has the very epoch of the one that is known: that is a redelivery, and state may hold what
        was never published. An older one is passed over.
Rule 2. Rows that carry a fresh identifier, or waited for this word, are placed again. Those that belong elsewhere are
        sent on, also where they were sent before; then everything that stands here is published again, and everything
        that was raised here and does not stand is taken back again.
Rule 3. Where no row is concerned, the answers are kept and nothing is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.advance import Advance, Picture, Raised, advanced, picture, standing, taken_back
from pipeline.placing import Kin
from pipeline.policy import Policy
from pipeline.touchpoint import Identifier, Told

REASONS = {"merged": "identity_merge", "unchanged": "identity_merge"}
"""The reason that a change's outcome is; every other outcome brings touchpoints apart: identity_split."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the resolver says to one customer id: identity-change.v1.avsc, as far as it concerns its rows."""

    outcome: str
    answers: tuple[Told, ...]


def resettle(known: Picture, raised: Mapping[str, Raised], changes: Sequence[Change], policy: Policy) -> Advance:
    """Return what follows when one customer id is told `changes`, in order; at least one."""
    kin = dict(known.kin.answers)
    fresh: set[Identifier] = set()
    because = "identity_merge"
    for change in changes:
        news = {told.identifier for told in change.answers if _is_fresh(told, kin.get(told.identifier))}
        for told in change.answers:
            if told.identifier not in kin or told.epoch >= kin[told.identifier].epoch:
                kin[told.identifier] = told
        fresh |= news
        because = REASONS.get(change.outcome, "identity_split") if news else because
    keep = tuple(told for identifier, told in kin.items() if told != known.kin.answers.get(identifier))
    after = picture(known.held, policy, None, Kin(kin), known.over)
    waited = set(map(id, known.waiting)) - set(map(id, after.waiting))
    placed = [row for row in known.held if id(row) in waited or not fresh.isdisjoint(row.identifiers)]
    if not placed:
        return Advance(after, (), (), (), (), {}, keep)
    published = [*standing(after, raised, because), *taken_back(None, after, raised, policy, because)]
    return advanced(
        after,
        policy,
        raised=raised,
        ever=raised,
        changed=after.findings.values(),
        published=published,
        rows=(),
        placed=placed,
        because=because,
        kin=keep,
    )


def _is_fresh(told: Told, known: Told | None) -> bool:
    if known is None or told.epoch == known.epoch:
        return True
    return told.epoch > known.epoch and (told.customer_id, told.parked) != (known.customer_id, known.parked)
