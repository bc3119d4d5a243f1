"""The simulation keeps its own rules: seeded, ordered, invented, and the same story whoever it is known by."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulation import LONGEST_STORY, Answers, Repeat, Simulated, simulate
from simulation.phrases import say
from simulation.plots import PLOTS

START = datetime(2026, 3, 1, tzinfo=UTC)
seeds = st.integers(min_value=0, max_value=2**32)


def events(seed: int = 7, customers: int = 40, *, one_identifier: bool = False) -> list[Simulated]:
    """Return a small simulation."""
    return list(simulate(seed, customers, START, one_identifier=one_identifier))


@given(seed=seeds)
def test_one_seed_tells_one_story(seed: int) -> None:
    """The same seed gives the same events, in the same order."""
    assert repr(events(seed, 5)) == repr(events(seed, 5))  # NaN is not equal to itself


@given(seed=seeds)
def test_events_come_in_the_order_of_sending_and_never_before_the_start(seed: int) -> None:
    """`sent_at` never goes back, no event is sent before it happened, none is before `start`."""
    told = events(seed, 8)
    sent = [event.sent_at for event in told]
    assert sent == sorted(sent)
    assert all(START <= event.occurred_at <= event.sent_at for event in told)


@given(seed=seeds, customers=st.integers(min_value=1, max_value=12), more=st.integers(min_value=1, max_value=5))
def test_more_customers_do_not_change_the_stories_of_the_first(seed: int, customers: int, more: int) -> None:
    """Customer n's events are the same, however many come after."""
    few, many = events(seed, customers), events(seed, customers + more)
    whom = {event.customer for event in few}
    assert repr([e for e in many if e.customer in whom]) == repr(few)


@given(seed=seeds)
def test_what_is_received_is_admitted_or_rejected(seed: int) -> None:
    """The known answer adds up."""
    answers = Answers()
    for event in simulate(seed, 10, START):
        answers.hear(event)
    known = answers.known()
    assert known.received == known.admitted + known.rejected
    assert sum(known.rejected_by_reason.values()) == known.rejected
    assert {repeat.first_event_id for repeat in known.same_topic} <= {
        repeat.first_event_id for repeat in known.any_topic
    }


def test_a_fact_whose_events_were_not_all_sent_does_not_stand() -> None:
    """Cut the stream just before, at, and just after the event that completes a repeat."""
    told = events(7, 30, one_identifier=True)
    place, repeat = next(
        (place, fact) for place, event in enumerate(told) for fact in event.facts if isinstance(fact, Repeat)
    )
    found = []
    for end in (place, place + 1, place + 2):
        answers = Answers()
        for event in told[:end]:
            answers.hear(event)
        known = answers.known()
        found.append(repeat in known.any_topic + known.same_topic)
    assert found == [False, True, True]


def test_with_one_identifier_every_event_of_a_customer_carries_it() -> None:
    """Whoever is named by a customer id gives it in every event; the others give their e-mail."""
    for event in events(11, 80, one_identifier=True):
        if event.rejected_for is None:
            assert isinstance(event.value, dict)
            name = "customer_id" if event.customer[0] == "crm_id" else "email"
            assert event.value["customer"][name] == event.customer[1]
            assert name == "customer_id" or "customer_id" not in event.value["customer"]


def test_every_plot_is_told_in_a_middling_town() -> None:
    """Two hundred customers meet every source, every rejection's stage, late events and repeats."""
    answers = Answers()
    for event in simulate(3, 400, START):
        answers.hear(event)
    known = answers.known()
    assert set(known.by_source) == {"chat", "phone", "email", "review", "survey", "other"}
    assert len(known.rejected_by_reason) >= 5
    assert {alert.metric for alert in known.explicit} == {"nps", "csat", "ces", "stars"}
    assert known.inferred
    assert known.same_topic
    assert known.late
    assert known.duplicates
    assert len(known.any_topic) > len(known.same_topic)


def test_the_words_do_not_repeat_themselves() -> None:
    """No sentence of a customer that opens a contact is more than a twentieth of all."""
    texts = Counter(
        event.value["text"]
        for event in events(5, 400)
        if isinstance(event.value, dict) and event.value.get("sender") == "customer" and not event.again
    )
    long = Counter({text: number for text, number in texts.items() if len(str(text)) > 40})
    assert len(long) > 150
    assert long.most_common(1)[0][1] < long.total() / 20


def test_customers_are_made_as_they_are_needed() -> None:
    """A simulation without end can be begun."""
    endless = simulate(1, None, START, every=timedelta(minutes=1))
    first = [next(endless) for _ in range(50)]
    assert first[-1].occurred_at <= START + 2 * LONGEST_STORY


def test_a_pattern_is_one_of_its_sentences() -> None:
    """Alternatives nest, places are filled."""
    pattern = "{|Hi. }The <x> is {late|{very|quite} late}."
    said = {say(Random(n), pattern, {"x": "tram"}) for n in range(200)}  # noqa: S311 -- repeatable, not secret
    assert said == {
        f"{hello}The tram is {how}." for hello in ("", "Hi. ") for how in ("late", "very late", "quite late")
    }


def test_the_plots_have_weights() -> None:
    """Every plot can happen."""
    assert all(weight > 0 for _, weight in PLOTS)
