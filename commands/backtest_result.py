"""What a backtest found, as one JSON document: the picture, the page and `--json` all show this. Pure.

Rule 1. The same touchpoints, answers and policies give the same document, byte for byte: no clock, no path, no speed.
Rule 2. Who a customer is, is not shown in full; a contact's words are redacted where the touchpoint came in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from commands.findings import masked
from commands.settled import plain
from pipeline.backtest import CHANGES, QUOTES, Count, Sample, Tally, Window
from pipeline.backtest.tally import counts, summed
from pipeline.policy import Policy
from pipeline.policy_file import ShownSetting

Document = dict[str, Any]
KINDS = {"detractor-alert": "detractor alerts", "repeat-contact": "repeat-contact flags"}
"""The kinds of findings that are always told of, with their names for people; others where there are any."""

AT_INTAKE = ("intake", "channels")
"""Sections of a policy that decide when a touchpoint comes in; what was decided then is not decided again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A policy and where it is from: its settings by their paths, as its file (over the default one) says them."""

    policy: Policy
    settings: Mapping[str, ShownSetting]


def result(tally: Tally, in_force: Judged, draft: Judged, window: Window, read: Mapping[str, object]) -> Document:
    """Return the document. `read` says what the touchpoints were read from."""
    differences = differing(in_force.settings, draft.settings)
    kinds = [*KINDS, *sorted({kind for (kind, _), _ in tally.days} - KINDS.keys())]
    return {
        "in_force": _name(in_force.policy),
        "draft": _name(draft.policy),
        "differences": differences,
        "not_replayed": [each["setting"] for each in differences if str(each["setting"]).startswith(AT_INTAKE)],
        "read": {**read, "distinct": tally.touchpoints, "customers": tally.customers},
        "window": {"since": plain(window.since), "until": plain(window.until)},
        "findings": {kind: _of_kind(kind, tally) for kind in kinds},
    }


def text(document: Document) -> str:
    """Return the document as JSON, on one line."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def differing(in_force: Mapping[str, ShownSetting], draft: Mapping[str, ShownSetting]) -> list[Document]:
    """Return the settings in which two policies differ, in the order of the files; reasons do not count."""
    paths = [path for path in dict.fromkeys((*in_force, *draft)) if path not in ("name", "version")]
    said = ((path, _value(in_force.get(path)), _value(draft.get(path))) for path in paths)
    return [{"setting": path, "in_force": old, "draft": new} for path, old, new in said if old != new]


def _value(setting: ShownSetting | None) -> str | None:
    return None if setting is None else f"{setting.value} {setting.unit}".strip()


def _name(policy: Policy) -> Document:
    return {"name": policy.name, "version": policy.version}


def _of_kind(kind: str, tally: Tally) -> Document:
    days = {day: count for (one, day), count in counts(tally.days).items() if one == kind}
    queues = [((day, queue), count) for (one, day, queue), count in counts(tally.queues).items() if one == kind]
    cells = [(place[1:], count) for place, count in counts(tally.cells).items() if place[0] == kind]
    return {
        "total": asdict(sum(days.values(), Count())),
        "by_day": [{"day": day.isoformat(), **asdict(count)} for day, count in _ordered(days)],
        "by_queue": _ranked("queue", ((queue, count) for (_, queue), count in queues)),
        "by_topic": _ranked("topic", ((topic, count) for (_, _, topic), count in cells)),
        "by_day_queue_topic": [
            {"day": day.isoformat(), "queue": queue or None, "topic": topic or None, **asdict(count)}
            for (day, queue, topic), count in cells
        ],
        "examples": {change: [_example(one) for one in tally.sampled(kind, change)] for change in CHANGES},
    }


def _ordered(days: Mapping[date, Count]) -> list[tuple[date, Count]]:
    return sorted(days.items())


def _ranked(name: str, parts: Iterable[tuple[str, Count]]) -> list[Document]:
    """Return the sums by queue or topic, where most differs first."""
    found = summed(parts).items()
    ranked = sorted(found, key=lambda each: (-(each[1].new + each[1].gone), -each[1].in_force, each[0]))
    return [{name: label or None, **asdict(count)} for label, count in ranked]


def _example(sample: Sample) -> Document:
    body, old, new = sample.body, sample.in_force, sample.draft
    named = body["named_by"]
    who = masked(str(named["type"]), str(named["value"])) if isinstance(named, Mapping) else ""
    return {
        "id": sample.finding_id,
        "customer": who,
        "customer_id": body["customer_id"],
        "contact_id": body.get("contact_id"),
        "occurred_at": plain(body["occurred_at"]),
        "channel": body.get("channel"),
        "queue": body.get("queue"),
        "topics": plain(body.get("topics")),
        "words": body.get("words"),
        "why": {"in_force": None if old is None else old.get("why"), "draft": None if new is None else new.get("why")},
        "compared": {
            "in_force": None if old is None else plain(old.get("compared")),
            "draft": None if new is None else plain(new.get("compared")),
        },
        "differs_in": _differs_in(old, new),
        "evidence": _evidence(body.get("evidence")),
    }


def _differs_in(old: Mapping[str, object] | None, new: Mapping[str, object] | None) -> list[str]:
    if old is None or new is None:
        return []
    return sorted(name for name in {*old, *new} - QUOTES if old.get(name) != new.get(name))


def _evidence(pieces: object) -> list[str]:
    """Return the events that an example rests on, as topic/partition/offset event_id."""
    if not isinstance(pieces, Sequence):
        return []
    return [f"{one['topic']}/{one['partition']}/{one['offset']} {one['event_id']}" for one in pieces]
