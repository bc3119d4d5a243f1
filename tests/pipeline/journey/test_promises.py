"""Promises: open, kept exactly at the time, broken as soon as it is known that the time has passed."""

from datetime import timedelta

import pytest

from pipeline.touchpoint import Entry
from tests.pipeline.journey.telling import signals, told
from tests.pipeline.touchpoints import Overrides, at, call, chat, email, other

HOURS = timedelta(hours=4)


def promise(**overrides: Overrides) -> Entry:
    """Return a call of ten minutes in which somebody promised to come back by 16:00; it began at noon."""
    return call("1", at(), lasts=timedelta(minutes=10), promised_by=at() + HOURS, **overrides)


def states(*entries: Entry) -> list[tuple[object, object]]:
    """Return kind and state of the promises that stand."""
    found = [*signals(entries, "promise"), *signals(entries, "promise_broken")]
    return [(one["kind"], one["state"]) for one in found]


def test_a_promise_is_open_until_something_later_is_known() -> None:
    """Nothing happened since: nobody can say."""
    assert states(promise()) == [("promise", "open")]
    assert states(promise(), chat("c", at() + HOURS, "s")) == [("promise", "open")]


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, ("promise", "kept")), (0, ("promise", "kept")), (1, ("promise_broken", "broken"))]
)
def test_a_promise_is_kept_up_to_the_very_second(seconds: int, state: tuple[str, str]) -> None:
    """Exactly at the time is kept; a second later is not, and shows that the time has passed."""
    back = call("2", at() + HOURS + timedelta(seconds=seconds), direction="outbound")
    assert states(promise(), back) == [state]


def test_any_fact_after_the_time_shows_that_it_was_broken() -> None:
    """The customer who asks again, or an invoice, says that the time has passed."""
    for later in (chat("c", at(hours=5), "s"), other("i", at(days=3), "invoice")):
        assert states(promise(), later) == [("promise_broken", "broken")]


@pytest.mark.parametrize(
    "not_kept",
    [
        chat("c", at(hours=1), "s"),
        call("2", at(hours=1)),
        other("i", at(hours=1), "invoice"),
        email("m", at(minutes=5), direction="outbound"),
        email("m", at(minutes=10), direction="outbound"),
    ],
)
def test_what_does_not_keep_a_promise(not_kept: Entry) -> None:
    """The customer's own contact, an invoice, and what was sent before or when the promise was made."""
    assert states(promise(), not_kept, chat("later", at(hours=5), "s9")) == [("promise_broken", "broken")]


@pytest.mark.parametrize(("minutes", "state"), [(4.9, "broken"), (5, "kept"), (30, "kept")])
def test_in_the_same_chat_only_coming_back_after_a_silence_keeps_it(minutes: float, state: str) -> None:
    """Asking for anything else in the same breath keeps nothing; five minutes of silence and then an answer does."""
    said = chat("1", at(), "s", actor="agent", promised_by=at(hours=1))
    more = chat("2", at(minutes=minutes), "s", actor="agent")
    assert [one for _, one in states(said, more, chat("3", at(hours=2), "s"))] == [state]


def test_a_late_fact_shows_that_it_was_kept_after_all() -> None:
    """Open, then broken, then kept: versions grow, the id stays, and nothing is taken back."""
    late = email("m", at(hours=2), direction="outbound")
    out = told([[promise()], [chat("c", at(hours=5), "s")], [late]])
    assert [(one["kind"], one["state"], one["status"], one["version"]) for one in out] == [
        ("promise", "open", "raised", 1),
        ("promise_broken", "broken", "updated", 2),
        ("promise", "kept", "updated", 3),
    ]
    assert len({one["signal_id"] for one in out}) == 1
    assert out[2]["why"] == "Promised to come back by 2026-03-02 16:00 (UTC), and did by email after 1 h 50 min."


def test_its_news_is_fresh_until_a_day_after_it_was_due() -> None:
    """Not a day after it was made: a promise for Friday is broken on Saturday."""
    (signal,) = signals([promise()], "promise")
    assert (signal["due_at"], signal["deliver_before"]) == (at() + HOURS, at() + HOURS + timedelta(hours=24))


def test_what_happens_after_the_time_changes_nothing_more() -> None:
    """Once broken, later facts that are not about its contact do not tell it again."""
    chunks = [[promise()], [chat("c", at(hours=5), "s")], [chat("d", at(hours=6), "t")], [call("9", at(days=2))]]
    assert len([one for one in told(chunks) if one["kind"] == "promise_broken"]) == 1
