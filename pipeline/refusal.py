"""What is wrong with an event, as a value.

Rule 1. A bad event is a `Rejected`, never an exception out of the core.
Rule 2. A `Rejected` says what was expected, never the value found: that may be personal data.
Rule 3. `Refused` carries a `Rejected` out of nested reading code; only `pipeline.flow` catches it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where an event failed."""

    DECODE = "decode"
    NORMALISE = "normalise"
    IDENTIFY = "identify"
    PUBLISH = "publish"
    WORK = "work"


class Reason(StrEnum):
    """What was wrong. `docs/dead-letters.md` says for each what to do; a test holds the two together."""

    EMPTY = "empty"
    UNKNOWN_FORMAT = "unknown_format"
    UNKNOWN_SCHEMA_ID = "unknown_schema_id"
    WRONG_SCHEMA = "wrong_schema"
    MALFORMED_AVRO = "malformed_avro"
    TRAILING_BYTES = "trailing_bytes"
    INVALID_UTF8 = "invalid_utf8"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_CHANNEL = "unknown_channel"
    TEXT_TOO_LONG = "text_too_long"
    UNREADABLE_TIME = "unreadable_time"
    NAIVE_TIME = "naive_time"
    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"
    TIMES_OUT_OF_ORDER = "times_out_of_order"
    NOT_FINITE = "not_finite"
    OUT_OF_SCALE = "out_of_scale"
    NO_IDENTIFIER = "no_identifier"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why an event was refused: the stage, the reason, the field's path, and what was expected there."""

    stage: Stage
    reason: Reason
    field: str | None
    expected: str
    event_id: str | None = None


class Refused(Exception):
    """Carries a `Rejected` from where it is found to the one place that turns it into a value."""

    def __init__(self, stage: Stage, reason: Reason, field: str | None, expected: str) -> None:
        """Take the parts of the `Rejected`; `event_id` is added where it is known."""
        super().__init__(f"{stage}: {reason} at {field}: expected {expected}")
        self.rejected = Rejected(stage, reason, field, expected)
