"""What intake tells the resolver: an event on which two identifiers stand that were never seen together.

Rule 1. A pair is news until the directory knows it. The claim goes out in the same effects as its touchpoint, so it is
        lost only if the event is taken again.
Rule 2. While the resolver's word is on its way, a pair that was claimed and acknowledged in the last seconds is no
        news: a new customer's ten quick events are one claim. After `AGAIN_AFTER` it is claimed again, in case.
Rule 3. What an erasure takes out of the directory is news again at once, however lately it was claimed.
Rule 4. One identifier alone is no claim: its customer is its own until it is bonded.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pipeline.identity import Directory
from pipeline.kin import KinRules, pair, pair_digest
from pipeline.records import identifier_record
from pipeline.touchpoint import Touchpoint

AGAIN_AFTER = 60.0
"""Seconds after which a pair that the directory still does not know is claimed again."""

MOST_REMEMBERED = 100_000
"""Pairs claimed lately; beyond it the oldest is forgotten, and may be claimed once more."""


@dataclass(slots=True)
class Claims:
    """Decides what is news. `clock` returns seconds and never goes back."""

    directory: Directory
    rules: KinRules
    clock: Callable[[], float]
    _claimed: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def news(self, touchpoint: Touchpoint, told: Collection[str]) -> frozenset[str]:
        """Return the digests of its pairs that are news; `told` are those that this chunk claims already."""
        pairs = (pair(one, other, self.rules) for one, other in combinations(touchpoint.identifiers, 2))
        digests = {pair_digest(both, touchpoint.occurred_at, self.rules) for both in pairs}
        return frozenset(
            digest
            for digest in digests.difference(told)
            if not self.directory.knows_pair(digest) and not self._is_on_its_way(digest)
        )

    def sent(self, digests: Collection[str]) -> None:
        """Take note of pairs whose claims the broker acknowledged."""
        now = self.clock()
        for digest in digests:
            self._claimed[digest] = now
            self._claimed.move_to_end(digest)
        while self._claimed:
            digest, at = next(iter(self._claimed.items()))
            if len(self._claimed) <= MOST_REMEMBERED and now - at < AGAIN_AFTER:
                return
            del self._claimed[digest]

    def forget(self, key: bytes) -> None:
        """Take note that the directory forgot this key: if it is a pair that was claimed lately, it is news at once."""
        self._claimed.pop(key.decode("utf-8", "replace"), None)

    def _is_on_its_way(self, digest: str) -> bool:
        at = self._claimed.get(digest)
        return at is not None and self.clock() - at < AGAIN_AFTER


def seen_record(touchpoint: Touchpoint) -> dict[str, Any]:
    """Return the record of identity-claim.v1.avsc for an event's identifiers."""
    origin = touchpoint.origin
    return {
        "kind": "seen",
        "identifiers": [identifier_record(each) for each in touchpoint.identifiers],
        "occurred_at": touchpoint.occurred_at,
        "event": f"{touchpoint.source}/{touchpoint.event_id}",
        "origin": {"topic": origin.topic, "partition": origin.partition, "offset": origin.offset},
        "by": None,
        "reason": None,
    }
