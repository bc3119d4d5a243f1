"""The rules by which identifiers link, as a text: what the resolver keeps of the rules that it obeyed.

Rule 1. In it is what decides who is one customer: strength, limits, junk. What only spells (region, plus-addresses) is
        not: it is obeyed before an identifier is one.
Rule 2. The same rules are the same text, however their file is written; reasons are left out.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pipeline.identifiers import IdentifierRules
from pipeline.kin.rules import Limit


def linking_text(rules: IdentifierRules) -> str:
    """Return what of the rules decides who is one, as JSON."""
    said = {
        "strongest_first": rules.strongest_first,
        "toll_free_is_junk": rules.toll_free_is_junk,
        "exact": {type_: sorted(words) for type_, words in rules.junk_exact.items() if words},
        "matching": {type_: sorted({one.pattern for one in ps}) for type_, ps in rules.junk_matching.items() if ps},
        "limits": {type_: _limit_record(limit) for type_, limit in rules.limits.items()},
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def linking_rules(text: str) -> IdentifierRules:
    """Return the rules that a text of `linking_text` stands for; what only spells is the default's."""
    said: dict[str, Any] = json.loads(text)
    return IdentifierRules(
        strongest_first=tuple(said["strongest_first"]),
        toll_free_is_junk=said["toll_free_is_junk"],
        junk_exact={type_: frozenset(words) for type_, words in said["exact"].items()},
        junk_matching={
            type_: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
            for type_, patterns in said["matching"].items()
        },
        limits={type_: _limit(record) for type_, record in said["limits"].items()},
    )


def _limit_record(limit: Limit) -> Mapping[str, object]:
    within = None if limit.within is None else limit.within // timedelta(microseconds=1)
    return {"shared_by": limit.shared_by, "held": limit.held, "within": within}


def _limit(record: Mapping[str, Any]) -> Limit:
    within = None if record["within"] is None else timedelta(microseconds=record["within"])
    return Limit(record["shared_by"], record["held"], within)
