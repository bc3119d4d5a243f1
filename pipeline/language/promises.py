"""What the company promised to do towards the customer, and by when.

Rule 1. A promise is one sentence: will, 'll, shall or going to, then one of the listed phrases ("call you back"), and a
        time that `pipeline.language.moments` reads. The time stands behind the phrase, or before the will ("by Friday
        we'll call you").
Rule 2. What is denied, asked, required of the customer, or hangs on an if is no promise.
Rule 3. Of several promises the one that is due first counts: one touchpoint, one promise.
Rule 4. The phrases are found in one pass; only sentences that hold one are looked at more closely.
"""

import re
from datetime import datetime, tzinfo
from itertools import pairwise

from pipeline.language.moments import moment
from pipeline.language.phrases import Phrases, folded
from pipeline.language.sentences import sentences

_WILL = re.compile(r"(?:\b(?:will|shall|going to|gonna)|(?:'|\b)ll)\b(?! (?:not|never|you)\b)")
_NOT_OURS = re.compile(
    r"\b(?:need|have|want|like|able|free|welcome|required|remember) to\b|\bif\b|\bunless\b|\bin case\b|\bplease\b"
    r"|\byou (?:can|may|could|must|should)\b|\bnot\b|\bnever\b|n't\b"
)
_CONDITION = re.compile(r"\b(?:if|unless|in case|when you|once you|after you|as soon as you)\b")
_REACH = 60
"""Characters between will and the phrase: "someone from our specialist team in the other building will ..."."""


class Promises:
    """The search for promises. Built once."""

    __slots__ = ("_phrases",)

    def __init__(self, phrases: tuple[str, ...]) -> None:
        """Take the phrases of `policies/signals.toml`, folded."""
        self._phrases = Phrases(dict.fromkeys(phrases, True))

    def promised_by(self, read: str, at: datetime, zone: tzinfo) -> datetime | None:
        """Return by when the earliest promise in the company's words is due; None where nothing is promised.

        `read` is bounded; `at` is when it was said; `zone` is what "5 pm" means.
        """
        if not self._phrases.found(folded(read)):
            return None
        dues = [due for sentence in sentences(read) for due in self._in_sentence(folded(sentence), at, zone)]
        return min(dues, default=None)

    def _in_sentence(self, said: str, at: datetime, zone: tzinfo) -> list[datetime]:
        hits = self._phrases.found(said)
        if not hits or said.endswith("?") or said.startswith(("will ", "shall ")):
            return []
        dues: list[datetime] = []
        ends = [*(start for start, _, _ in hits), len(said)]
        for (start, end, _), (_, until) in zip(hits, pairwise(ends), strict=True):
            will = max((w for w in _WILL.finditer(said, max(0, start - _REACH), start)), key=re.Match.end, default=None)
            if will is None or _NOT_OURS.search(said, will.end(), start) or _CONDITION.search(said, 0, start):
                continue
            due = moment(said[end : max(until, end)], at, zone) or moment(said[: will.start()], at, zone)
            if due is not None:
                dues.append(due)
        return dues
