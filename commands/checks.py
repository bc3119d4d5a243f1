"""What the doctor looks at, judged: each check takes what was found and says how that is, and what to do. Pure.

Rule 1. A finding is `ok`, `warn` (works, or will not for long) or `wrong` (does not work). What is not ok says what to
        do.
Rule 2. Limits are here, by name, with where they come from.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agents.amounts import say_duration
from agents.topics import Difference, Kind

LAG = 10_000
"""Records that may wait at a stage without a word: seconds of a worker's work."""

SKEW = timedelta(seconds=2)
"""How far two clocks may differ without a word; alerts are measured in minutes."""

DISK_WARN, DISK_WRONG = 2 << 30, 256 << 20
"""Bytes of free space: a worker's stores grow by write buffers of 16 MiB, a partition and table."""


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: what was looked at, how it is, what was found, and (where it is not ok) what to do."""

    check: str
    level: Level
    found: str
    todo: str = ""


def topics(differences: Iterable[Difference], number: int) -> Iterator[Finding]:
    """Judge in what the topics differ from the list. A worker does not start on what is wrong here."""
    said = False
    for each in differences:
        said = True
        if each.kind is Kind.PARTITIONS:
            todo = "set TELLONCE_PARTITIONS to what is there, or use fresh topics with another TELLONCE_PREFIX"
        else:
            todo = "run `tellonce topics apply`"
        blocks = each.kind is not Kind.CONFIG or each.setting == "cleanup.policy"
        yield Finding("topics", Level.WRONG if blocks else Level.WARN, str(each), todo)
    if not said:
        yield Finding("topics", Level.OK, f"all {number} topics are as listed")


def schemas(wrong: Mapping[str, str], looked: int) -> Iterator[Finding]:
    """Judge the newest records: `wrong` says by topic why one cannot be read."""
    for topic, why in sorted(wrong.items()):
        todo = "see who writes there: another version of Tellonce, another registry's ids, or another program"
        yield Finding("schemas", Level.WARN, f"the newest record of {topic} cannot be read: {why}", todo)
    if not wrong:
        yield Finding("schemas", Level.OK, f"the newest records of {looked} partitions can be read")


def group(name: str, state: str, members: Iterable[str]) -> Finding:
    """Judge the workers' consumer group by Kafka's word for its state and its members' addresses."""
    workers = list(members)
    if state in {"Dead", "Empty", ""} or not workers:
        return Finding("group", Level.WARN, f"no worker runs in group {name}", "run `tellonce worker`")
    what = f"group {name} is {state.lower()}: {len(workers)} worker{'s' * (len(workers) > 1)}"
    what += f" at {', '.join(sorted(set(workers)))}"
    if state == "Stable":
        return Finding("group", Level.OK, what)
    return Finding("group", Level.WARN, what, "ask again in a minute; if it stays, look at the workers' logs")


def lag(stage: str, waiting: int, where: Mapping[str, int]) -> Finding:
    """Judge how many records wait to be taken by a stage; `where` says how many in which topic."""
    if not waiting:
        return Finding("lag", Level.OK, f"{stage}: nothing waits")
    most = max(where, key=lambda topic: (where[topic], topic))
    what = f"{stage}: {waiting} records wait, {where[most]} of them in {most}"
    if waiting <= LAG:
        return Finding("lag", Level.OK, what)
    return Finding("lag", Level.WARN, what, "wait if it falls; else run more workers (at most one a partition)")


def clock(newest: datetime | None, now: datetime) -> Finding:
    """Judge this machine's clock by the newest time that the broker stamped: that cannot be in our future."""
    if newest is None:
        return Finding("clock", Level.OK, "nothing to compare with: the broker has stamped no raw event yet")
    ahead = newest - now
    if ahead > SKEW:
        what = f"the broker's clock is ahead of this machine's by at least {_seconds(ahead)}"
        return Finding("clock", Level.WRONG, what, "set the clocks of both by NTP: times out of order cost events")
    return Finding("clock", Level.OK, f"the broker's newest stamp is {_seconds(-ahead)} old, not in the future")


def disk(folder: str, free: int) -> Finding:
    """Judge the free space of the state folder, in bytes."""
    what = f"{free / (1 << 30):.1f} GiB are free for {folder}"
    todo = "make room, or set TELLONCE_STATE_DIR to a larger disk: a full one ends the workers"
    if free < DISK_WRONG:
        return Finding("disk", Level.WRONG, what, todo)
    return Finding("disk", Level.WARN, what, todo) if free < DISK_WARN else Finding("disk", Level.OK, what)


def metrics(host: str) -> Finding:
    """Judge where a worker serves its metrics: there is no login."""
    what = f"workers serve /metrics at {host}"
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if loopback:
        return Finding("metrics", Level.OK, f"{what}: this machine only")
    todo = "set TELLONCE_METRICS_HOST=127.0.0.1, or let only your Prometheus reach the port"
    return Finding("metrics", Level.WARN, f"{what}, without a login", todo)


def _seconds(span: timedelta) -> str:
    return say_duration(timedelta(seconds=round(span.total_seconds())))
