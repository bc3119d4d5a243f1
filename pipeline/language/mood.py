"""The mood of the customer's words: VADER sentence by sentence, with the company's own phrases added.

Rule 1. VADER scores one sentence at a time: its compound saturates on long texts.
Rule 2. The lexicon's phrases are added before the result is squeezed into -1 to 1, where VADER adds its own words.
        VADER sums valences to x and returns c = x / sqrt(x² + 15). Solved for x: c²·(x² + 15) = x², so
        x² = 15c² / (1 - c²) and, x having c's sign, x = c · sqrt(15 / (1 - c²)). With phrases of valence v:
        x' = x + Σv, and the sentence's score is c' = x' / sqrt(x'² + 15).
        VADER rounds c to 4 digits, so ±1 stands for anything from 0.99995: it is read as that (|x| = 387), and finite.
Rule 3. Worst is the lowest sentence, mean the mean over the sentences; both rounded to 4 digits.
Rule 4. Where nothing is said (no letter, emoji or emoticon) the mood is 0 of 0 sentences: it is nobody's bad mood.
"""

from dataclasses import dataclass
from functools import cache
from math import fsum, sqrt

from pipeline.language.lexicon import Lexicon
from pipeline.language.sentences import bounded, sentences
from pipeline.language.vader import Vader
from pipeline.touchpoint import Mood

_ALPHA = 15.0  # VADER's own constant (normalize)
_CLOSEST_TO_ONE = 0.99995  # the least that VADER's rounding calls 1
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """A mood with its words: the worst sentence (the first of equals) and the first; empty where nothing is said."""

    mood: Mood
    worst: str
    first: str


@cache
def _vader() -> Vader:
    """Return the one analyser of this process."""
    return Vader()


def shifted(compound: float, valence: float) -> float:
    """Return a compound of VADER after valences were added (rule 2)."""
    near = min(max(compound, -_CLOSEST_TO_ONE), _CLOSEST_TO_ONE)
    x = near * sqrt(_ALPHA / (1.0 - near * near)) + valence
    return x / sqrt(x * x + _ALPHA)


class MoodScorer:
    """Scores texts of any length and shape in bounded time; never raises."""

    __slots__ = ("_compound", "_lexicon")

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the company's own phrases."""
        self._lexicon = lexicon
        self._compound = _vader().compound

    def sentence(self, sentence: str) -> float:
        """Return the score of one sentence, from -1 to 1, in 4 digits."""
        compound = self._compound(sentence)
        valence = self._lexicon.added(sentence)
        return round(shifted(compound, valence), _DIGITS) if valence else compound

    def score(self, text: str) -> Mood:
        """Return the mood of a text (rules 3 and 4); `truncated` where not all of it was read."""
        return self.judged(text).mood

    def judged(self, text: str) -> Judged:
        """Return the mood with its worst and its first sentence."""
        return self.judged_of_read(*bounded(text))

    def judged_of_read(self, read: str, truncated: bool) -> Judged:  # noqa: FBT001 -- the pair that `bounded` returns
        """Return the same of a text that is bounded already."""
        said = sentences(read)
        if not said:
            return Judged(Mood(0.0, 0.0, 0, truncated), "", "")
        scores = [self.sentence(sentence) for sentence in said]
        worst = min(scores)
        mean = round(fsum(scores) / len(scores), _DIGITS) + 0.0  # + 0.0: minus zero is zero
        return Judged(Mood(worst + 0.0, mean, len(said), truncated), said[scores.index(worst)], said[0])
