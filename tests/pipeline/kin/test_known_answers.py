"""The situations that an identity must not get wrong."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest

from pipeline.kin import Answer, KinRules, Limit, News, Outcome, customer_named_by, owner
from pipeline.touchpoint import Identifier
from tests.builders import NOON
from tests.pipeline.kin.worlds import (
    WIDE,
    Event,
    Store,
    crm,
    customers,
    email,
    event,
    phone,
    visitor,
    whole,
    with_junk,
)

RULES = KinRules()
"""What a company has that sets nothing."""


def owners(events: list[Event], *asked: Identifier, rules: KinRules = RULES) -> Identifier:
    """Return the identifier that names the customer of an event with these identifiers."""
    found = owner(sorted(asked, key=rules.rank), whole(events, [], rules).answers)
    assert found is not None
    return found.named_by


def test_another_person_logs_in_on_a_phone() -> None:
    """Two CRM ids used one telephone: an anonymous call from it is a third customer's, and theirs stay theirs."""
    events = [event("phone/1", crm(1), phone(1)), event("phone/2", crm(2), phone(1))]
    assert owners(events, phone(1)) == phone(1)
    assert owners(events, phone(1), crm(2)) == crm(2)
    assert whole(events, [], RULES).answers[phone(1)].parked is Outcome.CLAIMED_BY_TWO


@pytest.mark.parametrize("turn", [1, -1])
def test_another_person_logs_in_by_an_address_of_theirs(turn: int) -> None:
    """Nor is it guessed where the CRM ids stand one step further away, whichever address is the smaller."""
    events = [
        event("chat/1", crm(1), email(1)),
        event("chat/2", crm(2), email(2)),
        event("phone/1", email(1), phone(1)),
        event("phone/2", email(2), phone(1)),
    ][::turn]
    assert owners(events, phone(1)) == phone(1)
    assert owners(events, phone(1), email(1)) == crm(1)
    assert owners(events, phone(1), email(2)) == crm(2)


def test_a_stronger_bond_wins_over_a_weaker_one() -> None:
    """A telephone that stood with a CRM id itself is that customer's, though a stranger's address was seen with it."""
    events = [event("a/1", crm(1), phone(1)), event("a/2", crm(2), email(2)), event("a/3", email(2), phone(1))]
    assert owners(events, phone(1)) == crm(1)
    assert owners(events, phone(1), email(2)) == crm(2)


def test_two_crm_ids_with_one_shared_address_stay_two() -> None:
    """The address is parked; each of them keeps what else is theirs."""
    events = [
        event("chat/1", crm(1), email(1), phone(1)),
        event("chat/2", crm(2), email(1), phone(2)),
    ]
    assert customers(whole(events, [], RULES).answers) == {
        frozenset({crm(1), phone(1)}),
        frozenset({crm(2), phone(2)}),
        frozenset({email(1)}),
    }


def test_two_crm_ids_on_one_event_stay_two() -> None:
    """And what else stood on it is nobody's."""
    resolved = whole([event("chat/1", crm(1), crm(2), email(1))], [], RULES)
    assert resolved.outcomes[crm(1), crm(2)] is Outcome.TWO_CRM_IDS
    assert resolved.answers[email(1)].parked is Outcome.CLAIMED_BY_TWO


def test_a_family_with_one_address() -> None:
    """Parents whom the company tells apart by its own ids share a mailbox and a line: they stay two."""
    events = [
        event("email/1", crm(1), email(1)),
        event("phone/1", crm(1), phone(1), visitor(1)),
        event("email/2", crm(2), email(1)),
        event("phone/2", crm(2), phone(1), visitor(2)),
    ]
    assert owners(events, email(1)) == email(1)
    assert owners(events, phone(1)) == phone(1)
    assert owners(events, visitor(1)) == crm(1)
    assert owners(events, visitor(2)) == crm(2)


@pytest.mark.parametrize("centre", [phone(0), email(0), visitor(0), crm(0)], ids=lambda one: one.type)
@pytest.mark.parametrize("others", [phone, email, visitor], ids=["phones", "addresses", "browsers"])
def test_a_hub_makes_nobody_one(centre: Identifier, others: type) -> None:
    """What stands with very many is no person's, whatever its type and theirs: the many stay as many."""
    callers = [others(number) for number in range(1, 200)]
    answers = whole([event(f"phone/{n}", centre, caller) for n, caller in enumerate(callers)], [], RULES).answers
    assert all(answers[caller].named_by == caller for caller in callers)


def test_a_call_centres_number_costs_the_same_on_every_call() -> None:
    """On 20,000 calls 20,000 callers are not one, and the reads for the next call do not grow."""
    calls = [event(f"phone/{number}", phone(0), phone(number)) for number in range(1, 20_001)]
    store = Store(RULES)
    reads = []
    for number, call in enumerate(calls):
        if 40 <= number < len(calls) - 20:
            store.keep(call.news(RULES))
            continue
        before = store.reads
        gathered = store.hear(call.news(RULES))
        assert len(gathered.identifiers) <= 11
        reads.append(store.reads - before)
    assert max(reads[20:]) == max(reads[-20:]) <= 10
    answers = whole(calls, [], RULES).answers
    assert len(customers(answers)) == 20_001
    assert answers[phone(0)] == store.directory[phone(0)]
    assert answers[phone(0)].parked is Outcome.SHARED_BY_TOO_MANY


def test_a_value_put_on_the_junk_list_later() -> None:
    """What it had joined comes apart again, once each identifier is resolved by the new rules."""
    store = Store(RULES)
    for each in (event("a/1", email(1), phone(1)), event("a/2", phone(1), visitor(1))):
        store.hear(each.news(RULES))
    assert len(customers(store.directory)) == 1
    store.rules = with_junk(RULES, {phone(1)})
    for one in tuple(store.directory):
        gathered = store.hear(News(), [one], formerly=RULES)
        assert set(gathered.identifiers) == {email(1), phone(1), visitor(1)}, "all who were one are told"
    assert customers(store.directory) == {frozenset({email(1)}), frozenset({phone(1)}), frozenset({visitor(1)})}
    assert store.directory[phone(1)] == Answer(customer_named_by(phone(1)), phone(1), Outcome.JUNK)


def test_a_value_passes_its_limit_with_the_twentieth() -> None:
    """Nineteen share a telephone and are one; with the twentieth they are twenty, and each is told."""
    rules = KinRules(limits={"phone": Limit(shared_by=19, held=10)})
    store = Store(rules)
    for number in range(1, 20):
        store.hear(event(f"phone/{number}", email(number), phone(1)).news(rules))
        assert len(customers(store.directory)) == 1
    gathered = store.hear(event("phone/20", email(20), phone(1)).news(rules))
    assert len(customers(store.directory)) == 21
    assert set(gathered.identifiers) == {phone(1), *(email(number) for number in range(1, 21))}
    assert store.directory[phone(1)].parked is Outcome.SHARED_BY_TOO_MANY


@pytest.mark.parametrize(("held", "joined"), [(2, True), (3, True), (4, False)])
def test_one_that_holds_too_many_links_to_none_of_them(held: int, joined: bool) -> None:  # noqa: FBT001 -- expected
    """A customer has up to so many telephones, that many included; beyond it is a company's account, not a person."""
    rules = KinRules(limits={"phone": Limit(shared_by=5, held=3)})
    resolved = whole([event(f"a/{n}", crm(1), phone(n)) for n in range(held)], [], rules)
    assert all((answer.named_by == crm(1)) == joined for one, answer in resolved.answers.items() if one != crm(1))
    assert set(resolved.outcomes.values()) == {Outcome.JOINED if joined else Outcome.HOLDS_TOO_MANY}


@pytest.mark.parametrize(("day", "parked"), [(6, True), (7, False), (8, False)])
def test_a_limit_counts_within_its_window(day: int, parked: bool) -> None:  # noqa: FBT001 -- the expected answer
    """Two addresses on one line are too many in one window, and not in two: a number is given to somebody else."""
    rules = KinRules(limits={"phone": Limit(shared_by=1, held=9, within=timedelta(days=7))})
    first = -(NOON - datetime(1970, 1, 1, tzinfo=UTC)).days % 7  # a day on which a window begins
    events = [event("a/1", email(1), phone(1), day=first), event("a/2", email(2), phone(1), day=first + day)]
    assert (whole(events, [], rules).answers[phone(1)].parked is not None) == parked


def test_identifiers_arrive_in_every_order() -> None:
    """One person's five identifiers, two at a time, are one customer of the CRM id's whatever came first."""
    pairs = [
        (crm(1), email(1)),
        (email(1), phone(1)),
        (phone(1), visitor(1)),
        (visitor(1), Identifier("handle", "x:a")),
    ]
    for order in permutations(enumerate(pairs)):
        store = Store(RULES)
        for number, both in order:
            store.hear(event(f"a/{number}", *both).news(RULES))
        assert {answer.customer_id for answer in store.directory.values()} == {customer_named_by(crm(1))}


def test_a_chain_of_ten_is_joined_by_the_last_event() -> None:
    """Two chains of five are two customers until one event ties their ends."""
    chain = [*map(crm, range(1)), *map(email, range(3)), *map(phone, range(3)), *map(visitor, range(3))]
    store = Store(WIDE)
    for number, both in enumerate(pairwise(chain)):
        if number != 4:
            store.hear(event(f"a/{number}", *both).news(WIDE))
    assert len(customers(store.directory)) == 2
    gathered = store.hear(event("a/last", chain[4], chain[5]).news(WIDE))
    assert set(gathered.identifiers) == set(chain)
    assert customers(store.directory) == {frozenset(chain)}
