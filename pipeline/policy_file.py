"""The policy as a file says it: parsed TOML in, `Policy` out, or every problem by its path.

Rule 1. A file has a `name` and a `version`. Any other setting may be left out, and is then as in the policy
        beneath: the dataclasses' defaults, or `policies/default.toml` for a company's own file.
Rule 2. A setting is a table: `value`, its `unit` (but for times and names), and the `reason` that
        somebody will ask for. Points say `of` how many; a channel says `direction`, `contact`, `reason`.
Rule 3. What is not known is refused, never passed over: a typo must not leave the default in force.
Rule 4. `channels`, `contact.gap_by_channel` and `repeat.within_by_topic` add to the names beneath.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Any, get_args

from pipeline.journey.policy import COMPONENTS, EffortPolicy, PhrasingPolicy, PromisePolicy, ReachPolicy, Weight
from pipeline.policy import (
    Channel,
    ContactPolicy,
    DetractorPolicy,
    IntakePolicy,
    Points,
    Policy,
    PolicyError,
    RepeatPolicy,
    TimelinePolicy,
)
from pipeline.touchpoint import Direction

SOURCES_WITH_A_CHANNEL = ("chat", "phone", "email", "review", "survey")
"""The sources that are a channel themselves; the channels of the source `other` are the policy's."""

LONGEST = timedelta(days=36_500)
"""The longest time a setting may have: a century, more than any customer's and still inside the calendar."""

_DURATIONS = {unit: timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")}


_Section = (
    IntakePolicy
    | ContactPolicy
    | RepeatPolicy
    | DetractorPolicy
    | TimelinePolicy
    | EffortPolicy
    | ReachPolicy
    | PhrasingPolicy
    | PromisePolicy
)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as a file says it: its path, its value for people, its unit, and the reason given."""

    path: str
    value: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a setting is written: its keys, its units, and how a value is read from its table."""

    read: Callable[[str, Mapping[str, Any]], object]
    units: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return ("value", *self.more, *(("unit",) if self.units else ()), "reason")


def policy(document: Mapping[str, Any], beneath: Policy | None = None, topics: Collection[str] | None = None) -> Policy:
    """Return the policy that a file states over the one beneath it (None: the dataclasses' defaults).

    `topics` are the labels of the taxonomy; where they are given, a window of any other topic is refused.
    Raises PolicyError for the first problem; `problems` gives them all.
    """
    built, wrong = _built(document, beneath or Policy(), topics)
    if wrong:
        raise wrong[0]
    return built


def problems(
    document: Mapping[str, Any], beneath: Policy | None = None, topics: Collection[str] | None = None
) -> tuple[PolicyError, ...]:
    """Return everything that is wrong with a file, in the file's order; nothing where it can be used."""
    return tuple(_built(document, beneath or Policy(), topics)[1])


def shown(document: Mapping[str, Any]) -> tuple[ShownSetting, ...]:
    """Return the settings that a usable file states, in the file's order."""
    return tuple(_shown("", document))


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
    return _word(f"{path}.value", table["value"])


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


_DURATION = _Kind(_duration, tuple(_DURATIONS))
_COMPOUND = _Kind(_number, ("compound",))
_POINTS = _Kind(_points, ("points",), ("of",))
_PER_MINUTE = _Kind(_weight, ("points a minute",), ("at_most",))
_PER_PIECE = _Kind(_weight, ("points each",), ("at_most",))

# Section, then the setting's name in the file: the field of the section's dataclass, and how it is written.
_SETTINGS: Mapping[str, Mapping[str, tuple[str, _Kind]]] = {
    "intake": {
        "earliest": ("earliest", _Kind(_time)),
        "clock_skew": ("clock_skew", _DURATION),
        "longest_text": ("longest_text", _Kind(_count, ("characters",))),
    },
    "contact": {
        "gap": ("gap", _DURATION),
        "handover_under": ("handover_under", _DURATION),
    },
    "repeat": {
        "within": ("within", _DURATION),
        "not_contacts": ("not_contacts", _Kind(_names)),
    },
    "detractor": {
        "nps": ("nps_at_most", _Kind(_number, ("points",))),
        "csat": ("csat", _POINTS),
        "ces": ("ces", _POINTS),
        "stars": ("stars", _POINTS),
        "worst_at_most": ("worst_at_most", _COMPOUND),
        "mean_at_most": ("mean_at_most", _COMPOUND),
        "stale_after": ("stale_after", _DURATION),
    },
    "timeline": {
        "horizon": ("horizon", _DURATION),
        "touchpoints": ("touchpoints", _Kind(_count, ("touchpoints",))),
        "contacts": ("contacts", _Kind(_count, ("contacts",))),
    },
    "effort": {"raise_at": ("raise_at", _Kind(_number, ("points",)))}
    | {name: (name, _PER_MINUTE if name in ("waiting", "hold") else _PER_PIECE) for name in COMPONENTS},
    "reach": {
        "attempts": ("attempts", _Kind(_count, ("attempts",))),
        "within": ("within", _DURATION),
    },
    "phrasing": {
        "at_least": ("at_least", _Kind(_count, ("times",))),
        "per_100_words": ("per_100_words", _Kind(_number, ("times",))),
    },
    "promise": {
        "time_zone": ("time_zone", _Kind(_text)),
        "pause": ("pause", _DURATION),
    },
}
# Tables of durations by a name that is the company's own.
_BY_NAME: Mapping[str, tuple[str, ...]] = {"contact": ("gap_by_channel",), "repeat": ("within_by_topic",)}


def _built(
    document: Mapping[str, Any], beneath: Policy, topics: Collection[str] | None
) -> tuple[Policy, list[PolicyError]]:
    """Return the policy with all of the file that can be used, and what is wrong with the rest."""
    built = beneath
    needed = "a text of your own in quotes: every alert says which policy decided"
    wrong = [PolicyError(key, None, needed) for key in ("name", "version") if key not in document]
    for key, value in document.items():
        try:
            built = _with(built, key, value, wrong)
        except PolicyError as one:
            wrong.append(one)
    return built, [*wrong, *_unknown_names(built, topics)]


def _with(built: Policy, key: str, value: object, wrong: list[PolicyError]) -> Policy:
    """Return the policy with one key of the file; add to `wrong`, or raise, what is wrong with it."""
    change: Any
    if key in ("name", "version"):
        change = _word(key, value)
    elif key == "channels":
        change = {**built.channels, **_each("channels", value, _channel, wrong)}
    elif key in _SETTINGS:
        change = _section(key, getattr(built, key), value, wrong)
    else:
        raise _unknown(key, value, ("name", "version", "channels", *_SETTINGS))
    return replace(built, **{key: change})


def _section(name: str, section: _Section, value: object, wrong: list[PolicyError]) -> _Section:
    """Return the section with its settings changed one at a time, so that each is refused on its own."""
    settings, by_name = _SETTINGS[name], _BY_NAME.get(name, ())
    for key, table in _table(name, value).items():
        path = f"{name}.{key}"
        change: Any
        try:
            if key in by_name:
                read = _each(path, table, lambda path, inner: _read(path, inner, _DURATION), wrong)
                field, change = key, {**getattr(section, key), **read}
            elif key in settings:
                field, kind = settings[key]
                change = _read(path, table, kind)
            else:
                wrong.append(_unknown(path, table, (*settings, *by_name)))
                continue
            section = _changed(section, field, change, path, table)
        except PolicyError as one:
            wrong.append(one)
    return section


def _changed(section: _Section, field: str, change: Any, path: str, table: Mapping[str, Any]) -> _Section:  # noqa: ANN401 -- of any kind
    """Return the section with the change; a section that refuses it is quoted with the value as the file says it."""
    try:
        return replace(section, **{field: change})
    except PolicyError as one:
        as_written = table if one.setting == path else table[one.setting.removeprefix(f"{path}.")]
        said = f"{_for_people(as_written)} {as_written.get('unit', '')}".strip()
        raise PolicyError(one.setting, said, one.allowed) from None


def _each(
    path: str, value: object, read: Callable[[str, object], object], wrong: list[PolicyError]
) -> dict[str, object]:
    """Return what can be read of a table by name; add to `wrong` what cannot."""
    found = {}
    for name, inner in _table(path, value).items():
        try:
            found[name] = read(f"{path}.{name}", inner)
        except PolicyError as one:
            wrong.append(one)
    return found


def _channel(path: str, value: object) -> Channel:
    if (name := path.removeprefix("channels.")) in SOURCES_WITH_A_CHANNEL:
        raise PolicyError(path, name, "a name that is not a source's own")
    table = _exact(path, value, ("direction", "contact", "reason"))
    if table["direction"] not in get_args(Direction):
        raise PolicyError(f"{path}.direction", table["direction"], " or ".join(get_args(Direction)))
    if not isinstance(table["contact"], bool):
        raise PolicyError(f"{path}.contact", table["contact"], "true or false, without quotes")
    _word(f"{path}.reason", table["reason"])
    return Channel(table["direction"], table["contact"])


def _unknown_names(built: Policy, topics: Collection[str] | None) -> Iterator[PolicyError]:
    channels = (*SOURCES_WITH_A_CHANNEL, *built.channels)
    for name in sorted(built.repeat.not_contacts.difference(channels)):
        yield PolicyError("repeat.not_contacts", name, _near(name, channels))
    for name in built.contact.gap_by_channel:
        if name not in channels:
            yield PolicyError(f"contact.gap_by_channel.{name}", name, _near(name, channels))
    for name in built.repeat.within_by_topic:
        if topics is not None and name not in topics:
            yield PolicyError(f"repeat.within_by_topic.{name}", name, _near(name, sorted(topics)))


def _read(path: str, value: object, kind: _Kind) -> object:
    table = _exact(path, value, kind.keys)
    if kind.units and table["unit"] not in kind.units:
        raise PolicyError(f"{path}.unit", table["unit"], " or ".join(kind.units))
    _word(f"{path}.reason", table["reason"])
    return kind.read(path, table)


def _exact(path: str, value: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the table, which has these keys and no others."""
    if not isinstance(value, Mapping):
        raise PolicyError(path, value, "a table: { " + ", ".join(f"{key} = …" for key in keys) + " }")
    for key in keys:
        if key not in value:
            raise PolicyError(path, dict(value), f"a table with {', '.join(keys)}; it has no {key}")
    for key in value:
        if key not in keys:
            raise _unknown(f"{path}.{key}", value[key], keys)
    return value


def _table(path: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(path, value, f"a table: [{path}]")
    return value


def _word(path: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(path, value, "a text in quotes")
    return value


def _unknown(path: str, value: object, known: Iterable[str]) -> PolicyError:
    return PolicyError(path, value, _near(path.rpartition(".")[2], known))


def _near(name: str, known: Iterable[str]) -> str:
    """Say which names are known, the nearest first."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"one of {', '.join(names)}" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _shown(path: str, value: Mapping[str, Any]) -> Iterator[ShownSetting]:
    for key, inner in value.items():
        at = f"{path}.{key}".lstrip(".")
        if not isinstance(inner, Mapping):
            yield ShownSetting(at, str(inner), "", "")
        elif "reason" in inner:
            yield ShownSetting(at, _for_people(inner), str(inner.get("unit", "")), inner["reason"])
        else:
            yield from _shown(at, inner)


def _for_people(table: Mapping[str, Any]) -> str:
    if "direction" in table:
        return f"{table['direction']}, {'a contact' if table['contact'] else 'not a contact'}"
    value = table["value"]
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if "at_most" in table:
        return f"{value}, at most {table['at_most']}"
    return f"{value} of {table['of']}" if "of" in table else str(value)
