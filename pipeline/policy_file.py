"""The policy as a file says it: parsed TOML in, `Policy` out, or every problem by its path.

Rule 1. A file has a `name` and a `version`. Any other setting may be left out, and is then as in the policy
        beneath: the dataclasses' defaults, or `policies/default.toml` for a company's own file.
Rule 2. A setting is a table: `value`, its `unit` (but for times and names), and the `reason` that
        somebody will ask for. Points say `of` how many; a channel says `direction`, `contact`, `reason`.
Rule 3. What is not known is refused, never passed over: a typo must not leave the default in force.
Rule 4. `channels`, `contact.gap_by_channel`, `repeat.within_by_topic`, `detractor.by_channel` and `.by_segment` add to
        the names beneath.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

from pipeline.journey.policy import EffortPolicy, PhrasingPolicy, PromisePolicy, ReachPolicy
from pipeline.policy import (
    Channel,
    ContactPolicy,
    DetractorPolicy,
    IntakePolicy,
    Policy,
    PolicyError,
    RepeatPolicy,
    SeverityPolicy,
    TimelinePolicy,
)
from pipeline.policy_settings import BY_NAME, SETTINGS, exact, near, read_setting, table_of, unknown, word
from pipeline.touchpoint import Direction

SOURCES_WITH_A_CHANNEL = ("chat", "phone", "email", "review", "survey")
"""The sources that are a channel themselves; the channels of the source `other` are the policy's."""

_Section = (
    IntakePolicy
    | ContactPolicy
    | RepeatPolicy
    | DetractorPolicy
    | SeverityPolicy
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
        change = word(key, value)
    elif key == "channels":
        change = {**built.channels, **_each("channels", value, _channel, wrong)}
    elif key in SETTINGS:
        change = _section(key, getattr(built, key), value, wrong)
    else:
        raise unknown(key, value, ("name", "version", "channels", *SETTINGS))
    return replace(built, **{key: change})


def _section(name: str, section: _Section, value: object, wrong: list[PolicyError]) -> _Section:
    """Return the section with its settings changed one at a time, so that each is refused on its own."""
    settings, by_name = SETTINGS[name], BY_NAME.get(name, {})
    for key, table in table_of(name, value).items():
        path = f"{name}.{key}"
        change: Any
        try:
            if key in by_name:
                read = _each(path, table, by_name[key], wrong)
                field, change = key, {**getattr(section, key), **read}
            elif key in settings:
                field, kind = settings[key]
                change = read_setting(path, table, kind)
            else:
                wrong.append(unknown(path, table, (*settings, *by_name)))
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
    for name, inner in table_of(path, value).items():
        try:
            found[name] = read(f"{path}.{name}", inner)
        except PolicyError as one:
            wrong.append(one)
    return found


def _channel(path: str, value: object) -> Channel:
    if (name := path.removeprefix("channels.")) in SOURCES_WITH_A_CHANNEL:
        raise PolicyError(path, name, "a name that is not a source's own")
    table = exact(path, value, ("direction", "contact", "reason"))
    if table["direction"] not in get_args(Direction):
        raise PolicyError(f"{path}.direction", table["direction"], " or ".join(get_args(Direction)))
    if not isinstance(table["contact"], bool):
        raise PolicyError(f"{path}.contact", table["contact"], "true or false, without quotes")
    word(f"{path}.reason", table["reason"])
    return Channel(table["direction"], table["contact"])


def _unknown_names(built: Policy, topics: Collection[str] | None) -> Iterator[PolicyError]:
    channels = (*SOURCES_WITH_A_CHANNEL, *built.channels)
    for name in sorted(built.repeat.not_contacts.difference(channels)):
        yield PolicyError("repeat.not_contacts", name, near(name, channels))
    for name in built.contact.gap_by_channel:
        if name not in channels:
            yield PolicyError(f"contact.gap_by_channel.{name}", name, near(name, channels))
    for name in built.detractor.by_channel:
        if name not in channels:
            yield PolicyError(f"detractor.by_channel.{name}", name, near(name, channels))
    for name in built.repeat.within_by_topic:
        if topics is not None and name not in topics:
            yield PolicyError(f"repeat.within_by_topic.{name}", name, near(name, sorted(topics)))


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
