"""How an alert, a flag or a signal looks to a person: who, by what channel, why, and the words. Pure.

Rule 1. An identifier is masked unless it is asked for: enough to tell two people apart, not enough to reach one.
Rule 2. What is stale is dim, what was taken back is struck; nothing else changes the order of what is said.
Rule 3. What was shown as another customer's, before it was known that the two are one (or not one), is not new: it is
        shown once more, with who it was; the one that it stands for now is taken back without a word.
Rule 4. A promise is no news until it is broken; one that was kept after all is struck.
Rule 5. Words of customers are text, never markup and never control characters of the terminal.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from rich.text import Text

from commands.settled import Record, plain
from pipeline.findings import ID_FIELDS

DOTS = "\u2022\u2022\u2022"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SHORT = 6
_LOOK = ("channel", "queue", "topics", "why", "words", "same_topic", "basis", "kind", "state")
_SIGNALS = {
    "effort": "EFFORT",
    "cannot_reach_a_person": "UNREACHED",
    "negative_phrasing": "NEGATIVE",
    "promise": "PROMISE",
    "promise_broken": "BROKEN",
    "anger": "ANGER",
}
"""How each kind of journey signal is called, in nine letters at most."""
Kind = Literal["detractor-alerts", "repeat-contacts", "journey-signals"]


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert or a flag as read from its topic. `formerly` names the customer whose it was shown as (Rule 3)."""

    kind: Kind
    record: Record
    formerly: object = None

    @property
    def is_by_identity(self) -> bool:
        """True when this version says so because of a change in who is one customer."""
        return self.record.get("reason") in {"identity_merge", "identity_split"}

    @property
    def was_retracted(self) -> bool:
        """True when this version takes it back."""
        return self.record["status"] == "retracted"

    @property
    def is_promise(self) -> bool:
        """True for a promise that is not broken: open, or kept."""
        return self.record.get("state") in {"open", "kept"}

    def is_stale(self, now: datetime) -> bool:
        """True when it is too late to page anybody for it."""
        before = self.record["deliver_before"]
        return isinstance(before, datetime) and now > before


class News:
    """Tells what a person has not seen yet: a version can be the same again to the eye, or older than one shown.

    Remembers the last `most` alerts and flags.
    """

    def __init__(self, most: int = 10_000) -> None:
        """Start with nothing seen."""
        self._most = most
        self._seen: OrderedDict[object, tuple[int, str]] = OrderedDict()
        self._named: OrderedDict[str, tuple[object, object]] = OrderedDict()

    def of(self, shown: Shown) -> Shown | None:
        """Return it as it is to be shown, if it says something new of its alert or flag; remember it."""
        name = next((shown.record[own] for own in ID_FIELDS.values() if own in shown.record), None)
        if shown.is_promise and name not in self._seen:
            return None
        known, cause = name in self._seen, _cause(shown)
        is_news = self._is_in(shown, name)
        other, named_by = self._named.get(cause, (name, None))
        is_renamed = shown.is_by_identity and other != name
        if not shown.was_retracted:
            self._remember(self._named, cause, (name, shown.record["named_by"]))
        if not is_news or (is_renamed and shown.was_retracted):
            return None
        return replace(shown, formerly=named_by) if is_renamed and not known else shown

    def _remember(self, where: OrderedDict[Any, Any], key: object, value: object) -> None:
        where[key] = value
        where.move_to_end(key)
        if len(where) > self._most:
            where.popitem(last=False)

    def _is_in(self, shown: Shown, name: object) -> bool:
        record = shown.record
        version = record["version"]
        look = repr([shown.was_retracted, *(plain(record.get(field)) for field in _LOOK)])
        assert isinstance(version, int)  # noqa: S101 -- the schema says so
        before = self._seen.get(name)
        if before is not None and version < before[0]:
            return False
        self._remember(self._seen, name, (version, look))
        return before is None or before[1] != look


def _cause(shown: Shown) -> str:
    """Return what it stands on, whoever it is of: the answer, the words, or the contact that came back."""
    evidence = shown.record.get("evidence")
    told = evidence if isinstance(evidence, list) and evidence else [{}]
    last = told[0] if shown.record.get("basis") == "inferred" else told[-1]
    return repr([shown.kind, shown.record.get("basis"), last.get("source"), last.get("event_id")])


def who(named_by: object, *, show: bool) -> str:
    """Return the identifier that names a customer, masked unless it is to be shown."""
    assert isinstance(named_by, Mapping)  # noqa: S101 -- the schema says so
    value = str(named_by["value"])
    return safe(value) if show else safe(masked(str(named_by["type"]), value))


def masked(kind: str, value: str) -> str:
    """Return an identifier that can be told from others, and not be used."""
    if kind == "email":
        name, at, domain = value.rpartition("@")
        return f"{name[:1]}{DOTS}{at}{domain}"
    if kind == "handle":
        site, colon, name = value.rpartition(":")
        return f"{site}{colon}{name[:1]}{DOTS}"
    if len(value) <= _SHORT:
        return f"{value[:1]}{DOTS}"
    return f"{value[:3]}{DOTS}{value[-2:]}"


def safe(text: str) -> str:
    """Return the text on one line, without what a terminal would obey."""
    return _CONTROL.sub(" ", text).strip()


def lines(shown: Shown, now: datetime, *, show_identifiers: bool = False) -> Text:
    """Return the two or three lines that tell a person of it."""
    record = shown.record
    alert = shown.kind == "detractor-alerts"
    text = Text()
    text.append(f"{_clock(record['occurred_at'], now)}  ", style="dim")
    signal = _SIGNALS.get(str(record.get("kind")))
    label, style = (
        ("DETRACTOR", "bold red") if alert else (signal or "REPEAT", "bold magenta" if signal else "bold yellow")
    )
    text.append(f"{label:<9} ", style=style)
    text.append(f"{who(record['named_by'], show=show_identifiers)}", style="bold")
    if not signal:
        text.append(f"  {_kind_of(record) if alert else _topic_of(record)}", style="cyan")
    text.append(f"  {record['channel']}{_queue(record)}", style="magenta")
    if labels := record["topics"]:
        text.append(f"  {', '.join(map(str, labels)) if isinstance(labels, list) else labels}", style="green")
    if record["status"] == "updated":
        text.append("  updated", style="italic")
    if shown.formerly is not None:
        text.append(f"  known before as {who(shown.formerly, show=show_identifiers)}", style="italic")
    text.append(f"\n       {safe(str(record['why']))}")
    if record["words"]:
        text.append(f"\n       \u201c{safe(str(record['words']))}\u201d", style="italic")
    if shown.was_retracted or shown.is_promise:
        text.stylize("strike dim")
    elif shown.is_stale(now):
        text.stylize("dim")
    return text


def as_json(shown: Shown, *, stale: bool, show_identifiers: bool) -> dict[str, object]:
    """Return it as a JSON object: the record, its kind, and whether it is stale; a signal's own kind is `signal`."""
    document = plain(shown.record)
    assert isinstance(document, dict)  # noqa: S101 -- plain keeps what is a mapping one
    if not show_identifiers:
        named = document["named_by"]
        document["named_by"] = {"type": named["type"], "value": masked(named["type"], named["value"])}
    if shown.kind == "journey-signals":
        document["signal"] = document["kind"]
    return {"stale": stale, **document, "kind": shown.kind.removesuffix("s")}


def _kind_of(record: Record) -> str:
    score = record["score"]
    if isinstance(score, Mapping):
        return f"{str(score['metric']).upper()} {score['value']:g} of {score['scale_max']:g}"
    return "inferred from the words"


def _topic_of(record: Record) -> str:
    return "same topic" if record["same_topic"] else "any topic"


def _queue(record: Record) -> str:
    return f"/{safe(str(record['queue']))}" if record["queue"] else ""


def _clock(when: object, now: datetime) -> str:
    if not isinstance(when, datetime):
        return str(when)
    local = when.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%d %b %H:%M}"
