"""What hotspots there are, as one JSON document and as the topic's records. Pure.

Rule 1. The same touchpoints, answers and policy give the same document and the same records, byte for byte.
Rule 2. Nobody's id, name or words are in it: only counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from commands.settled import plain
from pipeline.hotspots import Evidence, Heard, Hotspot, Trend, Weighed, hotspots
from pipeline.hotspots.record import hotspot_record
from pipeline.policy import Policy

Document = dict[str, Any]

USUAL, ELITE = 2, 22
"""Forrester's US Customer Experience Index 2018: good emotional experiences for each bad one, of the lowest 5 % of
brands and of the best 5 %. By a survey's answers, so they are a direction here, not a limit."""

MOST_PATHS = 20
MOST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was weighed, and the hotspots that follow from it."""

    weight: Weighed
    heard: Heard | None
    spots: tuple[Hotspot, ...]


def found(weight: Weighed, policy: Policy, since: datetime | None = None, until: datetime | None = None) -> Found:
    """Return the hotspots of what was weighed; `since` and `until` bound the weeks that count as heard."""
    if weight.first is None or weight.last is None:
        return Found(weight, None, ())
    heard = Heard(
        first=weight.first if since is None else max(since, weight.first),
        last=weight.last if until is None else min(until, weight.last),
        # What was heard before `since` is run-up too.
        run_up=max(timedelta(0), policy.repeat.within - (max(since or weight.first, weight.first) - weight.first)),
    )
    return Found(weight, heard, hotspots(weight.cells, heard))


def result(all_of_it: Found, policy: Policy, read: Mapping[str, object]) -> Document:
    """Return the document. `read` says what the touchpoints were read from."""
    weight, heard = all_of_it.weight, all_of_it.heard
    return {
        "policy": {"name": policy.name, "version": policy.version},
        "read": {**read, "distinct": weight.touchpoints, "customers": weight.customers},
        "heard": {"first": plain(heard and heard.first), "last": plain(heard and heard.last)},
        "weeks": [_week(week, all_of_it) for week in sorted({spot.cell.week for spot in all_of_it.spots})],
        "changed": [_changed(spot, trend) for spot, trend in _changes(all_of_it.spots)],
        "cells": [hotspot_record(spot, policy) for spot in all_of_it.spots],
        "next_topics": _next_topics(weight),
        "journeys": {"total": weight.journeys, "ending_in_a_detractor": _paths(weight)},
    }


def to_publish(all_of_it: Found, *, whole: bool) -> tuple[Hotspot, ...]:
    """Return the hotspots whose numbers are not less than what an earlier run saw.

    The touchpoints of the first weeks may be gone, by their age, and with them what later contacts repeat. Where
    nothing was deleted yet (`whole`), all of them are told.
    """
    heard = all_of_it.heard
    if heard is None or whole:
        return all_of_it.spots
    return tuple(spot for spot in all_of_it.spots if heard.first + heard.run_up <= _begins(spot.cell.week))


def newest_whole(document: Document) -> str | None:
    """Return the newest week that was heard from end to end, else the newest of all; None where there is none."""
    weeks = [(str(week["week"]), bool(week["whole"])) for week in document["weeks"]]
    wholes = [week for week, whole in weeks if whole]
    return max(wholes or [week for week, _ in weeks], default=None)


def _begins(week: date) -> datetime:
    return datetime.combine(week, time(), UTC)


def _week(week: date, all_of_it: Found) -> Document:
    """Return a week as a whole, each experience once: the cells cannot be summed, since one may stand in several."""
    heard = all_of_it.heard
    told = all_of_it.weight.weeks.get(week, Evidence())
    return {
        "week": week.isoformat(),
        "whole": heard is not None and heard.is_whole(week),
        **{name: getattr(told, name) for name in ("volume", "customers", "repeats", "detractors", "good", "bad")},
        "good_to_bad": told.good_to_bad,
    }


def _changes(spots: Iterable[Hotspot]) -> list[tuple[Hotspot, Trend]]:
    changes = [(spot, trend) for spot in spots for trend in spot.trends if trend.direction != "steady"]
    # The newest week first, then the surest.
    return sorted(changes, key=lambda one: (-one[0].cell.week.toordinal(), one[1].q_value, one[0].cell.key))


def _changed(spot: Hotspot, trend: Trend) -> Document:
    cell = spot.cell
    where = {"week": cell.week.isoformat(), "topic": cell.topic, "channel": cell.channel, "queue": cell.queue}
    return where | asdict(trend)


def _paths(weight: Weighed) -> list[Document]:
    met = sum(path.ended for path in weight.paths.values())
    ended = [(channels, path) for channels, path in weight.paths.items() if path.ended]
    ended.sort(key=lambda each: (-each[1].ended, each[0]))
    return [
        {
            "path": list(channels),
            "journeys": path.ended,
            "share": round(path.ended / met, 6),
            "of_those_that_took_it": round(path.ended / path.taken, 6),
            "taken": path.taken,
        }
        for channels, path in ended[:MOST_PATHS]
    ]


def _next_topics(weight: Weighed) -> list[Document]:
    """Return which topic led to which, the commonest pairs first."""
    pairs = sorted(weight.next_topics.items(), key=lambda one: (-one[1], one[0][0] or "", one[0][1] or ""))
    return [
        {
            "topic": topic,
            "next_topic": other,
            "times": times,
            "led_on": weight.led_on[topic],
            "share": round(times / weight.led_on[topic], 6),
        }
        for (topic, other), times in pairs[:MOST_PAIRS]
    ]
