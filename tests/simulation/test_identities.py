"""Who can be known: the simulation's own answer, and the same from the pure core."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.contracts import identifiers_in_force
from commands.sorting import Seen, by_kin
from pipeline.touchpoint import Identifier
from simulation import Answers, KnownAnswer, Name, Shared, Simulated, simulate
from simulation.claims import identifiers_in
from simulation.knowable import customers
from simulation.manners import manner
from simulation.numbers import a_number, an_american_number
from simulation.pairs import agreement
from simulation.tangles import PLAIN, TANGLE_EVERY, TANGLES

START = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=12)
PEOPLE_AND_CUSTOMERS = {
    "family_phone": (2, 3), "one_address": (2, 3), "switchboard": (8, 9), "two_crm_ids": (1, 3), "couple": (2, 1),
    "two_addresses": (1, 1), "recycled_phone": (2, 3), "family_by_mail": (2, 3), "junk": (3, 3), "chain": (1, 1),
    "shared_device": (2, 3),
}  # fmt: skip
ALL_TANGLES = TANGLE_EVERY * len(TANGLES)


def known(events: list[Simulated]) -> KnownAnswer:
    """Return the known answer of these events."""
    answers = Answers()
    for event in events:
        answers.hear(event)
    return answers.known()


def by_core(events: list[Simulated]) -> dict[str, str]:
    """Return the customers that the pure core makes of the identifiers in the events."""
    seen = [
        Seen(event.event_id, tuple(Identifier(*name) for name in event.identifiers), event.occurred_at)
        for event in events
        if event.rejected_for is None and not event.again
    ]
    return by_kin(seen, identifiers_in_force().kin)


def told(seed: int, customers: int) -> list[Simulated]:
    """Return a town across identifiers."""
    return list(simulate(seed, customers, START, every=EVERY))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 1))
def test_wherever_the_stream_ends_the_core_knows_what_can_be_known(seed: int, share: float) -> None:
    """The customers of the core are those of the known answer, pair by pair, at any cut."""
    events = told(seed, 2 * TANGLE_EVERY)
    events = events[: int(len(events) * share) + 1]
    answer = known(events)
    compared = agreement(answer.customer_of, by_core(events))
    assert compared.wanted == compared.found == compared.both


def test_every_hard_case_ends_as_its_plot_says() -> None:
    """So many people, so many customers of them, by hand; the core agrees in each."""
    events = told(5, ALL_TANGLES)
    answer, core = known(events), by_core(events)
    for name, wanted in PEOPLE_AND_CUSTOMERS.items():
        of_it = [event for event, situation in answer.situation_of.items() if situation == name]
        sizes = [len({sorting[event] for event in of_it}) for sorting in (answer.person_of, answer.customer_of, core)]
        assert sizes == [wanted[0], wanted[1], wanted[1]], name
    assert set(answer.situation_of.values()) == {PLAIN, *PEOPLE_AND_CUSTOMERS}


def test_no_customer_holds_two_crm_ids() -> None:
    """Neither by the known answer nor by the core."""
    events = told(6, ALL_TANGLES)
    answer, core = known(events), by_core(events)
    for sorting in (answer.customer_of, core):
        held: dict[object, set[str]] = {}
        for event in events:
            if event.event_id in sorting:
                ids = {value for type_, value in event.identifiers if type_ == "crm_id"}
                held.setdefault(sorting[event.event_id], set()).update(ids)
        assert max(len(ids) for ids in held.values()) == 1


def test_people_never_joined_are_several_customers_and_most_are_one() -> None:
    """Of the plain ones, some nobody can know, more than half are one customer; and no two people are one."""
    answer = known(told(8, 200))
    spread: dict[int, set[object]] = {}
    for event, person in answer.person_of.items():
        if answer.situation_of[event] == PLAIN:
            spread.setdefault(person, set()).add(answer.customer_of[event])
    whole = sum(len(each) == 1 for each in spread.values())
    assert len(spread) / 2 < whole < len(spread)
    assert sum(map(len, spread.values())) == len(set().union(*spread.values()))


def test_the_story_is_the_same_whatever_it_is_known_by() -> None:
    """The same events at the same times in the same words; alerts the same, flags a part of the others."""
    one = list(simulate(9, 60, START, one_identifier=True))
    many = [event for event in told(9, 60) if event.situation == PLAIN]
    assert [_story(event) for event in many] == [_story(event) for event in one]
    joined, across = known(one), known(told(9, 60))
    for name in ("explicit", "inferred"):
        alerts = [[(each.event_id, each.metric) for each in getattr(answer, name)] for answer in (joined, across)]
        assert alerts[0] == alerts[1]
    assert {each.first_event_id for each in across.any_topic} < {each.first_event_id for each in joined.any_topic}


def _story(event: Simulated) -> object:
    if isinstance(event.value, bytes):
        return event.event_id, event.sent_at, event.value
    kept = {name: value for name, value in event.value.items() if name not in {"customer", "from"}}
    return event.event_id, event.sent_at, event.again, repr(kept)


def test_a_review_comes_back_to_the_newest_contact_that_is_known_to_be_the_same_customers() -> None:
    """Chat, call, review: where the call is another customer's, the review repeats the chat."""
    found = set()
    for seed in range(6):
        for repeat in known(told(seed, 100)).same_topic:
            if repeat.source == "review":
                found.add(repeat.previous_source)
    assert found == {"phone", "chat"}


@pytest.mark.parametrize(("values", "stands"), [(1, True), (2, True), (3, False)])
def test_a_shared_identifier_stands_for_somebody_up_to_its_limit(values: int, *, stands: bool) -> None:
    """Just within, exactly at, and just beyond."""
    phone = ("phone", "+12125550100")
    events: dict[str, tuple[Name, ...]] = {f"e-{n}": (("email", f"{n}@example.com"), phone) for n in range(values)}
    events["alone"] = (phone,)
    found = customers(events, {Shared(phone, 2, "email")})
    assert (found["alone"] == ("email", "0@example.com")) is stands
    assert len(set(found.values())) == (1 if stands else values + 1)


@pytest.mark.parametrize(
    ("source", "value", "found"),
    [
        ("phone", {"from": "+44 20 7946 0001", "customer": {}}, [("phone", "+442079460001")]),
        ("phone", {"from": "anonymous", "customer": {"customer_id": "C-1"}}, [("crm_id", "C-1")]),
        ("email", {"from": "Una <u@example.com>", "to": ["help@example.net"]}, [("email", "u@example.com")]),
        ("email", {"direction": "outbound", "to": ["u@example.com"]}, [("email", "u@example.com")]),
        ("review", {"site": "starboard", "author": "una", "customer": {}}, [("handle", "starboard:una")]),
        ("chat", {"customer": {"visitor_id": "v-1", "account_id": "acc-1"}}, [("visitor_id", "v-1")]),
    ],
)  # fmt: skip
def test_an_events_identifiers_are_read_off_it(source: str, value: dict[str, object], found: list[object]) -> None:
    """The customer's side of the line and what the source says; an account is nobody's name."""
    assert list(identifiers_in(source, value)) == found


def test_numbers_belong_to_one_and_end() -> None:
    """No number twice; after the last there is none."""
    for numbers, many in ((a_number, 13_000), (an_american_number, 4_800)):
        assert len({numbers(index) for index in range(many)} - {None}) == many
        assert [numbers(index) is None for index in (many - 1, many, many + 1)] == [False, True, True]


def test_some_are_strangers() -> None:
    """Some are never told by their strongest identifier, most sometimes."""
    manners = [manner(Random(seed)) for seed in range(400)]  # noqa: S311 -- repeatable, not secret
    never = sum(not (m.logs_in or m.recognised or m.filed or m.verified or m.asked_by_id) for m in manners)
    assert 40 < never < 100
