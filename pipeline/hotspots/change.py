"""Whether a number changed: exact tests, and what is left of them when there are many.

Rule 1. A count against the count of an earlier time: given both together, the later one is binomial with the share of
        its time, if nothing changed (Przyborowski and Wilenski 1940).
Rule 2. A share against an earlier share: given all margins, the count is hypergeometric, if nothing changed (Fisher
        1935).
Rule 3. Two-sided p-values are twice the smaller tail, at most 1. Under no change such a test is wrong at most as often
        as its p-value says, also where counts are small.
Rule 4. The standard library is enough: a tail is summed term by term, from the value outwards, until the terms are
        lost in rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

ALPHA = 0.05
"""The false discovery rate: of the changes that are named, at most so many are none, on average. The usual number."""

_LOST = 1e-18


@dataclass(frozen=True, slots=True)
class Change:
    """A test's p-value; its direction (1 up, -1 down, 0 exactly as expected); and the smallest p-value that it could
    have had, whatever had been counted, given its totals.
    """

    p_value: float
    direction: int
    attainable: float


def rate_change(now: int, before: int, times: float) -> Change:
    """Return whether a count changed against `before`, which was counted over `times` as long a time (Rule 1)."""
    if now < 0 or before < 0 or times <= 0:
        raise ValueError("counts are 0 or more, and there is a time before")
    total, share = now + before, 1 / (1 + times)

    def term(k: int) -> float:
        return exp(_choose(total, k) + k * log(share) + (total - k) * log(1 - share))

    return _two_sided(now, 0, total, total * share, term)


def share_change(now: int, now_of: int, before: int, before_of: int) -> Change:
    """Return whether a share changed: `now` of `now_of` against `before` of `before_of` (Rule 2)."""
    if not (0 <= now <= now_of and 0 <= before <= before_of):
        raise ValueError("a share is of at least as many")
    total, of = now + before, now_of + before_of
    least, most = max(0, total - before_of), min(total, now_of)
    whole = _choose(of, total)

    def term(k: int) -> float:
        return exp(_choose(now_of, k) + _choose(before_of, total - k) - whole)

    return _two_sided(now, least, most, total * now_of / of if of else 0.0, term)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return the q-value of each p-value, in their order: the smallest false discovery rate at which it counts.

    Benjamini and Hochberg's step-up. It holds for tests that do not depend on one another, and for those that lean the
    same way, as cells do that share customers.
    """
    order = sorted(range(len(p_values)), key=lambda i: -p_values[i])
    found, least = [0.0] * len(p_values), 1.0
    for place, i in enumerate(order):
        least = min(least, p_values[i] * (len(p_values) / (len(p_values) - place)))
        found[i] = least
    return found


def _two_sided(value: int, least: int, most: int, expected: float, term: Callable[[int], float]) -> Change:
    direction = (value > expected) - (value < expected)
    step = 1 if value >= expected else -1
    tail, at = 0.0, value
    while least <= at <= most:
        part = term(at)
        tail += part
        if part <= tail * _LOST:
            break
        at += step
    attainable = 2 * min(term(least), term(most))
    return Change(min(1.0, 2 * tail), direction, min(1.0, attainable))


def _choose(n: int, k: int) -> float:
    """Return the logarithm of n over k."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
