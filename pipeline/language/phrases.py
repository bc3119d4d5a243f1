"""Finding many phrases in one pass, on word boundaries, whatever the case.

Rule 1. Text is folded before it is matched: case, typographic apostrophes, and white space of every kind to a blank.
        Offsets are those of the folded text, which for a few letters (ß) is longer.
Rule 2. A phrase matches whole words only; the last word may carry an `s` or `es` ("refund" finds "refunds").
Rule 3. The time is linear in the text, whatever the number of phrases (Aho-Corasick).
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

import ahocorasick

Meaning = TypeVar("Meaning")

_BLANKS = str.maketrans("\n\r\t\f\v", "     ")
_TYPOGRAPHY = str.maketrans(
    {
        "\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\uff07": "'",
        "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u2010": "-", "\u2011": "-",
    }
)  # fmt: skip


def folded(text: str) -> str:
    """Return the text as phrases are matched against it: case-folded, plain apostrophes and hyphens, blanks only."""
    lowered = text.casefold().translate(_BLANKS)
    return lowered if lowered.isascii() and "`" not in lowered else lowered.translate(_TYPOGRAPHY)


class Phrases(Generic[Meaning]):
    """Phrases and what each means, found together. Phrases must be folded, and not empty."""

    __slots__ = ("_automaton",)

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        """Build the automaton; this costs milliseconds, so build once."""
        self._automaton = None
        if meanings:
            self._automaton = ahocorasick.Automaton()
            for phrase, meaning in meanings.items():
                self._automaton.add_word(phrase, (len(phrase), meaning))
            self._automaton.make_automaton()

    def found(self, text: str) -> list[tuple[int, int, Meaning]]:
        """Return (start, end, meaning) of each phrase in a folded text, end exclusive, in order of their ends."""
        hits: list[tuple[int, int, Meaning]] = []
        if self._automaton is None:
            return hits
        for last, (length, meaning) in self._automaton.iter(text):
            start, end = last - length + 1, last + 1
            if (start == 0 or not text[start - 1].isalnum()) and _ends_word(text, end):
                hits.append((start, end, meaning))
        return hits


def _ends_word(text: str, end: int) -> bool:
    """Say whether a word, or a word but for its plural, ends before this offset."""
    after = text[end : end + 3]
    if not after or not after[0].isalnum():
        return True
    plural = 1 if after[0] == "s" else 2 if after[:2] == "es" else 0
    return plural > 0 and not after[plural : plural + 1].isalnum()
