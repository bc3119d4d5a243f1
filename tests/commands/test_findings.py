"""An alert on the screen: who is masked, words are only words, and nothing is said twice."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from commands.findings import News, Shown, as_json, lines, masked, safe
from commands.picture import bars, by_day, sparkline

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shown(**more: Any) -> Shown:  # noqa: ANN401 -- a record's own
    """Return an alert."""
    record = {
        "alert_id": "alert-1",
        "version": 1,
        "status": "raised",
        "occurred_at": NOW,
        "deliver_before": NOW + timedelta(hours=24),
        "named_by": {"type": "email", "value": "mia@example.com"},
        "channel": "review",
        "queue": None,
        "topics": ["delivery"],
        "why": "Stars 1 of 5.",
        "words": "Terrible.",
        "basis": "explicit",
        "score": {"metric": "stars", "value": 1.0, "scale_min": 1.0, "scale_max": 5.0},
    }
    return Shown("detractor-alerts", record | more)


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("email", "mia@example.com", "m\u2022\u2022\u2022@example.com"),
        ("phone", "+442079460001", "+44\u2022\u2022\u202201"),
        ("crm_id", "C-100042", "C-1\u2022\u2022\u202242"),
        ("crm_id", "123456", "1\u2022\u2022\u2022"),
        ("handle", "starboard:mia", "starboard:m\u2022\u2022\u2022"),
        ("visitor_id", "", "\u2022\u2022\u2022"),
    ],
)
def test_an_identifier_is_masked(kind: str, value: str, seen: str) -> None:
    """Enough to tell two people apart, not enough to reach one."""
    assert masked(kind, value) == seen


def test_nobody_is_named_in_full_unless_asked() -> None:
    """On the screen, and in JSON."""
    assert "mia@" not in lines(shown(), NOW).plain
    assert "mia@" in lines(shown(), NOW, show_identifiers=True).plain
    assert as_json(shown(), stale=False, show_identifiers=False)["named_by"] == {
        "type": "email",
        "value": "m\u2022\u2022\u2022@example.com",
    }


@given(text=st.text())
def test_words_are_never_orders_to_the_terminal(text: str) -> None:
    """No control characters, no line of their own."""
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in safe(text))
    assert lines(shown(words=f"x{text}"), NOW).plain.count("\n") == 2


def test_words_are_never_markup() -> None:
    """Brackets are what the customer wrote."""
    screen = Console(file=StringIO(), width=200)
    screen.print(lines(shown(words="[bold]Terrible[/nonsense]"), NOW))
    assert "[bold]Terrible[/nonsense]" in screen.file.getvalue()  # type: ignore[attr-defined] # it is a StringIO


@pytest.mark.parametrize(("late", "stale"), [(-1, False), (0, False), (1, True)])
def test_stale_is_just_after_its_time(late: int, *, stale: bool) -> None:
    """Just within, exactly at, just beyond."""
    moment = NOW + timedelta(hours=24, milliseconds=late)
    assert shown().is_stale(moment) is stale
    assert any(span.style == "dim" and span.start == 0 for span in lines(shown(), moment).spans[-1:]) is stale


def test_what_was_taken_back_is_struck() -> None:
    """The whole of it."""
    last = lines(shown(status="retracted"), NOW).spans[-1]
    assert (last.style, last.start) == ("strike dim", 0)


def test_a_version_that_looks_the_same_is_no_news() -> None:
    """Nor is an older one; other words, or a retraction, are."""
    news = News()
    told = [
        shown(),
        shown(version=2, status="updated"),
        shown(version=3, status="updated", words="Awful."),
        shown(version=1),
        shown(version=4, status="retracted"),
        shown(alert_id="alert-2"),
    ]
    assert [news.of(each) is not None for each in told] == [True, False, True, False, True, True]


def merged(status: str, **more: Any) -> Shown:  # noqa: ANN401 -- a record's own
    """Return an alert of the customer whose address turned out to be."""
    named = {"type": "crm_id", "value": "C-100042"}
    return shown(status=status, reason="identity_merge", named_by=named, version=1 << 30, **more)


def test_an_alert_of_a_customer_who_is_now_another_is_not_a_new_one() -> None:
    """It is shown once more, with who it was; that the old one is taken back goes without saying."""
    news = News()
    told = [shown(), merged("raised", alert_id="alert-2"), merged("retracted")]
    first, again, gone = (news.of(each) for each in told)
    assert first is not None
    assert first.formerly is None
    assert again is not None
    assert "known before as m\u2022\u2022\u2022@example.com" in lines(again, NOW).plain
    assert gone is None


def test_what_a_merge_takes_back_for_good_is_struck() -> None:
    """Nothing stands for it."""
    news = News()
    first, gone = news.of(shown()), news.of(merged("retracted"))
    assert first is not None
    assert gone is not None
    assert gone.was_retracted


def test_what_a_merge_brings_to_light_is_new() -> None:
    """Two customers' contacts are one's now, and so somebody came back; and another alert of the same customer."""
    news = News()
    assert news.of(shown(evidence=[{"source": "chat", "event_id": "e1"}])) is not None
    found = news.of(merged("raised", alert_id="alert-2", evidence=[{"source": "chat", "event_id": "e2"}]))
    assert found is not None
    assert found.formerly is None


def test_news_forgets_the_oldest_alert() -> None:
    """Memory is bounded."""
    news = News(most=1)
    assert [news.of(shown(alert_id=name)) is not None for name in ("a", "b", "b", "a")] == [True, True, False, True]


def test_marks_and_bars_show_what_is_not_nought() -> None:
    """The smallest number has a mark, nought has none."""
    assert sparkline([0, 1, 500, 1000]) == " \u2581\u2584\u2588"
    assert sparkline([]) == ""
    assert bars({"a": 1000, "b": 1}, 10).row_count == 2


@given(days=st.dictionaries(st.dates(), st.integers(1, 9), min_size=1), most=st.integers(1, 90))
def test_days_are_gathered_and_none_is_lost(days: dict[Any, int], most: int) -> None:
    """However long the time is, it has a place on the line."""
    found, stretch = by_day({day.isoformat(): number for day, number in days.items()}, most)
    assert sum(found) == sum(days.values())
    assert len(found) <= most
    assert stretch >= 1


def signal(kind: str, version: int = 1, **more: Any) -> Shown:  # noqa: ANN401 -- a record's own
    """Return a journey signal."""
    own = {"signal_id": "signal-1", "version": version, "kind": kind, "why": "Promised.", "words": None, "state": None}
    record = {name: value for name, value in shown().record.items() if name not in ("alert_id", "basis", "score")}
    return Shown("journey-signals", record | own | more)


def test_a_promise_is_no_news_until_it_is_broken_and_is_struck_when_it_was_kept_after_all() -> None:
    """Open says nothing, broken is shown, and the late call that kept it takes it off the screen."""
    news = News()
    assert news.of(signal("promise", 1, state="open")) is None
    broken, kept = signal("promise_broken", 2, state="broken"), signal("promise", 3, state="kept")
    assert news.of(broken) == broken
    assert "BROKEN" in lines(broken, NOW).plain
    assert news.of(kept) == kept
    assert "strike" in str(lines(kept, NOW).spans)


def test_a_signal_says_its_own_kind_beside_the_topics() -> None:
    """In JSON `kind` is the topic's for every line, and `signal` the signal's own."""
    document = as_json(signal("anger"), stale=False, show_identifiers=False)
    assert (document["kind"], document["signal"]) == ("journey-signal", "anger")
    assert "ANGER" in lines(signal("anger"), NOW).plain
