"""What one customer's touchpoints weigh: which experiences, in which cells, good or bad, by which paths."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotspots import Cell, Evidence, Weighed, week_of, weighed
from pipeline.policy import Policy
from pipeline.touchpoint import Entry, Handling, Metric, Mood
from tests.pipeline.touchpoints import POLICY, UNHAPPY, at, call, chat, email, review, runs, survey, worlds

MONDAY = date(2026, 3, 2)
GLAD = Mood(worst=0.4, mean=0.6, sentences=2, truncated=False)


def evidence(rows: list[Entry], policy: Policy = POLICY) -> dict[str, Evidence]:
    """Return the cells by their keys."""
    return {cell.key: found for cell, found in weighed(rows, policy).cells.items()}


@given(st.data(), worlds())
def test_neither_order_nor_repetition_changes_the_weight(data: st.DataObject, world: list[Entry]) -> None:
    """Any order, some of it again: the same cells and paths."""
    heard = [row for chunk in data.draw(runs(world)) for row in chunk]
    assert weighed(heard, POLICY) == weighed(world, POLICY)


@given(st.lists(worlds(4), max_size=4), st.randoms(use_true_random=False))
def test_weights_of_parts_add_up_in_any_order(towns: list[list[Entry]], dice: Random) -> None:
    """However customers are divided among processes."""
    people = [
        weighed([replace(row, customer_id=f"customer-{n}") for row in world], POLICY) for n, world in enumerate(towns)
    ]
    one, other = Weighed(), Weighed()
    for person in people:
        one.add(person)
    dice.shuffle(people)
    for person in people:
        other.add(person)
    assert one == other


@given(worlds())
def test_the_numbers_of_a_cell_agree_with_one_another(world: list[Entry]) -> None:
    """No more repeats, alerts, good or bad ones than experiences; one customer; nothing is both good and bad."""
    for cell in weighed(world, POLICY).cells.values():
        assert cell.customers == 1
        assert cell.repeat_customers <= cell.customers
        assert cell.detractor_customers <= cell.customers
        assert cell.same_topic_repeats <= cell.repeats <= cell.volume
        assert cell.detractors == cell.bad
        assert cell.good + cell.bad <= cell.volume
        assert cell.said_good <= cell.good
        assert cell.said_bad <= cell.bad
        assert cell.sentiment is None or -1 <= cell.sentiment <= 1


def test_an_experience_stands_in_a_cell_for_each_topic() -> None:
    """Two topics, two cells; the repeat is about one of them."""
    rows = [
        call("1", at(), topics=("billing",), handling=Handling(queue="bills")),
        call("2", at(days=2), topics=("billing", "card"), mood=UNHAPPY, handling=Handling(queue="bills")),
    ]
    found = evidence(rows)
    assert list(found) == ["2026-03-02/phone/bills/billing", "2026-03-02/phone/bills/card"]
    billing, card = found.values()
    assert (billing.volume, billing.customers, billing.repeats, billing.same_topic_repeats) == (2, 1, 1, 1)
    assert (card.volume, card.customers, card.repeats, card.same_topic_repeats) == (1, 1, 1, 0)
    assert (billing.bad, card.bad, billing.moods, billing.sentiment) == (1, 1, 1, -0.4)


def test_what_the_company_begins_is_no_experience_unless_the_customer_answers() -> None:
    """An outbound mail does not count; one with an angry answer does."""
    sent = email("m1", at(), direction="outbound")
    assert evidence([sent]) == {}
    found = evidence([sent, email("m2", at(hours=1), "m1", mood=UNHAPPY)])
    assert [(key, one.volume, one.bad) for key, one in found.items()] == [("2026-03-02/email/-/-", 1, 1)]


def test_a_survey_about_nothing_known_stands_by_itself_and_one_about_a_call_with_the_call() -> None:
    """The answer belongs to the contact that it is about."""
    alone, about = survey("q1", at(), "nps", 10), survey("q2", at(hours=1), "nps", 0, about="phone:1")
    found = evidence([alone, call("1", at()), about])
    assert {key: (one.volume, one.good, one.bad) for key, one in found.items()} == {
        "2026-03-02/phone/-/-": (1, 0, 1),
        "2026-03-02/survey/-/-": (1, 1, 0),
    }


@pytest.mark.parametrize(
    ("gap", "repeats"),
    [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0), (timedelta(days=20), 0)],
    ids=["exactly the window", "just beyond", "within billing's own window only"],
)
def test_a_repeat_is_one_within_the_window_for_any_topic(gap: timedelta, repeats: int) -> None:
    """Billing's 31 days raise a flag, and no number here: the first weeks could not have had one."""
    rows = [chat("a", at(), "s1", topics=("billing",)), chat("b", at() + gap, "s2", topics=("billing",))]
    assert sum(one.repeats for one in evidence(rows).values()) == repeats


@pytest.mark.parametrize(
    ("metric", "value", "scale", "good"),
    [
        ("nps", 8, (0, 10), False),
        ("nps", 9, (0, 10), True),
        ("csat", 3, (1, 5), False),
        ("csat", 4, (1, 5), True),
        ("csat", 6, (1, 10), False),
        ("csat", 7, (1, 10), True),
        ("ces", 4, (1, 7), False),
        ("ces", 5, (1, 7), True),
        ("stars", 3.9, (1, 5), False),
        ("stars", 4, (1, 5), True),
    ],
)
def test_a_promoters_score_mirrors_a_detractors(
    metric: Metric,
    value: float,
    scale: tuple[int, int],
    good: bool,  # noqa: FBT001 -- of the grid
) -> None:
    """As many points from the top as a detractor's limit is from the bottom; NPS 9 by its own definition."""
    assert evidence([survey("q", at(), metric, value, scale)])["2026-03-02/survey/-/-"].said_good == int(good)


@pytest.mark.parametrize(
    ("mood", "good"),
    [
        (Mood(0.0, 0.5, 2, truncated=False), 1),
        (Mood(-0.01, 0.5, 2, truncated=False), 0),
        (Mood(0.0, 0.49, 2, truncated=False), 0),
        (Mood(0.9, 0.9, 0, truncated=False), 0),
    ],
    ids=["exactly both limits", "one sentence below", "mean just under", "no words"],
)
def test_words_are_good_when_they_are_glad_throughout(mood: Mood, good: int) -> None:
    """Where there is no answer, the words tell."""
    (found,) = evidence([chat("a", at(), "s", mood=mood)]).values()
    assert (found.good, found.said_good) == (good, 0)


def test_an_answer_leads_over_the_words() -> None:
    """Three stars with glad words are neither good nor bad; four are good, and said so."""
    (three,) = evidence([review("r", at(), 3, mood=GLAD)]).values()
    (four,) = evidence([review("r", at(), 4, mood=UNHAPPY)]).values()
    assert (three.good, three.bad, four.good, four.said_good) == (0, 0, 1, 1)


def test_ten_contacts_of_one_customer_are_one_customer() -> None:
    """The volume says ten; what trends are judged by says one."""
    (found,) = evidence([chat(str(n), at(hours=n), f"s{n}") for n in range(10)]).values()
    assert (found.volume, found.repeats, found.customers, found.repeat_customers) == (10, 9, 1, 1)


def test_a_path_ends_at_the_first_detractor() -> None:
    """Chat twice, phone, review: the review's one star ends chat > phone > review, and a second one ends nothing."""
    rows = [
        chat("a", at(), "s1"),
        chat("b", at(days=1), "s2"),
        call("1", at(days=2)),
        review("r", at(days=3), 1),
        review("t", at(days=4), 1),
    ]
    found = weighed(rows, POLICY)
    assert found.journeys == 1
    assert {path: (one.taken, one.ended) for path, one in found.paths.items()} == {
        ("chat",): (1, 0),
        ("chat", "phone"): (1, 0),
        ("chat", "phone", "review"): (1, 1),
    }


@pytest.mark.parametrize(
    ("gap", "journeys"),
    [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 2)],
    ids=["exactly the window", "just beyond"],
)
def test_a_silence_longer_than_the_window_ends_a_journey(gap: timedelta, journeys: int) -> None:
    """The window for any topic decides."""
    assert weighed([chat("a", at(), "s1"), call("1", at() + gap)], POLICY).journeys == journeys


def test_a_long_path_is_counted_along_its_first_six_channels() -> None:
    """Going to and fro for ever makes no paths of its own."""
    rows = [chat(str(n), at(hours=n), f"s{n}") if n % 2 else call(str(n), at(hours=n)) for n in range(9)]
    assert max(map(len, weighed(rows, POLICY).paths)) == 6


@pytest.mark.parametrize(
    ("moment", "week"),
    [(at(days=-1, hours=11, minutes=59), MONDAY - timedelta(days=7)), (at(hours=-12), MONDAY), (at(days=6), MONDAY)],
    ids=["Sunday, a minute before midnight", "Monday at midnight", "Sunday at noon"],
)
def test_a_week_begins_on_monday_at_midnight_utc(moment: object, week: date) -> None:
    """The week is that of the experience's beginning."""
    assert week_of(moment) == week  # type: ignore[arg-type]


def test_a_cells_key_keeps_names_apart() -> None:
    """A slash in a name is no border, and none is a dash."""
    assert Cell(None, "chat", None, MONDAY).key == "2026-03-02/chat/-/-"
    assert Cell("a/b", "chat", "50%", MONDAY).key == "2026-03-02/chat/50%25/a%2Fb"


def test_only_experiences_of_the_window_count() -> None:
    """At `since` is in, at `until` is not; what came before still makes a repeat."""
    rows = [chat("a", at(), "s1"), chat("b", at(days=1), "s2"), chat("c", at(days=2), "s3")]
    (found,) = weighed(rows, POLICY, at(days=1), at(days=2)).cells.values()
    assert (found.volume, found.repeats) == (1, 1)


def test_what_led_to_what_is_counted_where_the_customer_came_back() -> None:
    """A parcel, then a refund and a bill, then no topic known: pairs by topic, each of the earlier contact's once."""
    rows = [
        chat("a", at(), "s1", topics=("delivery",)),
        call("1", at(days=1), topics=("billing", "refund")),
        chat("b", at(days=2), "s2"),
        chat("c", at(days=30), "s3", topics=("delivery",)),
    ]
    found = weighed(rows, POLICY)
    assert found.next_topics == {
        ("delivery", "billing"): 1,
        ("delivery", "refund"): 1,
        ("billing", None): 1,
        ("refund", None): 1,
    }
    assert found.led_on == {"delivery": 1, "billing": 1, "refund": 1}


@pytest.mark.parametrize(("seconds", "pairs"), [(-1, 1), (0, 1), (1, 0)])
def test_a_next_issue_is_one_within_the_window(seconds: int, pairs: int) -> None:
    """Exactly seven days is within; a bill's own window of a month is left out, as for repeats."""
    rows = [chat("a", at(), "s1", topics=("billing",)), call("1", at(days=7, seconds=seconds), topics=("billing",))]
    assert sum(weighed(rows, POLICY).next_topics.values()) == pairs
