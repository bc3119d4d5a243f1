"""Reads the fields of one raw event, and says what is wrong with the first one that cannot be believed.

Rule 1. A field is read as one thing, or the event is `Refused` with the field's path and what was expected
        there; the value found is never repeated, for it may be personal data.
Rule 2. Avro and JSON are read alike: the same event in either gives the same values. So times are cut to
        the millisecond that Avro keeps, and an empty text is an absent one, as null is.
Rule 3. Text loses its control characters except new line and tab. They carry no words, and a NUL or an
        escape sequence would end a string in somebody's database or repaint a supervisor's terminal.
Rule 4. Fields that the contract does not know are not looked at.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

from pipeline.policy import Channel, IntakePolicy
from pipeline.refusal import Reason, Refused, Stage

LONGEST_NAME = 512
"""Characters of an id, a name or an address. RFC 5321 allows 254 for an address; twice that is nobody's."""
MOST_TEXTS = 1_000
"""Entries of a list of short texts (references, agents, tags): a longer one is an accident in the source."""
LARGEST_WHOLE = 2**31 - 1
"""Avro's int."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LARGEST_ID = 10**50  # a larger number is no id; and Python refuses to write one of over 4,300 digits
_NAME = f"a text (or a whole number, for an id) of 1 to {LONGEST_NAME} characters"
_FLAG = "a number, not true or false"

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source needs to know besides the event: its receipt (aware UTC), and what is believed."""

    received_at: datetime
    policy: IntakePolicy
    channels: Mapping[str, Channel]
    default_region: str


class Fields:
    """The fields of one record of a raw event. Readers take the field's name and raise only `Refused`."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        """Take the record's values, and its path inside the event (empty for the event itself)."""
        self._values, self._path = values, path

    def path(self, field: str) -> str:
        """Return the field's path from the event down: `customer.email`, `transcript[3].text`."""
        return f"{self._path}.{field}" if self._path else field

    def refuse(self, reason: Reason, field: str, expected: str) -> NoReturn:
        """Refuse the event because of this field."""
        raise Refused(Stage.NORMALISE, reason, self.path(field), expected)

    def absent(self, field: str) -> bool:
        """Return whether the field is missing, null, or a text without anything in it."""
        value = self._values.get(field)
        return value is None or (isinstance(value, str) and not _CONTROL.sub("", value).strip())

    def optional(
        self,
        read: Callable[Concatenate[str, P], T],
        field: str,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T | None:
        """Read a field that may be absent: then None. A field that is there must be right."""
        return None if self.absent(field) else read(field, *args, **kwargs)

    def name(self, field: str) -> str:
        """Read an id, a name or an address: one line, trimmed, of at most `LONGEST_NAME` characters.

        A whole number is the text of its digits: many systems number their calls, and write them without quotes.
        """
        return self._name(self._present(field, _NAME), field)

    def text(self, field: str, reading: Reading) -> str:
        """Read words: at most the policy's longest text; every kind of line end becomes a new line."""
        limit = reading.policy.longest_text
        expected = f"a text of at most {limit} characters"
        text = self._string(self._present(field, expected), field, expected)
        if len(text) > limit:
            self.refuse(Reason.TEXT_TOO_LONG, field, expected)
        return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def choice(self, field: str, choices: Sequence[str]) -> str:
        """Read one of a few words, whatever its case."""
        expected = "one of: " + ", ".join(choices)
        word = self._string(self._present(field, expected), field, expected)
        if len(word) > LONGEST_NAME or word.strip().lower() not in choices:
            self.refuse(Reason.UNKNOWN_VALUE, field, expected)
        return word.strip().lower()

    def number(self, field: str, least: float | None = None) -> float:
        """Read a finite number, at least `least`. True and false are not numbers."""
        expected = "a finite number" if least is None else f"a finite number, {least:g} or more"
        value = self._present(field, expected)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(Reason.WRONG_TYPE, field, _FLAG if isinstance(value, bool) else expected)
        try:
            number = float(value)
        except OverflowError:
            self.refuse(Reason.NOT_FINITE, field, expected)
        if not math.isfinite(number):
            self.refuse(Reason.NOT_FINITE, field, expected)
        if least is not None and number < least:
            self.refuse(Reason.OUT_OF_SCALE, field, expected)
        return number + 0.0  # minus zero is zero, and is written as zero

    def whole(self, field: str, least: int = 0) -> int:
        """Read a whole number from `least` to Avro's largest int. 2.0 is whole, as spreadsheets write it."""
        expected = f"a whole number from {least} to {LARGEST_WHOLE}"
        number = self.number(field)
        if number != math.floor(number):
            self.refuse(Reason.WRONG_TYPE, field, expected)
        if not least <= number <= LARGEST_WHOLE:
            self.refuse(Reason.OUT_OF_SCALE, field, expected)
        return int(number)

    def moment(self, field: str, reading: Reading) -> datetime:
        """Read a time as aware UTC, cut to the millisecond.

        Believed are times from the policy's `earliest` to the receipt plus the clock's skew, both included.
        """
        earliest, latest = reading.policy.earliest, reading.received_at + reading.policy.clock_skew
        since = f"epoch milliseconds or ISO 8601 with an offset, at or after {earliest:%Y-%m-%d}"
        value = self._present(field, since)
        try:
            moment = self._moment(value, field, since)
        except OverflowError:  # beyond the years 1 to 9999: the sign, or the year, tells which end
            ahead = value > 0 if isinstance(value, int | float) else not str(value).startswith("0")
            moment = datetime.max.replace(tzinfo=UTC) if ahead else datetime.min.replace(tzinfo=UTC)
        if moment < earliest:
            self.refuse(Reason.TOO_OLD, field, since)
        if moment > latest:
            hours = reading.policy.clock_skew / timedelta(hours=1)
            self.refuse(Reason.IN_THE_FUTURE, field, f"a time at most {hours:g} hours after the event was received")
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def names(self, field: str) -> tuple[str, ...]:
        """Read a list of ids or names; absent is an empty one, and empty entries are left out."""
        return tuple(name for at, value in self._list(field) if (name := self._listed_name(value, at)))

    def record(self, field: str) -> "Fields":
        """Read a record inside the event; an absent one is a record whose fields are all absent."""
        value = self._values.get(field)
        if value is None:
            return Fields({}, self.path(field))
        if not isinstance(value, Mapping):
            self.refuse(Reason.WRONG_TYPE, field, "an object")
        return Fields(value, self.path(field))

    def records(self, field: str) -> Iterator["Fields"]:
        """Read a list of records; absent is an empty one."""
        for at, value in self._list(field, most=None):
            if not isinstance(value, Mapping):
                self.refuse(Reason.WRONG_TYPE, at, "an object")
            yield Fields(value, self.path(at))

    def is_text(self, field: str) -> bool:
        """Return whether the field holds a text, where the contract lets a list be written as one."""
        return isinstance(self._values.get(field), str)

    def _present(self, field: str, expected: str) -> object:
        if self.absent(field):
            self.refuse(Reason.MISSING_FIELD, field, expected)
        return self._values[field]

    def _string(self, value: object, field: str, expected: str) -> str:
        if not isinstance(value, str):
            self.refuse(Reason.WRONG_TYPE, field, expected)
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON can escape half of a surrogate pair; no encoder downstream takes it
            self.refuse(Reason.INVALID_UTF8, field, "text that can be written as UTF-8 (no half surrogate pairs)")
        return value

    def _name(self, value: object, field: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_ID:
            return str(value)
        name = " ".join(_CONTROL.sub("", self._string(value, field, _NAME)).split())
        if len(name) > LONGEST_NAME:
            self.refuse(Reason.TEXT_TOO_LONG, field, _NAME)
        return name

    def _listed_name(self, value: object, at: str) -> str:
        return "" if value is None else self._name(value, at)

    def _list(self, field: str, most: int | None = MOST_TEXTS) -> Iterator[tuple[str, object]]:
        value = self._values.get(field)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.refuse(Reason.WRONG_TYPE, field, "a list")
        if most is not None and len(value) > most:
            self.refuse(Reason.TOO_LARGE, field, f"a list of at most {most} entries")
        for index, entry in enumerate(value):
            yield f"{field}[{index}]", entry

    def _moment(self, value: object, field: str, expected: str) -> datetime:
        if isinstance(value, bool) or not isinstance(value, datetime | str | int | float):
            self.refuse(Reason.WRONG_TYPE, field, expected)
        if isinstance(value, int | float):
            if isinstance(value, float) and not math.isfinite(value):
                self.refuse(Reason.NOT_FINITE, field, expected)
            return _EPOCH + timedelta(milliseconds=math.floor(value))
        moment = value if isinstance(value, datetime) else self._iso(value, field, expected)
        if moment.utcoffset() is None:
            self.refuse(Reason.NAIVE_TIME, field, "a time with an offset from UTC, as 2026-03-01T09:30:00Z has")
        return moment.astimezone(UTC)

    def _iso(self, value: str, field: str, expected: str) -> datetime:
        try:
            return datetime.fromisoformat(self._string(value, field, expected).strip())
        except ValueError:
            self.refuse(Reason.UNREADABLE_TIME, field, expected)
