"""The phrases that the journey signals listen for, from `policies/signals.toml`.

Rule 1. Each kind of anger has a meaning and phrases; a phrase shows one kind. The kinds are the contract's four.
Rule 2. A promise has a meaning and phrases.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.anger import AngerFinder
from pipeline.language.lexicon import checked_phrases
from pipeline.language.promises import Promises
from pipeline.policy import PolicyError

KINDS = ("ignored", "powerless", "threatened", "unfair")


@dataclass(frozen=True, slots=True)
class SignalWords:
    """What is listened for: anger in the customer's words, promises in the company's."""

    anger: AngerFinder
    promises: Promises


def signal_words(document: Mapping[str, object]) -> SignalWords:
    """Return the searches of a parsed TOML document; raise PolicyError with setting, value and what is allowed."""
    for name in document:
        if name not in ("anger", "promise"):
            raise PolicyError(f"signals.{name}", document[name], "anger or promise")
    anger = document.get("anger")
    if not isinstance(anger, Mapping) or tuple(sorted(anger)) != KINDS:
        raise PolicyError("signals.anger", anger, f"a table of {', '.join(KINDS)}")
    kinds: dict[str, tuple[str, ...]] = {}
    for kind in KINDS:
        phrases = _phrases(f"signals.anger.{kind}", anger[kind])
        for other, taken in kinds.items():
            for phrase in phrases:
                if phrase in taken:
                    raise PolicyError(f"signals.anger.{kind}.phrases", phrase, f"a phrase that {other} does not hold")
        kinds[kind] = phrases
    return SignalWords(AngerFinder(kinds), Promises(_phrases("signals.promise", document.get("promise"))))


def _phrases(setting: str, table: object) -> tuple[str, ...]:
    if not isinstance(table, Mapping) or set(table) != {"meaning", "phrases"}:
        raise PolicyError(setting, table, "a table of meaning and phrases")
    if not isinstance(table["meaning"], str) or not table["meaning"].strip():
        raise PolicyError(f"{setting}.meaning", table["meaning"], "one line")
    return checked_phrases(f"{setting}.phrases", table["phrases"])
