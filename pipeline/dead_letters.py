"""A refused event as a dead letter: what was wrong, where it stands, and its bytes as they came.

Rule 1. The id is derived from where the raw event stands, so that a repeat has the same id.
Rule 2. Nothing is cut: a dead letter may be larger (10 MiB) than a raw event (8 MiB).
Rule 3. A record that is sent again says so in its headers: the letter it was, and how often it was tried before. A
        header that makes no sense counts nothing: anybody can write one.
Rule 4. That a letter was sent again is said by a second record of it, without its bytes. A reader who finds both knows;
        kept as long as the letter and written after it, it outlives the letter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.ids import derived
from pipeline.record import RawRecord
from pipeline.refusal import Rejected

LETTER = "tellonce-dead-letter"
"""The header of a record that is sent again: the id of the dead letter that it was."""
ATTEMPTS = "tellonce-attempts"
"""The header of a record that is sent again: how often it was tried before, in digits."""

_MOST_DIGITS = 6


def dead_letter(rejected: Rejected, record: RawRecord, by: str, attempts: int = 1) -> dict[str, Any]:
    """Return the dead letter. `by` is program and version; `attempts` is how often it was tried where it stands now."""
    origin = record.origin
    return {
        "dead_letter_id": derived("dead", origin.topic, str(origin.partition), str(origin.offset)),
        "stage": rejected.stage.value,
        "reason": rejected.reason.value,
        "field": rejected.field,
        "expected": rejected.expected,
        "source": record.source,
        "event_id": rejected.event_id,
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
        "received_at": record.received_at,
        "key": record.key,
        "value": record.value,
        "headers": [{"key": key, "value": value} for key, value in record.headers],
        "by": by,
        "attempts": tried_before(record.headers) + attempts,
    }


def sent_again(letter: Mapping[str, Any]) -> tuple[tuple[str, bytes | None], ...]:
    """Return the headers with which a letter's raw event is sent again: its own, and Rule 3's."""
    own = [(each["key"], each["value"]) for each in letter["headers"] if each["key"] not in {LETTER, ATTEMPTS}]
    return *own, (LETTER, letter["dead_letter_id"].encode()), (ATTEMPTS, str(letter["attempts"]).encode())


def replayed(letter: Mapping[str, Any], at: datetime, by: str) -> dict[str, Any]:
    """Return the second record of a letter: sent again, when and by whom (Rule 4)."""
    return {**letter, "key": None, "value": None, "headers": [], "replayed_at": at, "replayed_by": by}


def tried_before(headers: tuple[tuple[str, bytes | None], ...]) -> int:
    """Return how often a record was tried where it stood before (Rule 3)."""
    for name, value in headers:
        if name == ATTEMPTS and value is not None and value.isdigit() and len(value) <= _MOST_DIGITS:
            return int(value)
    return 0
