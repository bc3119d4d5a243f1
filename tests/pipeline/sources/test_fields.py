"""How one field is read, and what is refused of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.policy import IntakePolicy
from pipeline.refusal import Reason, Refused
from pipeline.sources import Fields
from tests.builders import ABSENT, RECEIVED, chat_event, phone_event, reading, report, review_event
from tests.pipeline.sources.refusals import refusal

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = RECEIVED + timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.parametrize("moment", [EARLIEST, EARLIEST + MILLISECOND, LATEST - MILLISECOND, LATEST])
def test_times_up_to_both_limits_are_believed(moment: datetime) -> None:
    """The earliest time and the receipt plus the skew are both still believed."""
    assert report("chat", chat_event(occurred_at=moment.isoformat())).occurred_at == moment


@pytest.mark.parametrize(
    ("moment", "reason"),
    [(EARLIEST - MILLISECOND, Reason.TOO_OLD), (LATEST + MILLISECOND, Reason.IN_THE_FUTURE)],
)
def test_times_just_beyond_the_limits_are_refused(moment: datetime, reason: Reason) -> None:
    """One millisecond beyond either limit is too much."""
    assert refusal("chat", chat_event(occurred_at=moment.isoformat())) == (reason, "occurred_at")


def test_an_id_may_be_a_number() -> None:
    """Systems that number their sessions write them without quotes; it is the same session with them."""
    assert report("chat", chat_event(session_id=4711)) == report("chat", chat_event(session_id="4711"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1_772_452_800, Reason.TOO_OLD),  # seconds, where milliseconds are meant
        ("1970-01-01T00:00:00Z", Reason.TOO_OLD),
        ("0001-01-01T00:00:00+14:00", Reason.TOO_OLD),
        (-(10**400), Reason.TOO_OLD),
        ("2100-01-01T00:00:00Z", Reason.IN_THE_FUTURE),
        ("9999-12-31T23:59:59-14:00", Reason.IN_THE_FUTURE),
        (10**400, Reason.IN_THE_FUTURE),
        (1e300, Reason.IN_THE_FUTURE),
        ("2026-03-02T12:00:00", Reason.NAIVE_TIME),
        (datetime(2026, 3, 2), Reason.NAIVE_TIME),  # noqa: DTZ001 -- naive on purpose
        ("yesterday", Reason.UNREADABLE_TIME),
        ("1772452800000", Reason.UNREADABLE_TIME),
        (True, Reason.WRONG_TYPE),
        ([1], Reason.WRONG_TYPE),
        (float("nan"), Reason.NOT_FINITE),
        (float("inf"), Reason.NOT_FINITE),
        (None, Reason.MISSING_FIELD),
        ("", Reason.MISSING_FIELD),
        (ABSENT, Reason.MISSING_FIELD),
    ],
)
def test_what_is_no_time_is_refused_for_its_own_reason(value: object, reason: Reason) -> None:
    """Each way in which a time is wrong has its reason."""
    assert refusal("chat", chat_event(occurred_at=value)) == (reason, "occurred_at")


def test_seconds_for_milliseconds_are_told_how_to_write_a_time() -> None:
    """Whoever sent seconds reads what a time looks like."""
    with pytest.raises(Refused) as caught:
        report("chat", chat_event(occurred_at=1_772_452_800))
    expected = "epoch milliseconds or ISO 8601 with an offset, at or after 2000-01-01"
    assert caught.value.rejected.expected == expected


def test_a_time_is_utc_and_cut_to_the_millisecond() -> None:
    """Avro keeps milliseconds, so JSON keeps no more."""
    there = datetime(2026, 3, 2, 14, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    at = report("chat", chat_event(occurred_at=there.isoformat())).occurred_at
    assert (at, at.tzinfo) == (datetime(2026, 3, 2, 12, 0, 0, 123_000, tzinfo=UTC), UTC)


@pytest.mark.parametrize("length", [9, 10])
def test_text_up_to_the_limit_is_read(length: int) -> None:
    """A text of exactly the policy's limit is not too long."""
    at = reading(policy=IntakePolicy(longest_text=10))
    assert report("chat", chat_event(text="x" * length), at).text == "x" * length


def test_text_over_the_limit_is_refused() -> None:
    """One character more is too long."""
    at = reading(policy=IntakePolicy(longest_text=10))
    assert refusal("chat", chat_event(text="x" * 11), at) == (Reason.TEXT_TOO_LONG, "text")


@pytest.mark.parametrize("length", [511, 512])
def test_ids_up_to_the_limit_are_read(length: int) -> None:
    """An id of exactly 512 characters is an id."""
    assert report("chat", chat_event(session_id="x" * length)).keys == ("chat:" + "x" * length,)


def test_ids_over_the_limit_are_refused() -> None:
    """One character more is nobody's id."""
    assert refusal("chat", chat_event(session_id="x" * 513)) == (Reason.TEXT_TOO_LONG, "session_id")


def test_control_characters_are_no_words() -> None:
    """NUL and escape sequences are taken out of a text; new line and tab stay."""
    assert report("chat", chat_event(text="a\x00b\x1b[31m\r\n\tc\x85")).text == "ab[31m\n\tc"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("text", "\ud800", Reason.INVALID_UTF8),
        ("text", 5, Reason.WRONG_TYPE),
        ("text", "\x00 ", Reason.MISSING_FIELD),
        ("session_id", 47.5, Reason.WRONG_TYPE),
        ("session_id", True, Reason.WRONG_TYPE),
        ("sender", "robot", Reason.UNKNOWN_VALUE),
        ("kind", "typing", Reason.UNKNOWN_VALUE),
        ("customer", "C-1", Reason.WRONG_TYPE),
        ("customer", {"email": ["a"]}, Reason.WRONG_TYPE),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object, reason: Reason) -> None:
    """A refusal names the field, down to the one inside a record."""
    path = "customer.email" if value == {"email": ["a"]} else field
    assert refusal("chat", chat_event(**{field: value})) == (reason, path)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, Reason.WRONG_TYPE),
        ("2", Reason.WRONG_TYPE),
        (float("nan"), Reason.NOT_FINITE),
        (float("-inf"), Reason.NOT_FINITE),
        (10**400, Reason.NOT_FINITE),
    ],
)
def test_what_is_no_finite_number_is_refused(value: object, reason: Reason) -> None:
    """True is no number, and neither infinity nor a number beyond a double is finite."""
    assert refusal("review", review_event(stars=value)) == (reason, "stars")


@pytest.mark.parametrize(
    ("value", "reason"),
    [(-1, Reason.OUT_OF_SCALE), (2**31, Reason.OUT_OF_SCALE), (1.5, Reason.WRONG_TYPE)],
)
def test_what_is_no_count_is_refused(value: object, reason: Reason) -> None:
    """A count is whole, not negative, and fits Avro's int."""
    assert refusal("phone", phone_event(transfers=value)) == (reason, "transfers")


def test_a_whole_number_written_as_a_float_is_whole() -> None:
    """Spreadsheets write 2 as 2.0."""
    handling = report("phone", phone_event(transfers=2.0)).handling
    assert handling is not None
    assert handling.transfers == 2


def test_a_wrong_entry_of_a_list_is_named() -> None:
    """The path says which entry."""
    event = phone_event(transcript=[{"speaker": "agent", "text": "Hello"}, {"speaker": "ghost", "text": "Boo"}])
    assert refusal("phone", event) == (Reason.UNKNOWN_VALUE, "transcript[1].speaker")
    assert refusal("phone", phone_event(agents=["a", 5.5])) == (Reason.WRONG_TYPE, "agents[1]")
    assert refusal("phone", phone_event(agents="a")) == (Reason.WRONG_TYPE, "agents")
    assert refusal("phone", phone_event(transcript=["hello"])) == (Reason.WRONG_TYPE, "transcript[0]")


@pytest.mark.parametrize("length", [999, 1000])
def test_lists_up_to_the_limit_are_read(length: int) -> None:
    """A list of exactly a thousand names is read."""
    assert len(Fields({"tags": ["t"] * length}).names("tags")) == length


def test_a_list_over_the_limit_is_refused() -> None:
    """One entry more is an accident in the source."""
    assert refusal("phone", phone_event(agents=["a"] * 1001)) == (Reason.TOO_LARGE, "agents")


def test_a_refusal_never_repeats_the_value() -> None:
    """What was found may be personal data."""
    found = "anna.example"
    for field in ("kind", "sender", "occurred_at", "direction", "customer", "source"):
        with pytest.raises(Refused) as caught:
            report("chat", chat_event(**{field: found}))
        assert found not in repr(caught.value.rejected)
        assert found not in str(caught.value)


@pytest.mark.parametrize("named", ["phone", "fax"])
def test_a_record_of_another_source_is_refused(named: str) -> None:
    """A record that names another source than the one it came from is told the six."""
    assert refusal("chat", chat_event(source=named)) == (Reason.UNKNOWN_CHANNEL, "source")
    with pytest.raises(Refused, match="chat, phone, email, review, survey, other"):
        report("chat", chat_event(source=named))
