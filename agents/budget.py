"""The budget of dead letters of one source: how many of its last events may be refused before somebody is called.

Rule 1. Of the last `of` events, a `share` may be refused; exactly as many is within. Where fewer were heard, the others
        count as good: one bad event at the start is no alarm.
Rule 2. Over the budget, refused events are let through at `rate` a second: each batch is paid for by a rest. A rest is
        never longer than `most_rest`, and ends at once when the share is within the budget again.
Rule 3. Time comes in by the door, in seconds; it may stand still, and nothing is asked of its beginning.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """How much may be refused, and how fast it goes when it is more."""

    share: float = 0.20
    of: int = 1000
    rate: float = 50.0
    most_rest: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        """Refuse what makes no sense. Raises ValueError."""
        if not 0 < self.share <= 1 or self.of < 1 or self.rate <= 0 or self.most_rest <= timedelta(0):
            raise ValueError(f"a share from 0 to 1 of at least 1 event, a rate and a rest above 0, not {self}")


@dataclass(slots=True)
class Budget:
    """What was refused of one source's last events, and until when it rests."""

    policy: BudgetPolicy
    _last: deque[str | None] = field(default_factory=deque)
    _refused: Counter[str] = field(default_factory=Counter)
    _rests_until: float | None = None

    @property
    def share(self) -> float:
        """The share that was refused (Rule 1)."""
        return self._refused.total() / self.policy.of

    @property
    def over(self) -> bool:
        """Whether more was refused than the budget allows."""
        return self._refused.total() > self.policy.share * self.policy.of

    @property
    def commonest(self) -> str | None:
        """The reason that most were refused for; of equals the first by name."""
        return min(self._refused, key=lambda reason: (-self._refused[reason], reason), default=None)

    def spend(self, heard: Mapping[str | None, int], now: float) -> None:
        """Take note of a batch of events: how many were refused for which reason, and (None) how many were not."""
        for reason, count in heard.items():
            for _ in range(count):
                self._hear(reason)
        if not self.over:
            self._rests_until = None
            return
        letters = sum(count for reason, count in heard.items() if reason is not None)
        begin = now if self._rests_until is None else max(now, self._rests_until)
        longest = now + self.policy.most_rest.total_seconds()
        self._rests_until = min(begin + letters / self.policy.rate, longest)

    def rests(self, now: float) -> bool:
        """Say whether the source is to rest now (Rule 2)."""
        return self._rests_until is not None and now < self._rests_until

    def _hear(self, reason: str | None) -> None:
        self._last.append(reason)
        if reason is not None:
            self._refused[reason] += 1
        if len(self._last) > self.policy.of:
            gone = self._last.popleft()
            if gone is not None:
                self._refused[gone] -= 1
                self._refused += Counter()  # drops what has come to nothing
