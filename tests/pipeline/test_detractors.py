"""Detractors: held against the slow answer, and example by example around every limit."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import advance, picture
from pipeline.detractors import confidence
from pipeline.policy import DetractorPolicy
from pipeline.scores import explicit_id, inferred_id, is_detractor, limit
from pipeline.touchpoint import Entry, Metric, Mood, Score
from tests.pipeline import slowly
from tests.pipeline.touchpoints import HAPPY, POLICY, UNHAPPY, at, call, chat, other, review, survey, worlds

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


# --- how sure, what speaks against it


@pytest.mark.parametrize(("worst", "share"), [(-1, 0.98), (-0.75, 0.82), (-0.5, 0.66), (-0.4, 0.6), (1, 0.0)])
def test_confidence_is_a_straight_line_by_the_worst_sentence(worst: float, share: float) -> None:
    """0.66 at -0.5 and 0.98 at -1, as measured; a company with a looser limit is told less."""
    assert confidence(Mood(worst, worst, 2, truncated=False), RULES) == share


def test_of_what_was_said_outright_nobody_asks_how_sure_it_is() -> None:
    """A score is a score."""
    assert alerts_of(survey("1", at(), "nps", 0))[0]["confidence"] is None


@pytest.mark.parametrize(("minutes", "when"), [(5, "later"), (-5, "before")])
def test_a_good_score_beside_angry_words_is_said_and_eases(minutes: int, when: str) -> None:
    """The alert on the words stands, names the score as speaking against it, and is a step less urgent."""
    angry = chat("a", at(), "S", mood=UNHAPPY, account_id="A-1")
    (alone,) = alerts_of(angry)
    (mixed,) = alerts_of(angry, survey("1", at(minutes=minutes), "csat", 5, about="chat:S"))
    assert mixed["why"].endswith(f"Mixed: on the same contact the customer gave CSAT 5 of 1 to 5 {when}.")
    assert (mixed["mixed"], [one["event_id"] for one in mixed["contrary"]]) == (True, ["survey-1-1"])
    assert (alone["severity"], mixed["severity"]) == ("medium", "low")
    assert mixed["severity_reasons"] == ["high_value", "good_score"]


@pytest.mark.parametrize(("value", "good"), [(3, False), (4, True), (5, True)])
def test_good_is_as_far_from_the_top_as_bad_is_from_the_bottom(value: int, good: bool) -> None:  # noqa: FBT001 -- a table
    """Of five points the best two, as a detractor's are the worst two; 3 is neither."""
    (alert,) = alerts_of(chat("a", at(), "S", mood=UNHAPPY), survey("1", at(minutes=5), "csat", value, about="chat:S"))
    assert alert["mixed"] is good


@pytest.mark.parametrize(("mean", "mixed"), [(0.04, False), (0.05, True), (0.5, True)])
def test_kind_words_with_a_bad_score_are_said(mean: float, mixed: bool) -> None:  # noqa: FBT001 -- a table
    """The score leads; that the words say otherwise is told with it. VADER's own line for positive is 0.05."""
    (alert,) = alerts_of(review("1", at(), 1, mood=Mood(mean, mean, 1, truncated=False)))
    assert (alert["basis"], alert["mixed"], len(alert["contrary"])) == ("explicit", mixed, int(mixed))


def test_angry_words_that_became_five_stars_are_taken_back_with_the_reason() -> None:
    """A review without stars spoke by its words; its author then gave five, and left the words as they were."""
    said = [review("1", at(), None, mood=UNHAPPY), review("1", at(days=1), 5, 2, mood=UNHAPPY)]
    first = advance(picture((), POLICY), {}, said[:1], POLICY)
    (back,) = advance(first.picture, {one.output_id: one for one in first.raised}, said[1:], POLICY).alerts
    assert back["status"] == "retracted"
    assert str(back["why"]).endswith("What was said outright leads: Stars 5 of 1 to 5.")


# --- whose limits


@pytest.mark.parametrize(("stars", "tags", "raises"), [(3, ("gold",), True), (4, ("gold",), False), (3, (), False)])
def test_a_segment_has_limits_of_its_own(stars: int, tags: tuple[str, ...], raises: bool) -> None:  # noqa: FBT001 -- a table
    """Three stars of a gold customer are a detractor's; the tag may stand on any touchpoint so far."""
    found = alerts_of(chat("a", at(), "S", tags=tags), review("1", at(days=1), stars))
    assert [alert["segment"] for alert in found] == (["gold"] if raises else [])


def test_a_tag_counts_from_when_it_was_heard() -> None:
    """A customer who became gold later was not gold when the review was written."""
    assert alerts_of(review("1", at(), 3), chat("a", at(days=1), "S", tags=("gold",))) == []


def test_a_channel_has_limits_of_its_own() -> None:
    """Text messages are short: -0.4 is enough there, and nowhere else."""
    mood = Mood(-0.4, -0.4, 1, truncated=False)
    (alert,) = alerts_of(other("a", at(), "sms", mood=mood), chat("b", at(days=3), "S", mood=mood))
    assert (alert["channel"], alert["compared"][0]["limit"]) == ("sms", -0.4)


# --- how urgent


def severity_of(*heard: Entry) -> tuple[str, list[str]]:
    """Return the severity of the newest alert, and why."""
    alert = alerts_of(*heard)[-1]
    return alert["severity"], alert["severity_reasons"]


def test_what_was_said_outright_is_more_urgent_than_what_words_imply() -> None:
    """Without any reason: medium and low."""
    assert severity_of(survey("1", at(), "nps", 3)) == ("medium", [])
    assert severity_of(chat("a", at(), "S", mood=UNHAPPY)) == ("low", [])


@pytest.mark.parametrize(("seconds", "loyal"), [(-1, False), (0, True), (1, True)])
def test_the_first_alert_of_a_loyal_customer(seconds: int, loyal: bool) -> None:  # noqa: FBT001 -- a table
    """Known for exactly a week (half a year by the default policy) is loyal; the second alert is not the first."""
    first = chat("a", at(), "S"), survey("1", at(days=7, seconds=seconds), "nps", 3)
    assert severity_of(*first) == (("high", ["first_of_loyal"]) if loyal else ("medium", []))
    assert severity_of(*first, survey("2", at(days=20), "nps", 3)) == ("medium", [])


@pytest.mark.parametrize(("seconds", "often"), [(-1, True), (0, True), (1, False)])
def test_alerts_that_come_often(seconds: int, often: bool) -> None:  # noqa: FBT001 -- a table
    """The second within exactly two days (the third of thirty by the default policy) is often."""
    found = severity_of(survey("1", at(), "nps", 3), survey("2", at(days=2, seconds=seconds), "nps", 3))
    assert found == (("high", ["often"]) if often else ("medium", []))


def test_an_alert_that_was_taken_back_does_not_count() -> None:
    """One star that became five is no earlier alert; the customer's next one is the first."""
    edited = review("1", at(), 1), review("1", at(days=1), 5, 2)
    assert severity_of(*edited, survey("2", at(days=1, hours=1), "nps", 3)) == ("medium", [])


def test_reasons_add_up_and_end_at_critical() -> None:
    """A loyal customer of a high-value account, outright: two steps up. There is nothing above critical."""
    known = chat("a", at(), "S", account_id="A-1")
    assert severity_of(known, survey("1", at(days=8), "nps", 0)) == ("critical", ["high_value", "first_of_loyal"])
    twice = survey("1", at(days=8), "nps", 0), survey("2", at(days=9), "nps", 0)
    assert severity_of(known, *twice) == ("critical", ["high_value", "often"])


# --- whether it pages


@pytest.mark.parametrize(("seconds", "pages"), [(-1, False), (0, True), (1, True)])
def test_a_cause_pages_once_in_a_cool_down(seconds: int, pages: bool) -> None:  # noqa: FBT001 -- a table
    """Under a day after it paged, the same topic is recorded; exactly a day later it pages again."""
    first = chat("a", at(), "S", mood=UNHAPPY, topics=("card",))
    second = survey("1", at(days=1, seconds=seconds), "nps", 3, topics=("card",))
    paged, then = alerts_of(first, second)
    assert (paged["delivery"], paged["paged_by"]) == ("page", None)
    assert (then["delivery"], then["delivery_reason"]) == (("page", None) if pages else ("recorded", "cool_down"))
    assert then["paged_by"] == (None if pages else inferred_id("customer-anna", str(paged["contact_id"])))


def test_a_cool_down_runs_from_the_page_and_not_from_what_was_recorded() -> None:
    """Every ten hours: the first pages, two are recorded, the fourth is thirty hours after the page and pages."""
    said = [chat(f"e{i}", at(hours=10 * i), f"{i}", mood=UNHAPPY, topics=("card",)) for i in range(5)]
    assert [one["delivery"] for one in alerts_of(*said)] == ["page", "recorded", "recorded", "page", "recorded"]


@pytest.mark.parametrize(
    ("one", "other_one", "pages"),
    [(("card",), ("card", "billing"), 1), (("card",), ("billing",), 2), ((), (), 1), (("card",), (), 2)],
)
def test_a_cause_is_a_topic_in_common_or_none_known(
    one: tuple[str, ...], other_one: tuple[str, ...], pages: int
) -> None:
    """Another topic is another cause, and an unknown one is not a known one."""
    found = alerts_of(
        chat("a", at(), "S", mood=UNHAPPY, topics=one), chat("b", at(hours=1), "T", mood=UNHAPPY, topics=other_one)
    )
    assert [alert["delivery"] for alert in found].count("page") == pages


def test_one_contact_is_one_cause() -> None:
    """Angry words and a bad rating of the same chat page once."""
    said = chat("a", at(), "S", mood=UNHAPPY, topics=("card",)), survey("1", at(hours=1), "csat", 1, about="chat:S")
    assert [alert["delivery"] for alert in alerts_of(*said)] == ["page", "recorded"]


def test_what_was_paged_and_taken_back_was_paged() -> None:
    """One star, five stars an hour later, angry words after that: whoever was paged this morning knows the cause."""
    edited = review("1", at(), 1), review("1", at(hours=1), 5, 2)
    (alert,) = alerts_of(*edited, chat("a", at(hours=2), "S", mood=UNHAPPY))
    assert (alert["delivery"], alert["paged_by"]) == ("recorded", explicit_id(edited[0]))
