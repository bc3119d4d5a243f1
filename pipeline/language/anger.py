"""Anger with its kind, where the customer's words show it: unfair, threatened, powerless, ignored.

Rule 1. A kind is shown by a listed phrase; the first phrase of each kind counts, so a text has a kind at most once.
Rule 2. A phrase that is denied ("I was not ignored", "I won't go elsewhere") shows nothing.
"""

from vaderSentiment.vaderSentiment import negated

from pipeline.language.phrases import Phrases, folded
from pipeline.touchpoint import Anger

_NEGATION_REACHES = 3
"""Words before a phrase within which a "not" turns it, as far as VADER looks back."""


class AngerFinder:
    """The search for phrases of anger. Built once."""

    __slots__ = ("_phrases",)

    def __init__(self, kinds: dict[str, tuple[str, ...]]) -> None:
        """Take the phrases of each kind of `policies/signals.toml`, folded."""
        meanings = {phrase: Anger(kind, phrase) for kind, phrases in kinds.items() for phrase in phrases}
        self._phrases = Phrases(meanings)

    def found(self, read: str) -> tuple[Anger, ...]:
        """Return the kinds of anger in a customer's bounded words, sorted, each with the first phrase that shows it."""
        said = folded(read)
        shown: dict[str, Anger] = {}
        for start, _, anger in self._phrases.found(said):
            if anger.kind not in shown and not _denied(said[max(0, start - 60) : start]):
                shown[anger.kind] = anger
        return tuple(shown[kind] for kind in sorted(shown))


def _denied(before: str) -> bool:
    """Say whether the words right before deny what follows, in the same sentence."""
    for stop in ".!?;\n":
        before = before.rpartition(stop)[2]
    return bool(negated(before.split()[-_NEGATION_REACHES:]))
