"""Whether a message only says thank you: it needs no reply, and nobody comes back by it.

Rule 1. Every word of it belongs to a listed phrase (`policies/lexicon.toml`, [thanks]), and at least one phrase is a
        thank-you. One word too many ("thanks, but …") and it is a message like any other.
Rule 2. Up to two names may follow a thank-you or a greeting ("Thanks Anna", "Regards, Anna Lee"): words that begin with
        a capital, with nothing but a comma or a line's end between.
Rule 3. A question mark, a digit, or more than `LONGEST` characters: not read any further.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.lexicon import checked_phrases
from pipeline.language.phrases import folded
from pipeline.policy_error import PolicyError

LONGEST = 200
"""Characters; two lines and a signature. Whoever writes more says more."""

MOST_NAMES = 2
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_LISTS = ("thank_you", "greeting", "beside")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thanks:
    """Listed phrases as words; `named` are those that names may follow."""

    thank_you: frozenset[Phrase]
    named: frozenset[Phrase]
    every: frozenset[Phrase]
    longest: int

    def only(self, text: str) -> bool:
        """Say whether the text is a thank-you and nothing more."""
        if len(text) > LONGEST or "?" in text or any(map(str.isdigit, text)):
            return False
        found = list(_WORD.finditer(text))
        words = tuple(folded(word.group()) for word in found)
        thanked, at = False, 0
        while at < len(words):
            most = range(min(self.longest, len(words) - at), 0, -1)
            phrase = next((words[at : at + n] for n in most if words[at : at + n] in self.every), None)
            if phrase is None:
                return False
            thanked = thanked or phrase in self.thank_you
            at += len(phrase)
            if phrase in self.named:
                at += self._names(text, found, words, at)
        return thanked

    def _names(self, text: str, found: list[re.Match[str]], words: Phrase, at: int) -> int:
        """Return how many names stand from here on."""
        taken = 0
        while taken < MOST_NAMES and at + taken < len(words):
            here = found[at + taken]
            between = text[found[at + taken - 1].end() : here.start()]
            known = any(words[at + taken : at + taken + n] in self.every for n in range(1, self.longest + 1))
            if known or not here.group()[0].isupper() or between.strip(", \t\r\n"):
                break
            taken += 1
        return taken


def thanks(document: Mapping[str, object]) -> Thanks:
    """Return the phrases of [thanks] of a parsed lexicon; none where it has no such table. Raises PolicyError."""
    said = document.get("thanks", {})
    if not isinstance(said, Mapping) or (said and set(said) != {"why", *_LISTS}):
        raise PolicyError("lexicon.thanks", said, f"a table of why, {', '.join(_LISTS)}")
    lists = {
        name: frozenset(_phrases(f"lexicon.thanks.{name}", said[name])) if said else frozenset() for name in _LISTS
    }
    every = lists["thank_you"] | lists["greeting"] | lists["beside"]
    named = lists["thank_you"] | lists["greeting"]
    return Thanks(lists["thank_you"], named, every, max(map(len, every), default=0))


def _phrases(setting: str, said: object) -> list[Phrase]:
    return [tuple(phrase.split()) for phrase in checked_phrases(setting, said)]
