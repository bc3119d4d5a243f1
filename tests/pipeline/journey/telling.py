"""What signals stand, told all at once, and what is published step by step."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.advance import Raised, advance, picture
from pipeline.findings import Record
from pipeline.policy import Policy
from pipeline.touchpoint import Entry
from tests.pipeline.touchpoints import POLICY


def signals(entries: Iterable[Entry], kind: str, policy: Policy = POLICY) -> list[Mapping[str, object]]:
    """Return the signals of a kind that stand, by time."""
    found = [f for f in picture(entries, policy).findings.values() if f.body.get("kind") == kind]
    return [finding.body for finding in sorted(found, key=lambda finding: (finding.occurred_at, finding.finding_id))]


def told(chunks: Sequence[Sequence[Entry]], policy: Policy = POLICY) -> list[Record]:
    """Return the signals published, chunk by chunk."""
    known, raised, out = picture((), policy), dict[str, Raised](), list[Record]()
    for chunk in chunks:
        after = advance(known, raised, chunk, policy)
        known, raised = after.picture, raised | {one.output_id: one for one in after.raised}
        out += after.signals
    return out
