"""What a contact's calls cost: waiting, hold, transfers, calls given up.

Rule 1. A call is told whole (kind `call`) or in parts as it happens; where it is told both ways, the whole counts.
Rule 2. In parts, waiting runs from `queued` to the next `answered` or `ended`.
Rule 3. A transfer is told as a number, or by a new call that names the one before: the greater of the two counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.touchpoint import Entry

WAITS_UNTIL = frozenset({"answered", "ended"})


@dataclass(frozen=True, slots=True)
class Calls:
    """The cost of a contact's calls: seconds, and how often. Transfers in chats count too."""

    wait_seconds: float
    hold_seconds: float
    transfers: int
    abandoned: int


def call_of(entry: Entry) -> str | None:
    """Return the name of the call that an entry is, or is a part of; None where it is of no call."""
    return entry.keys[0] if entry.source == "phone" and entry.keys else None


def is_abandoned(entry: Entry) -> bool:
    """Say whether an entry tells that a call was given up before anybody answered."""
    return entry.source == "phone" and entry.handling is not None and entry.handling.outcome == "abandoned"


def calls(entries: Sequence[Entry]) -> Calls:
    """Return what the calls among a contact's touchpoints cost; `entries` are in timeline order."""
    by_call: dict[str, list[Entry]] = {}
    wait = hold = 0.0
    transfers = 0
    for entry in entries:
        name = call_of(entry)
        if name is not None:
            by_call.setdefault(name, []).append(entry)
        elif entry.handling is not None:
            wait += entry.handling.wait_seconds or 0
            hold += entry.handling.hold_seconds or 0
            transfers += entry.handling.transfers
    passed_on = 0
    for parts in by_call.values():
        told = [e for e in parts if e.kind == "call"] or parts
        handled = [e.handling for e in told if e.handling is not None]
        wait += sum(each.wait_seconds or 0 for each in handled)
        wait += _waited(told)
        hold += sum(each.hold_seconds or 0 for each in handled)
        passed_on += sum(each.transfers for each in handled)
    given_up = {call_of(entry) for entry in entries if is_abandoned(entry)}
    return Calls(wait, hold, transfers + max(passed_on, len(by_call) - 1), len(given_up))


def _waited(parts: Sequence[Entry]) -> float:
    seconds, since = 0.0, None
    for part in parts:
        if part.kind == "queued":
            since = since or part.occurred_at
        elif part.kind in WAITS_UNTIL and since is not None:
            seconds += (part.occurred_at - since).total_seconds()
            since = None
    return seconds
