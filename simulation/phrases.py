"""A sentence out of a pattern: `{a|b|c}` is one of the three, `<order>` is the order's number.

Rule 1. Alternatives may nest; an empty one is allowed: `{|Hi. }`.
Rule 2. A placeholder that nobody filled is a mistake in a pattern, and raises `KeyError`.
"""

import re
from collections.abc import Mapping
from random import Random

_CHOICE = re.compile(r"\{([^{}]*)\}")
_PLACE = re.compile(r"<(\w+)>")


def say(dice: Random, pattern: str, names: Mapping[str, str]) -> str:
    """Return one of the sentences that the pattern stands for."""
    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(lambda found: dice.choice(found[1].split("|")), pattern)
    return _PLACE.sub(lambda found: names[found[1]], pattern)
