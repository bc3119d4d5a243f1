"""A refused event as a dead letter: what was wrong, where it stands, and its bytes as they came.

Rule 1. The id is derived from where the raw event stands, so that a repeat has the same id.
Rule 2. Nothing is cut: a dead letter may be larger (10 MiB) than a raw event (8 MiB).
"""

from typing import Any

from pipeline.ids import derived
from pipeline.record import RawRecord
from pipeline.refusal import Rejected


def dead_letter(rejected: Rejected, record: RawRecord, by: str, attempts: int = 1) -> dict[str, Any]:
    """Return the dead letter. `by` is program and version; `attempts` counts this one."""
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
        "attempts": attempts,
    }
