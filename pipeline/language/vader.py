"""VADER's scores in linear time: the same numbers as `vaderSentiment`'s, to the last digit, for a text of any length.

The library lower-cases the whole text again for each word that carries sentiment, and where there is a "but" searches
it once more for each score. Here each word is lower-cased once, and only words of the lexicon cost more than a look.

Rule 1. What words mean is the library's: lexicon, emoji, boosters, negations and special cases are read through it when
        a `Vader` is built, so a new version of them changes both. How words change each other is written here, in the
        library's own order of operations (another order gives other last digits), and tested against it.
Rule 2. Words that score 0 are counted, not listed: a zero changes no sum, and "but" leaves a zero as it is.
Rule 3. The library's slips are kept. "but" halves the first of equal scores instead of each one; "so" or "this" right
        before a word strengthens it without any "never".
"""

from collections.abc import Callable
from heapq import heappush, heappushpop
from itertools import chain
from math import fabs
from string import punctuation
from typing import Final

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

_BOOSTERS: Final[dict[str, float]] = BOOSTER_DICT
_SPECIAL: Final[dict[str, float]] = SPECIAL_CASES
_NEGATIONS: Final = frozenset(NEGATE)
_BEGINNINGS: Final = frozenset(key.split()[0] for key in chain(SPECIAL_CASES, BOOSTER_DICT) if " " in key)
_INTENSE: Final = frozenset(("so", "this"))
_OR: Final = frozenset(("or", "nor"))
_NOT_LEAST: Final = frozenset(("at", "very"))
_LONGEST_EMOTICON: Final = 2  # characters that are left without the punctuation around them


class Vader:
    """An analyser. It is built once, since it reads 8,000 lines, and keeps nothing of what it scores."""

    __slots__ = ("_emoji", "_emphasis", "_lexicon", "_scored")

    def __init__(self) -> None:
        """Read the library's files through the library (Rule 1)."""
        library = SentimentIntensityAnalyzer()
        self._lexicon: dict[str, float] = library.lexicon
        self._scored = {word for word in library.lexicon if word not in BOOSTER_DICT}
        self._emphasis: Callable[[str], float] = library._punctuation_emphasis  # noqa: SLF001 -- it has no other name
        # The library looks at one character at a time, so it never finds an emoji of several. The blank it writes only
        # where there is none: one more makes no other words.
        self._emoji = {sign: f" {said}" for sign, said in library.emojis.items() if len(sign) == 1}

    def compound(self, text: str) -> float:
        """Return the compound, from -1 to 1, in 4 digits."""
        spelt = self._spelt(text)
        _, scores = self._scores(spelt)
        return _compound(scores, self._emphasis(spelt)) if scores else 0.0

    def polarity_scores(self, text: str) -> dict[str, float]:
        """Return what the library's method of this name does: the compound, and the shares of neg, neu and pos."""
        spelt = self._spelt(text)
        words, scores = self._scores(spelt)
        if not words:
            return {"neg": 0.0, "neu": 0.0, "pos": 0.0, "compound": 0.0}
        emphasis = self._emphasis(spelt)
        positive, negative, neutral = 0.0, 0.0, words - len(scores)
        for score in scores:
            if score > 0:
                positive += float(score) + 1
            else:
                negative += float(score) - 1
        if positive > fabs(negative):
            positive += emphasis
        elif positive < fabs(negative):
            negative -= emphasis
        total = positive + fabs(negative) + neutral
        return {
            "neg": round(fabs(negative / total), 3),
            "neu": round(fabs(neutral / total), 3),
            "pos": round(fabs(positive / total), 3),
            "compound": _compound(scores, emphasis),
        }

    def _spelt(self, text: str) -> str:
        """Return the text with its emoji spelt out."""
        if text.isascii():
            return text
        signs = set(text)
        if self._emoji.keys().isdisjoint(signs):
            return text
        # Every character is in the table: one that is not would cost an error that is raised and caught.
        return text.translate({ord(sign): self._emoji.get(sign, sign) for sign in signs})

    def _scores(self, text: str) -> tuple[int, list[float]]:
        """Return the number of words, and the scores of those that do not score 0, in the text's order."""
        tokens = text.split()
        if text.isascii():
            small = text.lower()
            lowered = tokens if small == text else small.split()
            words = [token if token.isalpha() else _bare(token) for token in lowered]
        else:  # a letter may be two in lower case, and what is bared depends on the length as it was written
            words = [_bare(token).lower() for token in tokens]
        scored = self._scored
        places = [place for place, word in enumerate(words) if word in scored]
        if not places:
            return len(words), []
        but = words.index("but") if "but" in words else None
        shouted = tokens if _some_but_not_all_upper(text, tokens) else None
        words = ["", "", "", *words, "", ""]  # every word has three before it and two after it
        scores = {at: score for at in places if (score := self._score(words, at, shouted))}
        if but is not None:
            _weigh_around(but, scores)
        return len(tokens), list(scores.values())

    def _score(self, words: list[str], place: int, shouted: list[str] | None) -> float:  # noqa: C901, PLR0912 -- the library's own steps, in its order
        """Return the score of a word of the lexicon.

        `words` has three blank words before the text's first; `shouted` is the text's words as they were written, where
        the case of some of them is an emphasis.
        """
        lexicon = self._lexicon
        three, two, one, word, after = words[place : place + 5]
        score = lexicon[word]
        if word == "no" and after in lexicon:
            score = 0.0
        elif word == "kind" and after == "of":
            return 0.0
        if one == "no" or two == "no" or (three == "no" and one in _OR):
            score = lexicon[word] * N_SCALAR
        if shouted is not None and shouted[place].isupper():
            score = score + C_INCR if score > 0 else score - C_INCR
        if one and one not in lexicon:
            if one in _BOOSTERS:
                score += _boost(_BOOSTERS[one], score, shouted=shouted is not None and shouted[place - 1].isupper())
            if one in _NEGATIONS or "n't" in one:
                score *= N_SCALAR
        if two and two not in lexicon:
            if two in _BOOSTERS:
                score += 0.95 * _boost(
                    _BOOSTERS[two], score, shouted=shouted is not None and shouted[place - 2].isupper()
                )
            if two == "never" and one in _INTENSE:
                score *= 1.25
            elif (two in _NEGATIONS or "n't" in two) and not (two == "without" and one == "doubt"):
                score *= N_SCALAR
        if three and three not in lexicon:
            if three in _BOOSTERS:
                score += 0.9 * _boost(
                    _BOOSTERS[three], score, shouted=shouted is not None and shouted[place - 3].isupper()
                )
            if one in _INTENSE or (three == "never" and two in _INTENSE):
                score *= 1.25
            elif (three in _NEGATIONS or "n't" in three) and not (three == "without" and "doubt" in (one, two)):
                score *= N_SCALAR
            if word in _BEGINNINGS or one in _BEGINNINGS or two in _BEGINNINGS or three in _BEGINNINGS:
                score = _with_phrases(score, words[place : place + 6])
        if one == "least" and one not in lexicon and two not in _NOT_LEAST:
            score *= N_SCALAR
        return score


def _bare(token: str) -> str:
    """Return a token without punctuation around it; as it is where that leaves so little that it may be an emoticon."""
    bare = token.strip(punctuation)
    return bare if len(bare) > _LONGEST_EMOTICON else token


def _some_but_not_all_upper(text: str, tokens: list[str]) -> bool:
    return not text.islower() and 0 < sum(map(str.isupper, tokens)) < len(tokens)


def _boost(by: float, score: float, *, shouted: bool) -> float:
    if score < 0:
        by *= -1
    if shouted:
        by = by + C_INCR if score > 0 else by - C_INCR
    return by


def _with_phrases(score: float, around: list[str]) -> float:
    """Return the score after phrases of two and three words; `around` are three words before, the word, two after."""
    three, two, one, word, after, second = around
    for phrase in (f"{one} {word}", f"{two} {one} {word}", f"{two} {one}", f"{three} {two} {one}", f"{three} {two}"):
        if phrase in _SPECIAL:
            score = _SPECIAL[phrase]
            break
    score = _SPECIAL.get(f"{word} {after}", score)
    score = _SPECIAL.get(f"{word} {after} {second}", score)
    for phrase in (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}"):
        score += _BOOSTERS.get(phrase, 0)
    return score


def _weigh_around(but: int, scores: dict[int, float]) -> None:
    """Halve what stands before the first "but" and strengthen what follows, as the library does (Rule 3).

    For each score it takes the first place that holds an equal one by then. Only places up to the score's own were
    changed yet, so the places that now hold what a later score may ask for are all there is to remember.
    """
    asked = set(scores.values())
    holding: dict[float, list[int]] = {}
    for place, score in list(scores.items()):
        first = heappushpop(holding[score], place) if score in holding else place
        if first == but:
            heappush(holding.setdefault(score, []), first)
            continue
        scores[first] = weighed = score * (0.5 if first < but else 1.5)
        if weighed in asked:
            heappush(holding.setdefault(weighed, []), first)


def _compound(scores: list[float], emphasis: float) -> float:
    total = float(sum(scores))
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    compound: float = normalize(total)
    return round(compound, 4)
