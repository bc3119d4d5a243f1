"""How each setting of a policy file is written, and how its value is read.

Rule 1. A setting is a table with exactly its keys; anything else is refused by its path, with what is allowed.
Rule 2. This is the one list of settings: section, name in the file, field of the section's dataclass, its kind.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Any

from pipeline.detractor_policy import LIMITS, DetractorPolicy, Points, Segment
from pipeline.journey.policy import COMPONENTS, Weight
from pipeline.policy_error import PolicyError

LONGEST = timedelta(days=36_500)
"""The longest time a setting may have: a century, more than any customer's and still inside the calendar."""

_DURATIONS = {unit: timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a setting is written: its keys, its units, and how a value is read from its table."""

    read: Callable[[str, Mapping[str, Any]], object]
    units: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its table: these, and no others."""
        return ("value", *self.more, *(("unit",) if self.units else ()), "reason")


def read_setting(path: str, value: object, kind: Kind) -> Any:  # noqa: ANN401 -- of any kind
    """Return a setting's value from its table."""
    table = exact(path, value, kind.keys)
    if kind.units and table["unit"] not in kind.units:
        raise PolicyError(f"{path}.unit", table["unit"], " or ".join(kind.units))
    word(f"{path}.reason", table["reason"])
    return kind.read(path, table)


def exact(path: str, value: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the table, which has these keys and no others."""
    if not isinstance(value, Mapping):
        raise PolicyError(path, value, "a table: { " + ", ".join(f"{key} = …" for key in keys) + " }")
    for key in keys:
        if key not in value:
            raise PolicyError(path, dict(value), f"a table with {', '.join(keys)}; it has no {key}")
    for key in value:
        if key not in keys:
            raise unknown(f"{path}.{key}", value[key], keys)
    return value


def table_of(path: str, value: object) -> Mapping[str, Any]:
    """Return the table, whatever its keys."""
    if not isinstance(value, Mapping):
        raise PolicyError(path, value, f"a table: [{path}]")
    return value


def word(path: str, value: object) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(path, value, "a text in quotes")
    return value


def unknown(path: str, value: object, known: Iterable[str]) -> PolicyError:
    """Return the refusal of a name that is not known."""
    return PolicyError(path, value, near(path.rpartition(".")[2], known))


def near(name: str, known: Iterable[str]) -> str:
    """Say which names are known, the nearest first."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"one of {', '.join(names)}" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _duration(path: str, table: Mapping[str, Any]) -> timedelta:
    number = _number(path, table)
    # Compared before it is multiplied: a timedelta overflows.
    if abs(number) > LONGEST / _DURATIONS[table["unit"]]:
        raise PolicyError(f"{path}.value", table["value"], f"at most {LONGEST.days} days")
    return number * _DURATIONS[table["unit"]]


def _number(path: str, table: Mapping[str, Any], key: str = "value") -> float:
    number = table[key]
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
        raise PolicyError(f"{path}.{key}", number, "a number")
    return number


def _count(path: str, table: Mapping[str, Any]) -> int:
    count = table["value"]
    if isinstance(count, bool) or not isinstance(count, int):
        raise PolicyError(f"{path}.value", count, "a whole number")
    return count


def _points(path: str, table: Mapping[str, Any]) -> Points:
    return Points(_number(path, table), _number(path, table, "of"))


def _weight(path: str, table: Mapping[str, Any]) -> Weight:
    return Weight(_number(path, table), _number(path, table, "at_most"))


def _text(path: str, table: Mapping[str, Any]) -> str:
    return word(f"{path}.value", table["value"])


def _time(path: str, table: Mapping[str, Any]) -> datetime:
    time = table["value"]
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise PolicyError(f"{path}.value", time, "a time with an offset, without quotes: 2000-01-01T00:00:00Z")
    return time.astimezone(UTC)


def _names(path: str, table: Mapping[str, Any]) -> frozenset[str]:
    names = table["value"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PolicyError(f"{path}.value", names, 'a list of names: ["survey"]')
    return frozenset(names)


DURATION = Kind(_duration, tuple(_DURATIONS))
_COMPOUND = Kind(_number, ("compound",))
_SHARE = Kind(_number, ("share",))
_POINTS = Kind(_points, ("points",), ("of",))
_PER_MINUTE = Kind(_weight, ("points a minute",), ("at_most",))
_PER_PIECE = Kind(_weight, ("points each",), ("at_most",))

# Section, then the setting's name in the file: the field of the section's dataclass, and how it is written.
SETTINGS: Mapping[str, Mapping[str, tuple[str, Kind]]] = {
    "intake": {
        "earliest": ("earliest", Kind(_time)),
        "clock_skew": ("clock_skew", DURATION),
        "longest_text": ("longest_text", Kind(_count, ("characters",))),
    },
    "contact": {
        "gap": ("gap", DURATION),
        "handover_under": ("handover_under", DURATION),
    },
    "repeat": {
        "within": ("within", DURATION),
        "not_contacts": ("not_contacts", Kind(_names)),
    },
    "detractor": {
        "nps": ("nps_at_most", Kind(_number, ("points",))),
        "csat": ("csat", _POINTS),
        "ces": ("ces", _POINTS),
        "stars": ("stars", _POINTS),
        "worst_at_most": ("worst_at_most", _COMPOUND),
        "mean_at_most": ("mean_at_most", _COMPOUND),
        "stale_after": ("stale_after", DURATION),
        "cool_down": ("cool_down", DURATION),
        "confidence_at_half": ("confidence_at_half", _SHARE),
        "confidence_at_one": ("confidence_at_one", _SHARE),
    },
    "severity": {
        "loyal_after": ("loyal_after", DURATION),
        "often": ("often", Kind(_count, ("alerts",))),
        "often_within": ("often_within", DURATION),
        "high_value_accounts": ("high_value_accounts", Kind(_names)),
        "high_value_tags": ("high_value_tags", Kind(_names)),
    },
    "timeline": {
        "horizon": ("horizon", DURATION),
        "touchpoints": ("touchpoints", Kind(_count, ("touchpoints",))),
        "contacts": ("contacts", Kind(_count, ("contacts",))),
    },
    "effort": {"raise_at": ("raise_at", Kind(_number, ("points",)))}
    | {name: (name, _PER_MINUTE if name in ("waiting", "hold") else _PER_PIECE) for name in COMPONENTS},
    "reach": {
        "attempts": ("attempts", Kind(_count, ("attempts",))),
        "within": ("within", DURATION),
    },
    "phrasing": {
        "at_least": ("at_least", Kind(_count, ("times",))),
        "per_100_words": ("per_100_words", Kind(_number, ("times",))),
    },
    "promise": {
        "time_zone": ("time_zone", Kind(_text)),
        "pause": ("pause", DURATION),
        "grace": ("grace", DURATION),
    },
}


def limits_of(path: str, table: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the limits of a channel or a segment by their fields; each is refused as the general one would be."""
    settings = {name: setting for name, setting in SETTINGS["detractor"].items() if setting[0] in LIMITS}
    read: dict[str, Any] = {}
    for name, inner in table.items():
        if name not in settings:
            raise unknown(f"{path}.{name}", inner, settings)
        field, kind = settings[name]
        read[field] = read_setting(f"{path}.{name}", inner, kind)
        try:
            DetractorPolicy(**{field: read[field]})
        except PolicyError as one:
            raise PolicyError(f"{path}.{name}", one.value, one.allowed) from None
    return read


def channel_limits(path: str, value: object) -> Mapping[str, object]:
    """Return the limits of one channel."""
    return limits_of(path, table_of(path, value))


def segment(path: str, value: object) -> Segment:
    """Return one segment: whose it is, and its limits."""
    table = table_of(path, value)
    who = {
        name: read_setting(f"{path}.{name}", table[name], Kind(_names))
        for name in ("accounts", "tags")
        if name in table
    }
    if not any(who.values()):
        raise PolicyError(path, dict(table), "a segment with accounts or tags")
    limits = limits_of(path, {name: inner for name, inner in table.items() if name not in who})
    return Segment(who.get("accounts", frozenset()), who.get("tags", frozenset()), limits)


def _window(path: str, value: object) -> object:
    return read_setting(path, value, DURATION)


BY_NAME: Mapping[str, Mapping[str, Callable[[str, object], object]]] = {
    "contact": {"gap_by_channel": _window},
    "repeat": {"within_by_topic": _window},
    "detractor": {"by_channel": channel_limits, "by_segment": segment},
}
"""Tables by a name that is the company's own, or a channel's or a topic's, and how each of them is read."""
