"""`identifiers.toml` as `IdentifierRules`: parsed TOML in, rules out, or a `PolicyError` that names the setting.

Rule 1. Every limit (`pipeline.kin`) and every group of junk has its reason; what a file leaves out is as the
        defaults have it.
Rule 2. A company's own file says only what differs, and is laid over the one that Tellonce brings.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pipeline.identifiers import EVERYWHERE, TYPES, IdentifierRules, e164, plainly
from pipeline.kin.rules import CRM, DEFAULT_LIMITS, Limit
from pipeline.policy import PolicyError

SETTINGS = (
    "default_region", "strongest_first", "own_numbers", "toll_free_is_junk", "plus_is_ignored_at",
    "dots_are_ignored_at", "limits", "junk", "default_junk",
)  # fmt: skip
JUNK_KEYS = ("for", "reason", "exact", "matching")
LIMIT_KEYS = ("shared_by", "held", "within")
EVER = "ever"
LONGEST_WINDOW = timedelta(days=36_500)
"""A century: more than anybody's telephone, and still inside the calendar."""

_UNITS = {unit: timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")}


def identifier_rules(document: Mapping[str, object]) -> IdentifierRules:
    """Return the rules that a parsed `identifiers.toml` states. Raises `PolicyError` where they make no sense."""
    for key in document:
        if key not in SETTINGS:
            raise PolicyError(key, document[key], f"one of the settings {', '.join(SETTINGS)}")
    exact: dict[str, frozenset[str]] = {}
    matching: dict[str, tuple[re.Pattern[str], ...]] = {}
    groups = document.get("junk", [])
    if not isinstance(groups, list):
        raise PolicyError("junk", groups, "tables, each [[junk]]")
    for index, group in enumerate(groups):
        where = f"junk[{index}]"
        if not isinstance(group, Mapping) or not set(group) <= set(JUNK_KEYS) or not group.get("reason"):
            raise PolicyError(where, group, f"a table of {', '.join(JUNK_KEYS)}, with a reason")
        words = frozenset(plainly(word) for word in _texts(group, "exact", where))
        patterns = tuple(_pattern(one, f"{where}.matching") for one in _texts(group, "matching", where))
        for type_ in _texts(group, "for", where):
            exact[type_] = exact.get(type_, frozenset()) | words
            matching[type_] = matching.get(type_, ()) + patterns
    region = document.get("default_region", "GB")
    if not isinstance(region, str):
        raise PolicyError("default_region", region, "an ISO 3166 region, as GB, US, DE")
    order = _texts(document, "strongest_first", "") or TYPES
    for key in ("toll_free_is_junk", "default_junk"):
        if not isinstance(document.get(key, True), bool):
            raise PolicyError(key, document[key], "true or false")
    return IdentifierRules(
        default_region=region,
        strongest_first=order,
        junk_exact=exact | {"phone": exact.get("phone", frozenset()) | _own_numbers(document)},
        junk_matching=matching,
        toll_free_is_junk=document.get("toll_free_is_junk") is not False,
        plus_is_ignored_at=_domains(document, "plus_is_ignored_at"),
        dots_are_ignored_at=_domains(document, "dots_are_ignored_at"),
        limits=_limits(document.get("limits", {})),
    )


def _own_numbers(document: Mapping[str, object]) -> frozenset[str]:
    """Return the company's own numbers in canonical form. They name their country: the region may be set elsewhere."""
    found: set[str] = set()
    for number in _texts(document, "own_numbers", ""):
        canonical_form = e164(number, "ZZ")
        if canonical_form is None:
            raise PolicyError("own_numbers", number, "a number with its country code, as +44 20 7946 0000")
        found.add(canonical_form)
    return frozenset(found)


def _domains(document: Mapping[str, object], key: str) -> frozenset[str]:
    domains = frozenset(domain.strip().lower() for domain in _texts(document, key, ""))
    for domain in domains:
        if domain != EVERYWHERE and not re.fullmatch(r"[^@\s.]+(\.[^@\s.]+)+", domain):
            raise PolicyError(key, domain, f'domains, as gmail.com, or "{EVERYWHERE}" for all')
    return domains


def laid_over(beneath: Mapping[str, object], own: Mapping[str, object]) -> Mapping[str, object]:
    """Return a company's own document over another: it says only what differs. Limits are laid over one by one; junk
    is added to the junk beneath, unless it says `default_junk = false`.
    """
    merged = {**beneath, **own}
    limits, own_limits = beneath.get("limits", {}), own.get("limits", {})
    if isinstance(limits, Mapping) and isinstance(own_limits, Mapping):
        over = {type_: _over(limits.get(type_), own) for type_, own in own_limits.items()}
        merged["limits"] = {**limits, **over}
    junk, own_junk = beneath.get("junk", []), own.get("junk", [])
    if own.get("default_junk", True) is False:
        merged["junk"] = own_junk
    elif isinstance(junk, list) and isinstance(own_junk, list):
        merged["junk"] = [*own_junk, *junk]  # its own first: what is wrong in it is named by its place
    return merged


def _over(beneath: object, own: object) -> object:
    return {**beneath, **own} if isinstance(beneath, Mapping) and isinstance(own, Mapping) else own


def _limits(tables: object) -> Mapping[str, Limit]:
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        raise PolicyError("limits", tables, "tables, each [limits.TYPE]")
    limits = dict(DEFAULT_LIMITS)
    for type_, table in tables.items():
        where = f"limits.{type_}"
        if type_ not in TYPES or type_ == CRM:
            raise PolicyError(where, table, f"a limit for any of {', '.join(one for one in TYPES if one != CRM)}")
        beneath = limits[type_]
        for key in table:
            if key not in LIMIT_KEYS:
                raise PolicyError(f"{where}.{key}", table[key], f"any of {', '.join(LIMIT_KEYS)}")
        limits[type_] = Limit(
            _count(table, "shared_by", where, beneath.shared_by),
            _count(table, "held", where, beneath.held),
            _window(table["within"], f"{where}.within") if "within" in table else beneath.within,
        )
    return limits


def _count(table: Mapping[str, object], key: str, where: str, beneath: int) -> int:
    if key not in table:
        return beneath
    count = _reasoned(table[key], f"{where}.{key}", ("value", "reason"))["value"]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise PolicyError(f"{where}.{key}.value", count, "a whole number, 1 or more")
    return count


def _window(setting: object, where: str) -> timedelta | None:
    has_unit = isinstance(setting, Mapping) and setting.get("value") != EVER
    table = _reasoned(setting, where, ("value", "unit", "reason") if has_unit else ("value", "reason"))
    value = table["value"]
    if not has_unit:
        return None
    unit = _UNITS.get(table["unit"]) if isinstance(table["unit"], str) else None
    if unit is None:
        raise PolicyError(f"{where}.unit", table["unit"], f"any of {', '.join(_UNITS)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_WINDOW / unit:
        raise PolicyError(f"{where}.value", value, f'"{EVER}", or a time of more than 0 and at most a century')
    if value * unit < timedelta(seconds=1):
        raise PolicyError(f"{where}.value", value, "at least a second")
    return value * unit


def _reasoned(setting: object, where: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(setting, Mapping) or set(setting) != set(keys) or not setting["reason"]:
        raise PolicyError(where, setting, f"a table of {', '.join(keys)}")
    return setting


def _texts(group: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    values = group.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PolicyError(f"{where}.{key}".lstrip("."), values, "a list of texts")
    return tuple(values)


def _pattern(text: str, setting: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise PolicyError(setting, text, f"a regular expression ({error})") from error
