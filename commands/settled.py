"""The reader's rule: what stands once everything that was published has been heard. Pure.

Rule 1. Of an alert, a flag, a signal or a timeline the highest version counts; one that was retracted does not stand,
        and neither does the timeline of a customer who turned out to be another.
Rule 2. Touchpoints are named anew, by whose they are in the end (`commands.whose`). Then, of an event told more than
        once, the latest time counts, then the greatest contents, then where it was first; a dead letter is where its
        raw event stands.
Rule 3. What stands does not say how it came about: no `reason`, and `status` is "raised". When it was heard, and by
        what name the topics went, is left out too: the same events give the same outcome, whenever they are run.
Rule 4. A version counts resolutions of identity too, in front, and how many a customer heard of depends on who was
        resolved first. So of an alert, a flag or a signal only what is behind that is shown: how many touchpoints there
        are at or before the newest of its contact, and the retellings. Of a timeline, how many were heard.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from commands.whose import answers_of, merged, named
from pipeline.advance import EPOCH
from pipeline.ids import derived

Record = dict[str, object]
NAMES = ("touchpoints", "timelines", "detractor-alerts", "repeat-contacts", "journey-signals", "dead-letters")
"""The topics that hold an outcome; the files of an outcome are called after them."""
HEARD = (*NAMES, "directory")
"""What has to be heard for them to be settled."""


@dataclass(frozen=True, slots=True)
class Heard:
    """All records of the topics in `HEARD`, as they were read; `prefix` is what the topics' names began with."""

    prefix: str
    records: Mapping[str, list[Record]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What stands, by topic, in order of time and id.

    `admitted` is how many raw events became touchpoints, `merged` how many customers turned out to be another.
    """

    standing: Mapping[str, list[Record]]
    admitted: int
    customers_named: int
    merged: int


def settle(heard: Heard, prefix: str) -> Outcome:
    """Return what stands of what was heard; topics are named as if they began with `prefix`."""
    told = {name: [_renamed(record, heard.prefix, prefix) for record in heard.records[name]] for name in NAMES}
    answers = answers_of(heard.records["directory"])
    touchpoints = [named(record, answers) for record in told["touchpoints"]]
    standing = {
        "touchpoints": _touchpoints(touchpoints),
        "timelines": _timelines(told["timelines"], touchpoints),
        "detractor-alerts": _findings(told["detractor-alerts"], "alert_id"),
        "repeat-contacts": _findings(told["repeat-contacts"], "flag_id"),
        "journey-signals": _findings(told["journey-signals"], "signal_id"),
        "dead-letters": _dead_letters(told["dead-letters"]),
    }
    origins = {_origin(record["origin"]) for record in told["touchpoints"]}
    customers = {record["customer_id"] for record in standing["touchpoints"]}
    return Outcome(standing, len(origins), len(customers), merged(told["touchpoints"], answers))


def plain(value: object) -> object:
    """Return a value as JSON has it: times as ISO 8601 in UTC, bytes as text where they are UTF-8, else as base64."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return _text(value)[0]
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _findings(records: Iterable[Record], id_field: str) -> list[Record]:
    standing = [record for record in _highest(records, id_field) if record["status"] != "retracted"]
    bare = [{name: value for name, value in record.items() if name != "reason"} for record in standing]
    counted = ({**record, "status": "raised", "version": _version(record) % EPOCH} for record in bare)
    return sorted(counted, key=_by("occurred_at", id_field))


def _timelines(records: Iterable[Record], touchpoints: Iterable[Record]) -> list[Record]:
    tellings = {
        (each["customer_id"], repr(sorted((name, said) for name, said in each.items() if name not in _NOT_TOLD)))
        for each in touchpoints
    }
    heard = Counter(customer for customer, *_ in tellings)
    current = (record for record in _highest(records, "customer_id") if record["status"] == "current")
    versioned = ({**record, "version": heard[record["customer_id"]]} for record in current)
    return sorted(versioned, key=_by("first_at", "customer_id"))


_NOT_TOLD = frozenset({"origin", "named_by", "epoch", "text", "link"})
"""In what tellings of one event may differ and be one: `pipeline.stitch`, Rule 4, and what the state leaves out."""


def _highest(records: Iterable[Record], id_field: str) -> list[Record]:
    best: dict[object, Record] = {}
    for record in records:
        other = best.setdefault(record[id_field], record)
        # The later of two of one version: it is the same one, published again.
        if _version(record) >= _version(other):
            best[record[id_field]] = record
    return list(best.values())


def _version(record: Record) -> int:
    version = record["version"]
    assert isinstance(version, int)  # noqa: S101 -- the schema says so; says it to the type checker
    return version


def _touchpoints(records: Iterable[Record]) -> list[Record]:
    best: dict[object, Record] = {}
    for record in records:
        key = (record["source"], record["event_id"], record["customer_id"])
        other = best.setdefault(key, record)
        if other is not record:
            best[key] = _counts(record, other)
    return sorted(best.values(), key=_by("occurred_at", "source", "event_id", "customer_id"))


def _counts(one: Record, other: Record) -> Record:
    first, second = (
        (plain(record["occurred_at"]), repr(sorted((k, v) for k, v in record.items() if k != "origin")))
        for record in (one, other)
    )
    if first != second:
        return one if str(first) > str(second) else other
    return one if _origin(one["origin"]) < _origin(other["origin"]) else other


def _dead_letters(records: Iterable[Record]) -> list[Record]:
    best = {_origin(record): record for record in records}
    return [_letter(best[place]) for place in sorted(best)]


def _letter(record: Record) -> Record:
    place = _origin(record)
    value, value_as = _text(record["value"])
    key, _ = _text(record["key"])
    kept = {name: value for name, value in record.items() if name not in {"received_at", "value", "key"}}
    # The id is derived from where the event stands, so it follows the topic's name.
    letter_id = derived("dead", *(str(part) for part in place))
    return kept | {"dead_letter_id": letter_id, "key": key, "value": value, "value_as": value_as}


def _text(value: object) -> tuple[str | None, str]:
    if not isinstance(value, bytes):
        return None, "nothing"
    try:
        return value.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(value).decode(), "base64"


def _origin(record: object) -> tuple[str, int, int]:
    assert isinstance(record, Mapping)  # noqa: S101 -- the schema says so; says it to the type checker
    return str(record["topic"]), int(record["partition"]), int(record["offset"])


def _renamed(record: Record, old: str, new: str) -> Record:
    """Return the record with every `topic` that begins with the old prefix begin with the new one."""
    return {name: _renamed_value(name, value, old, new) for name, value in record.items()}


def _renamed_value(name: str, value: object, old: str, new: str) -> object:
    if name == "topic" and isinstance(value, str) and value.startswith(old):
        return new + value.removeprefix(old)
    if isinstance(value, Mapping):
        return {str(inner): _renamed_value(str(inner), each, old, new) for inner, each in value.items()}
    if isinstance(value, list):
        return [_renamed_value("", each, old, new) if isinstance(each, Mapping) else each for each in value]
    return value


def _by(*names: str) -> "_Sorting":
    return _Sorting(names)


@dataclass(frozen=True, slots=True)
class _Sorting:
    """Sorts records by these fields."""

    names: tuple[str, ...]

    def __call__(self, record: Record) -> tuple[str, ...]:
        """Return the record's place; times sort as their ISO text."""
        return tuple(str(plain(record[name])) for name in self.names)
