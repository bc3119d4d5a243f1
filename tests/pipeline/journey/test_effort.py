"""What a contact cost the customer: each component at its cap and below, and the limit of a signal."""

from typing import Any, cast

import pytest

from pipeline.advance import advance, picture
from pipeline.journey.effort import effort
from pipeline.journey.policy import EffortPolicy, Weight
from pipeline.touchpoint import Entry, Handling
from tests.pipeline.journey.telling import signals, told
from tests.pipeline.touchpoints import POLICY, Overrides, at, call, chat, email, entry


def cost(*entries: Entry) -> tuple[float, dict[str, tuple[float, float]]]:
    """Return the score of the contact that these touchpoints are, and each component's amount and points."""
    (contact,) = picture(entries, POLICY).contacts
    found = effort(contact, None, POLICY.effort)
    return found.score, {part.name: (part.value, part.points) for part in found.components}


def handled(**how: Overrides) -> Entry:
    """Return a finished call that was handled so."""
    return call("1", at(), handling=Handling(**how))


@pytest.mark.parametrize(
    ("entry", "component", "amount", "points"),
    [
        (handled(wait_seconds=60.0), "waiting", 1, 1),
        (handled(wait_seconds=19.5 * 60), "waiting", 19.5, 19.5),
        (handled(wait_seconds=20.0 * 60), "waiting", 20, 20),
        (handled(wait_seconds=90.0 * 60), "waiting", 90, 20),
        (handled(hold_seconds=120.0), "hold", 2, 3),
        (handled(hold_seconds=3600.0), "hold", 60, 15),
        (handled(transfers=1), "transfers", 1, 10),
        (handled(transfers=3), "transfers", 3, 20),
        (handled(agents=("a", "b")), "agents", 1, 5),
        (handled(outcome="abandoned"), "abandoned", 1, 15),
        (chat("c", at(), "s", asks_human=True), "asks_person", 1, 10),
    ],
)
def test_each_component_is_its_amount_times_its_weight_up_to_its_cap(
    entry: Entry, component: str, amount: float, points: float
) -> None:
    """What there was is shown as it was; only its points are cut."""
    assert cost(entry) == (points, {component: (amount, points)})


def test_one_agent_and_no_trouble_cost_nothing() -> None:
    """A call that was answered at once has no effort, and no component."""
    assert cost(handled(outcome="answered", agents=("a",), wait_seconds=0.0)) == (0, {})


def test_a_call_in_parts_costs_what_the_whole_would() -> None:
    """Waiting runs from queued to answered, and again after a transfer; told both ways, the whole counts."""
    parts = [
        call("1", at(), kind="queued", outcome=None, event_id="p1"),
        call("1", at(minutes=4), kind="answered", outcome=None, event_id="p2", actor="agent"),
        call("1", at(minutes=6), kind="held", event_id="p3", actor="agent", handling=Handling(hold_seconds=60)),
        call("1", at(minutes=7), kind="transferred", event_id="p4", actor="agent", handling=Handling(transfers=1)),
    ]
    assert cost(*parts) == (15.5, {"waiting": (4, 4), "hold": (1, 1.5), "transfers": (1, 10)})
    whole = call("1", at(), event_id="w", handling=Handling(wait_seconds=240, hold_seconds=60, transfers=1))
    assert cost(*parts, whole) == cost(whole)


def test_a_transfer_told_by_number_and_by_a_new_call_is_one() -> None:
    """The first call says that it was transferred, and the second from which: nobody was passed on twice."""
    first, second = call("1", at(), handling=Handling(transfers=1)), call("2", at(minutes=5), transferred_from="1")
    assert cost(first, second)[1] == {"transfers": (1, 10)}
    assert cost(call("1", at()), second)[1] == {"transfers": (1, 10)}


def test_a_bot_alone_is_effort_until_an_agent_speaks() -> None:
    """Only a bot answered: ten points, gone when a person answers."""
    asked, bot = chat("1", at(), "s"), chat("2", at(minutes=1), "s", actor="bot", direction="outbound")
    agent = chat("3", at(minutes=2), "s", actor="agent", direction="outbound")
    assert cost(asked, bot) == (10, {"bot_only": (1, 10)})
    assert cost(asked, bot, agent) == (0, {})


def test_what_the_company_begins_costs_nothing() -> None:
    """An outbound call may hold as long as it will."""
    assert cost(call("1", at(), direction="outbound", handling=Handling(hold_seconds=999)))[0] == 0


def test_repeats_and_channels_are_those_of_the_story() -> None:
    """The third contact of a story, by the second channel."""
    story = [call("1", at(), outcome="abandoned"), call("2", at(hours=2)), email("m", at(days=1))]
    costs = picture(story, POLICY).efforts
    told_of = {contact.channel: costs[contact.contact_id] for contact in picture(story, POLICY).contacts}
    assert {part.name: part.value for part in told_of["email"].components} == {"channels": 1, "repeats": 2}
    assert told_of["email"].score == 35


@pytest.mark.parametrize(("minutes", "raised"), [(19.9, False), (20, True), (60, True)])
def test_a_signal_is_raised_at_its_limit(minutes: float, *, raised: bool) -> None:
    """49.9 points are none, 50 are one: two transfers, two agents more, and the waiting."""
    entry = handled(wait_seconds=minutes * 60, transfers=2, agents=("a", "b", "c"))
    found = signals([entry], "effort")
    assert bool(found) is raised
    if raised:
        (signal,) = found
        assert signal["score"] == 50
        assert signal["why"] == f"Effort 50 of 100: 2 transfers, {minutes} min waiting, 2 more agents told."
        assert sum(part["points"] for part in cast("list[Any]", signal["components"])) == 50


def test_the_score_is_at_most_a_hundred() -> None:
    """Everything at once is still a hundred, and every component can be seen."""
    call_ = handled(wait_seconds=9e3, hold_seconds=9e3, transfers=5, agents=tuple("abcdef"), outcome="abandoned")
    (contact,) = picture([call_, entry("x", at(), keys=("phone:1",), asks_human=True)], POLICY).contacts
    found = effort(contact, {"channels": ["phone", "chat"], "chain_length": 4}, POLICY.effort)
    assert (found.score, sum(part.points for part in found.components)) == (100, 145)


def test_a_signal_stands_on_the_newest_activity_so_that_it_is_no_stale_news() -> None:
    """An effort that is reached on the tenth day of a thread is the tenth day's news."""
    hard = Handling(wait_seconds=1200, transfers=2, agents=("a", "b", "c"))
    thread = [email("1", at()), email("2", at(days=10), "1", handling=hard)]
    (signal,) = signals(thread, "effort")
    assert signal["deliver_before"] == at(days=11)


def test_a_late_fact_takes_the_signal_back() -> None:
    """The wait was told wrongly in parts; the whole call says less."""
    parts = [
        call("1", at(), kind="queued", outcome=None, event_id="p1"),
        call("1", at(minutes=40), kind="answered", outcome=None, event_id="p2"),
        call(
            "1", at(minutes=41), kind="transferred", event_id="p3", handling=Handling(transfers=2, agents=tuple("abc"))
        ),
    ]
    whole = call("1", at(minutes=41), event_id="w", handling=Handling(wait_seconds=5, transfers=1))
    out = told([parts, [whole]])
    assert [(one["kind"], one["status"]) for one in out] == [("effort", "raised"), ("effort", "retracted")]
    assert out[1]["version"] == 4


def test_the_timeline_shows_each_contacts_effort_and_the_customers_sum() -> None:
    """The sum is of all contacts within the horizon, the list of those listed."""
    story = [call("1", at(days=-100), outcome="abandoned"), call("2", at(), outcome="abandoned"),
             email("m", at(days=1))]  # fmt: skip
    timeline: Any = advance(picture((), POLICY), {}, story, POLICY).timeline
    assert [contact["effort"] for contact in timeline["contacts"]] == [15, 20]
    assert timeline["effort"] == 35


def test_weights_are_the_policys() -> None:
    """A company that counts waiting only has the waiting as its score."""
    (contact,) = picture([handled(wait_seconds=600, transfers=2)], POLICY).contacts
    assert effort(contact, None, EffortPolicy(transfers=Weight(0, 0))).score == 10
