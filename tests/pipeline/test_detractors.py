"""Detractors: held against the slow answer, and example by example around every limit."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import picture
from pipeline.policy import DetractorPolicy
from pipeline.scores import explicit_id, inferred_id, is_detractor, limit
from pipeline.touchpoint import Entry, Metric, Mood, Score
from tests.pipeline import slowly
from tests.pipeline.touchpoints import HAPPY, POLICY, UNHAPPY, at, call, chat, review, survey, worlds

RULES = DetractorPolicy()


def alerts_of(*heard: Entry) -> list[Mapping[str, Any]]:
    """Return the alerts that stand, in event-time order; the same from the other order of arrival."""
    found, again = (picture(order, POLICY).findings for order in (heard, heard[::-1]))
    assert found == again
    return [f.body for f in sorted(found.values(), key=lambda f: f.occurred_at) if f.kind == "detractor-alert"]


# --- laws


@given(worlds())
def test_alerts_are_those_of_the_slow_answer(world: list[Entry]) -> None:
    """Which answers and words raise an alert, on what, at which version, how urgent, which page: as plain loops say."""
    told = picture(world, POLICY)
    by_id = {explicit_id(e): e.item or f"{e.source}/{e.event_id}" for e in world if e.score is not None}
    by_id |= {inferred_id(c.entries[0].customer_id, c.contact_id): c.contact_id for c in told.contacts}
    fast = {
        by_id[f.finding_id]: slowly.SlowAlert(
            f.version,
            str(f.body["basis"]),
            f.anchor.partition("/")[2],
            str(f.body["contact_id"]),
            str(f.body["severity"]),
            f.body["delivery"] == "page",
            bool(f.body["mixed"]),
        )
        for f in told.findings.values()
        if f.kind == "detractor-alert"
    }
    assert fast == slowly.alerts(world, POLICY)


@given(st.sampled_from(("csat", "ces", "stars")), st.integers(0, 1), st.integers(2, 100), st.integers(0, 400))
def test_a_longer_scale_has_the_same_share_of_worst_points(
    metric: Metric, lowest: int, points: int, quarters: int
) -> None:
    """Whatever the scale, whole points or quarters, the limit is the exact share of it."""
    highest = lowest + points - 1
    value = min(lowest + quarters / 4, highest)
    score = Score(metric, value, lowest, highest)
    assert is_detractor(score, RULES) == slowly.detracts(metric, value, lowest, highest)


@given(worlds())
def test_an_alert_states_only_what_is_true(world: list[Entry]) -> None:
    """Every comparison that an alert publishes holds, and it stands on evidence."""
    for alert in alerts_of(*world):
        assert all(one["value"] <= one["limit"] and one["operator"] == "<=" for one in alert["compared"])
        assert alert["evidence"]
        assert (alert["score"] is None) == (alert["basis"] == "inferred") == (alert["mood"] is not None)


# --- limits


@pytest.mark.parametrize(
    ("metric", "value", "scale", "detracts"),
    [
        ("nps", 0, (0, 10), True),
        ("nps", 6, (0, 10), True),
        ("nps", 7, (0, 10), False),
        ("csat", 2, (1, 5), True),
        ("csat", 2.5, (1, 5), False),
        ("csat", 3, (1, 5), False),
        ("csat", 4, (1, 10), True),
        ("csat", 5, (1, 10), False),
        ("ces", 3, (1, 7), True),
        ("ces", 4, (1, 7), False),
        ("stars", 2, (1, 5), True),
        ("stars", 3, (1, 5), False),
        ("stars", 1, (0, 4), True),
        ("stars", 2, (0, 4), False),
        ("csat", 40, (1, 100), True),
        ("csat", 41, (1, 100), False),
    ],
)
def test_the_worst_points_of_a_scale_are_a_detractors(
    metric: Metric,
    value: float,
    scale: tuple[float, float],
    detracts: bool,  # noqa: FBT001 -- a table
) -> None:
    """At the limit is a detractor; the next point up is none; a longer scale has the same share."""
    assert is_detractor(Score(metric, value, *scale), RULES) is detracts
    assert bool(alerts_of(survey("1", at(), metric, value, scale))) is detracts


def test_nps_keeps_its_limit_whatever_the_policy_says_of_others() -> None:
    """NPS is 0 to 6 of 0 to 10 by definition, not a share."""
    assert limit(Score("nps", 0, 0, 10), RULES) == 6


@pytest.mark.parametrize(
    ("worst", "mean", "infers"),
    [
        (-0.51, -0.06, True),
        (-0.5, -0.05, True),
        (-0.49, -0.05, False),
        (-0.5, -0.04, False),
        (-0.49, -0.04, False),
    ],
)
def test_words_are_a_detractors_at_or_under_both_limits(worst: float, mean: float, infers: bool) -> None:  # noqa: FBT001 -- a table
    """Exactly both thresholds infers; above either one does not."""
    found = alerts_of(chat("a", at(), "S", mood=Mood(worst, mean, 2, truncated=False)))
    assert [alert["basis"] for alert in found] == (["inferred"] if infers else [])


def test_words_without_a_sentence_infer_nothing() -> None:
    """A mood of no sentences is no mood."""
    assert alerts_of(chat("a", at(), "S", mood=Mood(-1, -1, 0, truncated=False))) == []


def test_what_was_said_outright_leads() -> None:
    """Five stars with angry words are no detractor; one star with kind words is, explicitly."""
    assert alerts_of(review("1", at(), 5, mood=UNHAPPY)) == []
    (alert,) = alerts_of(review("2", at(), 1, mood=HAPPY))
    assert (alert["basis"], alert["mood"]) == ("explicit", None)
    assert alert["why"].startswith("Stars 1 of 1 to 5; a detractor's is 2 or lower.")


def test_a_review_without_stars_speaks_by_its_words() -> None:
    """No stars, angry words: inferred, never mixed with what was said outright."""
    (alert,) = alerts_of(review("1", at(), None, mood=UNHAPPY))
    assert (alert["basis"], alert["score"]) == ("inferred", None)


def test_one_contact_infers_once_on_its_first_angry_words() -> None:
    """Three angry messages of one chat are one alert, whichever arrived first."""
    said = [chat(name, at(minutes=i), "S", mood=UNHAPPY, excerpt=name) for i, name in enumerate("abc")]
    for order in permutations(said):
        (alert,) = alerts_of(*order)
        assert alert["words"] == "a"


def test_an_explicit_and_an_inferred_alert_of_one_contact_stand_side_by_side() -> None:
    """Angry words in a chat and a bad rating of it are two alerts on one contact."""
    found = alerts_of(chat("a", at(), "S", mood=UNHAPPY), survey("1", at(hours=1), "csat", 1, about="chat:S"))
    assert [alert["basis"] for alert in found] == ["inferred", "explicit"]
    assert len({alert["contact_id"] for alert in found}) == 1


def test_of_an_edited_answer_the_latest_revision_decides() -> None:
    """1 to 5 stars: nothing stands; 5 to 1: one alert with both revisions as evidence, in either order of arrival."""
    assert alerts_of(review("1", at(), 1), review("1", at(days=1), 5, 2)) == []
    (alert,) = alerts_of(review("1", at(), 5), review("1", at(days=1), 1, 2))
    assert [one["event_id"] for one in alert["evidence"]] == ["review-1-1", "review-1-2"]


def test_the_revision_decides_and_not_the_clock() -> None:
    """A second revision with an earlier time, from a clock that was wrong, still counts."""
    assert alerts_of(review("1", at(days=1), 1), review("1", at(), 5, 2)) == []


def test_an_alert_carries_its_contacts_topics_and_deadline() -> None:
    """What it was about, the queue that had it, and until when it may page."""
    asked = call("1", at(), topics=("billing",))
    asked = replace(asked, handling=replace(asked.handling or pytest.fail("a call has handling"), queue="billing"))
    (alert,) = alerts_of(asked, survey("1", at(hours=2), "nps", 3, about="phone:1", topics=("card",)))
    assert (alert["topics"], alert["queue"]) == (["billing", "card"], "billing")
    assert alert["deliver_before"] == at(days=1, hours=2)


def test_an_answer_edited_a_thousand_times_names_a_bounded_number_of_revisions() -> None:
    """The first telling and the newest ones are the evidence; the alert still fits into one record."""
    told = [review("r", at(n), stars=1, revision=n + 1) for n in range(1000)]
    evidence = alerts_of(*told)[0]["evidence"]
    assert [each["event_id"] for each in evidence] == [e.event_id for e in [told[0], *told[-49:]]]
