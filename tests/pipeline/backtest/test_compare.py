"""Two policies over the same touchpoints: a pure function of them, whatever their order and division."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import Raised, advance, picture
from pipeline.backtest import CHANGES, Tally, Window, judged, placed, tallied
from pipeline.backtest.tally import counts
from pipeline.journey.policy import PromisePolicy
from pipeline.kin import Answer, Outcome, customer_named_by
from pipeline.policy import DetractorPolicy, Policy, RepeatPolicy
from pipeline.records import entry, entry_record
from pipeline.touchpoint import Entry, Identifier
from tests.pipeline.touchpoints import POLICY, at, chat, retold, runs, survey, worlds

DRAFT = replace(
    POLICY,
    name="draft",
    repeat=RepeatPolicy(within=timedelta(days=3)),
    detractor=DetractorPolicy(nps_at_most=7, worst_at_most=-0.9),
)
NOBODY = {"in_force": 0, "draft": 0, "new": 0, "gone": 0, "changed": 0}


def total(tally: Tally, kind: str) -> dict[str, int]:
    """Return the counts of a kind over all days."""
    found = dict(NOBODY)
    for (one, _), count in counts(tally.days).items():
        if one == kind:
            for name in found:
                found[name] += getattr(count, name)
    return found


@given(st.data(), worlds())
def test_neither_order_nor_repetition_changes_the_result(data: st.DataObject, world: list[Entry]) -> None:
    """Any order, some of it again: the same tally, samples included."""
    (heard,) = ([row for chunk in run for row in chunk] for run in [data.draw(runs(world))])
    assert tallied(heard, POLICY, DRAFT) == tallied(world, POLICY, DRAFT)


@given(worlds().flatmap(retold))
def test_a_policy_does_not_differ_from_itself(world: list[Entry]) -> None:
    """Under another name it says the same: nothing is new, gone or changed."""
    tally = tallied(world, POLICY, replace(POLICY, name="twin", version="9"))
    assert not {name for _, name in tally.days} & set(CHANGES)
    assert not tally.drawn


@given(worlds())
def test_new_one_way_is_gone_the_other_way(world: list[Entry]) -> None:
    """Trying the policy in force against the draft turns the signs around."""
    there, back = tallied(world, POLICY, DRAFT), tallied(world, DRAFT, POLICY)
    for kind in ("detractor-alert", "repeat-contact"):
        one, other = total(there, kind), total(back, kind)
        assert (one["new"], one["gone"], one["changed"]) == (other["gone"], other["new"], other["changed"])
        assert one["draft"] == one["in_force"] + one["new"] - one["gone"]


@given(st.lists(worlds(4), min_size=1, max_size=4), st.randoms(use_true_random=False), st.integers(0, 2))
def test_tallies_of_parts_add_up_in_any_order(towns: list[list[Entry]], dice: Random, samples: int) -> None:
    """However customers are divided among processes: the same counts, and the same samples are drawn."""
    people = [
        tallied([replace(row, customer_id=f"customer-{n}") for row in world], POLICY, DRAFT, None, samples)
        for n, world in enumerate(towns)
    ]
    one, other, halves = Tally(samples), Tally(samples), [Tally(samples), Tally(samples)]
    for person in people:
        one.add(person)
    dice.shuffle(people)
    for n, person in enumerate(people):
        halves[n % 2].add(person)
    for half in halves:
        other.add(half)
    assert one == other


@given(st.data(), worlds())
def test_what_stands_is_what_a_worker_ends_with(data: st.DataObject, world: list[Entry]) -> None:
    """A worker that hears the touchpoints in chunks has the same findings in the end, under either policy."""
    run = data.draw(runs(world))
    for policy in (POLICY, DRAFT):
        known, raised = picture((), policy), dict[str, Raised]()
        for chunk in run:
            after = advance(known, raised, chunk, policy)
            known, raised = after.picture, raised | {one.output_id: one for one in after.raised}
        stands = judged(world, policy)
        assert {name: one.body for name, one in known.findings.items()} == {n: one.body for n, one in stands.items()}


@pytest.mark.parametrize(("score", "expected"), [(5, "both"), (6, "gone"), (7, None)])
def test_a_lower_limit_lets_alerts_go(score: float, expected: str | None) -> None:
    """NPS 6 is a detractor's in force; a draft that takes 5 or lower lets it go, and only it."""
    draft = replace(POLICY, detractor=DetractorPolicy(nps_at_most=5))
    found = total(tallied([survey("q", at(), "nps", score)], POLICY, draft), "detractor-alert")
    wanted = {"both": {"in_force": 1, "draft": 1}, "gone": {"in_force": 1, "gone": 1}, None: {}}[expected]
    assert found == NOBODY | wanted


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (timedelta(days=7), {"in_force": 1, "draft": 1}),
        (timedelta(days=7, seconds=1), {"draft": 1, "new": 1}),
        (timedelta(days=8), {"draft": 1, "new": 1}),
        (timedelta(days=8, seconds=1), {}),
    ],
    ids=["just within", "just beyond", "just within the draft's", "just beyond the draft's"],
)
def test_a_longer_window_brings_flags(days: timedelta, wanted: dict[str, int]) -> None:
    """A draft of 8 days flags what came back after more than 7."""
    rows = [chat("one", at(), "s1"), chat("two", at() + days, "s2")]
    draft = replace(POLICY, repeat=RepeatPolicy(within=timedelta(days=8)))
    assert total(tallied(rows, POLICY, draft), "repeat-contact") == NOBODY | wanted


def test_changed_is_what_says_another_thing_than_its_limits() -> None:
    """The same alert under a higher limit is no change; the same flag that now is about the same topic is one."""
    alert = tallied([survey("q", at(), "nps", 3)], POLICY, replace(POLICY, detractor=DetractorPolicy(nps_at_most=5)))
    assert total(alert, "detractor-alert") == NOBODY | {"in_force": 1, "draft": 1}

    rows = [chat("one", at(), "s1", topics=("delivery",)), chat("two", at(days=3), "s2", topics=("delivery",))]
    flag = tallied(rows, POLICY, replace(POLICY, repeat=RepeatPolicy()))
    assert total(flag, "repeat-contact") == NOBODY | {"in_force": 1, "draft": 1, "changed": 1}
    (sample,) = flag.sampled("repeat-contact", "changed")
    assert [one and one["same_topic"] for one in (sample.in_force, sample.draft)] == [False, True]


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [
        (timedelta(0), None, True),
        (timedelta(seconds=1), None, False),
        (None, timedelta(0), False),
        (None, timedelta(seconds=1), True),
    ],
    ids=["since exactly then", "since just after", "until exactly then", "until just after"],
)
def test_the_window_includes_its_beginning_and_not_its_end(
    since: timedelta | None,
    until: timedelta | None,
    inside: bool,  # noqa: FBT001 -- a parameter of the grid
) -> None:
    """A finding at `since` counts, one at `until` does not."""
    window = Window(*(None if edge is None else at() + edge for edge in (since, until)))
    found = tallied([survey("q", at(), "nps", 0)], POLICY, POLICY, window)
    assert total(found, "detractor-alert")["in_force"] == int(inside)


def test_what_came_before_the_window_still_makes_a_repeat() -> None:
    """The first contact is outside of the window, and the second repeats it."""
    rows = [chat("one", at(), "s1"), chat("two", at(days=5), "s2")]
    found = tallied(rows, POLICY, Policy(), Window(since=at(days=4)))
    assert total(found, "repeat-contact") == NOBODY | {"in_force": 1, "draft": 1}


def test_a_finding_counts_once_a_day_and_queue_and_once_for_each_topic() -> None:
    """Two topics are two cells, and one finding."""
    tally = tallied([survey("q", at(), "nps", 0, topics=("billing", "card"))], POLICY, POLICY)
    assert [name for name, _ in counts(tally.days)] == ["detractor-alert"]
    assert [place[2:] for place in counts(tally.cells)] == [("", "billing"), ("", "card")]
    assert sum(count.in_force for count in counts(tally.days).values()) == 1


EMAIL, PHONE = Identifier("email", "anna@example.com"), Identifier("phone", "+442079460001")
CRM = Identifier("crm_id", "C-1001")


@pytest.mark.parametrize(
    ("answers", "named_by"),
    [
        ({}, EMAIL),
        ({EMAIL: Answer(customer_named_by(CRM), CRM)}, CRM),
        ({EMAIL: Answer("x", EMAIL, Outcome.JUNK)}, PHONE),
        ({EMAIL: Answer("x", EMAIL, Outcome.JUNK), PHONE: Answer(customer_named_by(CRM), CRM)}, CRM),
    ],
    ids=["never heard of", "another's by now", "parked", "parked, and the next one another's"],
)
def test_a_touchpoint_is_whose_it_is_in_the_end(answers: dict[Identifier, Answer], named_by: Identifier) -> None:
    """The directory's last answers decide, not who was thought to be the customer when it came in."""
    row = chat("one", at(), "s1", identifiers=(EMAIL, PHONE), customer_id="customer-of-then", epoch=7)
    own = entry(placed(entry_record(row), lambda _: answers))
    assert own == replace(row, customer_id=customer_named_by(named_by), named_by=named_by, epoch=0)


def test_what_would_page_is_counted_where_the_kind_says_so() -> None:
    """The second alert about the same cause within the cool-down is recorded only; flags say nothing of paging."""
    rows = [
        survey("q1", at(), "nps", 0, topics=("billing",)),
        survey("q2", at(hours=1), "nps", 0, topics=("billing",)),
        chat("one", at(), "s1"),
        chat("two", at(days=1), "s2"),
    ]
    found = {kind: count for (kind, _), count in counts(tallied(rows, POLICY, POLICY).days).items()}
    alerts, flags = found["detractor-alert"], found["repeat-contact"]
    assert (alerts.in_force, alerts.pages_in_force, alerts.pages_draft) == (2, 1, 1)
    assert (flags.in_force, flags.pages_in_force) == (1, 0)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(60, "open open"), (60.1, "open broken"), (65, "open broken"), (65.1, "broken broken")],
    ids=["due", "after it", "exactly at the grace in force", "after that too"],
)
def test_a_promise_in_silence_is_judged_by_what_time_it_is(minutes: float, expected: str) -> None:
    """Due in an hour: the draft has no grace, the policy in force has five minutes."""
    draft = replace(POLICY, promise=PromisePolicy(grace=timedelta(0)))
    rows, now = [chat("one", at(), "s1", actor="agent", promised_by=at(hours=1))], at(minutes=minutes)
    states = [next(iter(judged(rows, one, now).values())).body["state"] for one in (POLICY, draft)]
    assert states == expected.split()
    assert judged(rows, draft) == judged(rows, draft, at(minutes=60))
