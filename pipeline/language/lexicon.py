"""The company's own phrases and their valence, from `policies/lexicon.toml`.

Rule 1. A group has a `why`, `phrases`, and a `valence` from -4 to 4 (VADER's scale: what a word of that strength adds).
Rule 2. A phrase stands in one group only; it is lower-case and written with plain apostrophes.
Rule 3. Of phrases that overlap in a text only the longest counts. A phrase of valence 0 counts too: it takes the place
        of a shorter one that does not mean what it says ("not cancel my account").
Rule 4. A positive phrase with a negation among the three words before it is turned as VADER turns a word (by -0.74):
        "never sorted it out". A negative one is not: "can't believe I am still waiting" is no praise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vaderSentiment.vaderSentiment import N_SCALAR, negated

from pipeline.language.phrases import Phrases, folded
from pipeline.policy import PolicyError

STRONGEST = 4.0
_NEGATION_REACHES = 3  # words; the same reach as VADER's


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases and what each adds to the sentence it stands in, on VADER's scale."""

    valences: Mapping[str, float]
    _phrases: Phrases[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse valences off the scale and phrases that could never match; then build the search."""
        for phrase, valence in self.valences.items():
            if not phrase or phrase != folded(phrase).strip():
                raise PolicyError("lexicon.phrases", phrase, "lower-case words, without white space around them")
            if not -STRONGEST <= valence <= STRONGEST:  # not-a-number fails this too
                raise PolicyError(f"lexicon.valence of {phrase!r}", valence, "-4 to 4")
        object.__setattr__(self, "_phrases", Phrases(self.valences))

    def added(self, sentence: str) -> float:
        """Return what the phrases of a sentence add to it, in VADER's un-normalised space."""
        text = folded(sentence)
        hits = self._phrases.found(text)
        if not hits:
            return 0.0
        hits.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))  # longest first, then from the left
        total, taken = 0.0, list[tuple[int, int]]()
        for start, end, valence in hits:
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            taken.append((start, end))
            turned = valence > 0 and negated(text[:start].split()[-_NEGATION_REACHES:])
            total += valence * N_SCALAR if turned else valence
        return total


def lexicon(document: Mapping[str, object]) -> Lexicon:
    """Return the lexicon of a parsed TOML document; raise PolicyError with group, value and what is allowed."""
    groups = document.get("groups")
    if not isinstance(groups, Mapping):
        raise PolicyError("lexicon.groups", groups, "a table of groups")
    valences: dict[str, float] = {}
    for name, group in groups.items():
        setting = f"lexicon.groups.{name}"
        if not isinstance(group, Mapping) or set(group) != {"why", "valence", "phrases"}:
            raise PolicyError(setting, group, "a table of why, valence and phrases")
        why, valence, phrases = group["why"], group["valence"], group["phrases"]
        if not isinstance(why, str) or not why.strip():
            raise PolicyError(f"{setting}.why", why, "one sentence")
        if isinstance(valence, bool) or not isinstance(valence, int | float) or not abs(valence) <= STRONGEST:
            raise PolicyError(f"{setting}.valence", valence, "a number from -4 to 4")
        for phrase in checked_phrases(f"{setting}.phrases", phrases):
            if phrase in valences:
                raise PolicyError(f"{setting}.phrases", phrase, "a phrase that no other group holds")
            valences[phrase] = float(valence)
    return Lexicon(valences)


def checked_phrases(setting: str, phrases: object) -> tuple[str, ...]:
    """Return a list of phrases; raise PolicyError on an empty list, and on an empty, unfolded or repeated phrase."""
    if not isinstance(phrases, list) or not phrases:
        raise PolicyError(setting, phrases, "a list of phrases")
    for phrase in phrases:
        if not isinstance(phrase, str) or not phrase or phrase != folded(phrase).strip():
            raise PolicyError(setting, phrase, "lower-case words, without white space around them")
    for place, phrase in enumerate(phrases):
        if phrase in phrases[:place]:
            raise PolicyError(setting, phrase, "each phrase once")
    return tuple(phrases)
