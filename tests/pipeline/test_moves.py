"""Identity spreads: however Kafka interleaves it, every touchpoint ends in one timeline, and what was said is right."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advance import Advance, Move, advance
from pipeline.kin.resolution import customer_named_by
from pipeline.resettle import Change, resettle
from pipeline.touchpoint import Entry, Identifier
from tests.pipeline.moving_truth import (
    Events,
    assert_each_is_in_one_timeline,
    assert_readers_hold_the_truth,
    assert_timelines_are_true,
    assert_versions_are_lawful,
    number,
    truth,
)
from tests.pipeline.moving_world import NAMES, RULES, Company, Customer, Resolver
from tests.pipeline.touchpoints import POLICY, UNHAPPY, at, call, chat, entries, other

MANY = settings(max_examples=200, deadline=None)


@st.composite
def events(draw: st.DrawFn, most: int = 6) -> Events:
    """Touchpoints with one to three identifiers; a conversation is always with the same identifiers."""
    told = []
    for i in range(draw(st.integers(1, most))):
        event = draw(entries(f"e{i}"))
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        names = sorted(names, key=RULES.rank)
        told.append(with_identifiers(event, names))
    return told


def with_identifiers(event: Entry, names: Iterable[Identifier]) -> Entry:
    """Return the event as one of these identifiers, in conversations of their own."""
    names = tuple(names)
    tag = "+".join(name.value for name in names)
    keys = tuple(f"{key}@{tag}" for key in event.keys)
    item = None if event.item is None else f"{event.item}@{tag}"
    return replace(event, identifiers=names, keys=keys, item=item)


Script = list[tuple[str, int, int]]
ACTIONS = ("admit", "admit", "again", "claim", "die", "step", "step", "step", "split", "merge", "redo")
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9), st.integers(0, 9)), max_size=25)


def played(told: Events, script: Script, seed: int) -> Company:
    """Return a company that was told everything, in an order that the script and the seed make, and came to rest."""
    random = Random(seed)  # noqa: S311 -- hypothesis draws the seed
    company = Company(lambda n: random.randrange(n) if n > 1 else 0)
    fresh, claims = list(told), []
    for action, one, two in script:
        if action == "admit" and fresh:
            event = fresh.pop(one % len(fresh))
            company.admit(event)
            claims.append(event)
        elif action == "again":
            company.admit(told[one % len(told)])
            claims.append(told[one % len(told)])
        elif action == "claim" and claims:
            event = claims.pop(one % len(claims))
            company.resolver.claim(event.identifiers, event.event_id)
        elif action == "die" and claims:
            event = claims.pop(one % len(claims))
            company.resolver.die(event.identifiers, event.event_id, two % 4)
        elif action == "look":
            company.look_at_the_clock()
        elif action == "step" and company.waiting:
            company.step()
        else:
            spoken(company.resolver, action, one, two)
    for event in fresh:
        company.admit(event)
    for event in [*claims, *fresh]:
        company.resolver.claim(event.identifiers, event.event_id)
    company.settle()
    return company


def spoken(resolver: Resolver, action: str, one: int, two: int) -> None:
    """Let an operator speak, or the resolver take its newest claims again."""
    if action == "split":
        resolver.split(NAMES[one % len(NAMES)])
    elif action == "merge" and one % len(NAMES) != two % len(NAMES):
        resolver.merge(NAMES[one % len(NAMES)], NAMES[two % len(NAMES)])
    elif action == "redo":
        resolver.redo(one)


@given(events(), SCRIPTS, st.integers(0, 10**6))
@MANY
def test_however_it_is_interleaved_it_ends_as_one_picture_a_customer(told: Events, script: Script, seed: int) -> None:
    """The law of this room: one timeline for each touchpoint, and readers hold what one picture of all would say."""
    company = played(told, script, seed)
    assert_each_is_in_one_timeline(company, told)
    assert_readers_hold_the_truth(company, told)
    assert_versions_are_lawful(company)
    assert_timelines_are_true(company, told)


@given(events(), SCRIPTS, st.integers(0, 10**6), st.permutations(NAMES[2:]))
@settings(max_examples=60, deadline=None)
def test_merge_then_split_is_where_you_began(told: Events, script: Script, seed: int, names: list[Identifier]) -> None:
    """An operator joins two that nothing bound, and tells them apart again: the same rows count where they did."""
    told = [event for event in told if not {names[0], names[1]} & set(event.identifiers)]
    alone = [
        with_identifiers(chat(f"own{i}", at(days=i), "s", mood=UNHAPPY), (name,)) for i, name in enumerate(names[:2])
    ]
    company = played([*told, *alone], [each for each in script if each[0] not in ("split", "merge")], seed)
    before = standing_of(company)
    company.resolver.merge(names[0], names[1])
    company.settle()
    assert_readers_hold_the_truth(company, [*told, *alone])
    company.resolver.split(names[1])
    company.settle()
    assert_readers_hold_the_truth(company, [*told, *alone])
    assert standing_of(company) == before


def standing_of(company: Company) -> dict[str, tuple[set[str], dict[str, Mapping[str, object]]]]:
    """Return, of each customer with touchpoints that count, which those are, and what stands on them."""
    return {
        whose: (
            {row.event_id for row in customer.known.rows},
            {name: finding.body for name, finding in customer.known.findings.items()},
        )
        for whose, customer in company.customers.items()
        if customer.known.rows
    }


@given(events(), SCRIPTS, st.integers(0, 10**6), st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_an_erasure_takes_what_is_the_persons_and_no_more(
    told: Events, script: Script, seed: int, names: list[Identifier]
) -> None:
    """One after the other: what is the person's is in no state, every other touchpoint in its owner's timeline alone,
    though it carries an identifier that is forgotten; readers hold what one picture of the others would say.
    """
    company = played(told, script, seed)
    resolver, left = company.resolver, list(told)
    for name in names:
        answer = resolver.answers().get(name)
        whose = customer_named_by(name) if answer is None else answer.customer_id
        left = [event for event in left if resolver.final(event.identifiers) != whose]
        resolver.erase(name)
    company.settle()
    assert_each_is_in_one_timeline(company, left)
    assert_readers_hold_the_truth(company, left)
    assert_timelines_are_true(company, left)
    kept = {row.event_id for customer in company.customers.values() for row in customer.known.held}
    assert kept == {event.event_id for event in left}


# --- examples


CRM, MAIL, VISITOR = NAMES[0], NAMES[2], NAMES[5]


def heard(customer: Customer, change: Change) -> Advance:
    """Let a customer hear a change, and return what followed."""
    after = resettle(customer.known, customer.raised, [change], POLICY)
    customer.store(after, remembers=True)
    return after


def took(customer: Customer, *moves: Move) -> Advance:
    """Let a customer take moved rows, and return what followed."""
    brought = [one for move in moves for one in move.raised]
    rows = [move.entry for move in moves]
    after = advance(customer.known, customer.raised, rows, POLICY, brought, moves[-1].reason)
    customer.store(after, remembers=True)
    return after


def test_a_row_that_is_ahead_of_the_word_waits_unseen() -> None:
    """Its new customer has heard an older word, by which it belongs where it came from: it is not sent in circles."""
    company = Company(lambda n: n - 1)
    resolver, home, hers = company.resolver, Customer(), Customer()
    resolver.claim((CRM, VISITOR), "chat/e0")
    resolver.split(VISITOR)
    resolver.merge(CRM, VISITOR)
    told_home, told_her = (list(resolver.changes[customer_named_by(name)]) for name in (VISITOR, CRM))
    for change in told_home[:2]:
        heard(home, change)
    row = with_identifiers(chat("e1", at(), "s", mood=UNHAPPY), (VISITOR,))
    mine = replace(row, customer_id=customer_named_by(VISITOR), named_by=VISITOR, epoch=2)
    home.store(advance(home.known, home.raised, [mine], POLICY), remembers=True)
    (move,) = heard(home, told_home[2]).moves
    assert (move.entry.customer_id, move.entry.epoch, move.reason) == (customer_named_by(CRM), 3, "identity_merge")

    for change in told_her[:2]:  # by the second of them the row would belong to whoever sent it
        heard(hers, change)
    ahead = took(hers, move)
    assert (ahead.moves, ahead.alerts, ahead.timeline) == ((), (), {})
    after = heard(hers, told_her[2])
    raised = [alert for alert in after.alerts if alert["status"] != "retracted"]
    assert [(alert["customer_id"], alert["reason"]) for alert in raised] == [(customer_named_by(CRM), "identity_merge")]


def test_a_row_brings_what_its_sender_knew_so_that_it_comes_to_rest_without_the_resolver() -> None:
    """The e-mail says nothing, which the visitor's customer was never told; it says so itself, and stays."""
    company = Company(lambda n: n - 1)
    for i, names in enumerate((("C3", MAIL), ("C4", MAIL))):
        company.resolver.claim((Identifier("crm_id", names[0]), names[1]), f"chat/p{i}")
    company.resolver.claim((CRM, VISITOR), "chat/p3")
    company.settle()
    event = with_identifiers(chat("e1", at(), "s"), (MAIL, VISITOR))
    company.admit(event)
    before = company.steps
    company.settle()
    assert company.steps - before <= 3, "there, to the e-mail's home, and back"
    assert_each_is_in_one_timeline(company, [event])


def test_what_a_split_leads_to_says_so_wherever_a_row_comes_from() -> None:
    """The visitor's home, where the row lay first, sends it to the e-mail's again: for a split, not for a merge."""
    company = Company(lambda n: n - 1)
    event = with_identifiers(chat("e1", at(), "s", mood=UNHAPPY), (VISITOR,))
    company.admit(event)
    company.settle()
    company.resolver.claim((MAIL, VISITOR), "chat/e2")
    company.settle()
    company.resolver.merge(CRM, MAIL)
    company.settle()
    said = {whose: len(customer.published) for whose, customer in company.customers.items()}
    company.resolver.split(MAIL)
    company.settle()
    fresh = [record for whose, customer in company.customers.items() for record in customer.published[said[whose] :]]
    assert {record["reason"] for record in fresh} == {"identity_split"}
    assert_readers_hold_the_truth(company, [event])


def test_what_a_run_of_two_raised_is_taken_back_by_whoever_has_its_first() -> None:
    """The contact is named by its first touchpoint. The second, on whose words the alert stood, is another's again."""
    resolver, hers = Company(lambda n: n - 1).resolver, Customer()
    resolver.merge(CRM, VISITOR)
    resolver.split(VISITOR)
    merge, split = resolver.changes[customer_named_by(CRM)]
    heard(hers, merge)
    rows = [
        replace(with_identifiers(event, (name,)), customer_id=customer_named_by(CRM), named_by=CRM)
        for name, event in (
            (CRM, other("e1", at(), "social")),
            (VISITOR, other("e2", at(minutes=5), "social", mood=UNHAPPY)),
        )
    ]
    (alert,) = (first := advance(hers.known, hers.raised, rows, POLICY)).alerts
    hers.store(first, remembers=True)
    after = heard(hers, split)
    assert [(record["alert_id"], record["status"]) for record in after.alerts] == [(alert["alert_id"], "retracted")]
    assert [move.raised for move in after.moves] == [()]


def test_what_was_on_its_way_to_somebody_who_was_erased_is_taken_back() -> None:
    """The one who shared the visitor is erased, so it is the other's; who is erased too before she hears of it."""
    company = Company(lambda n: 7 if n == 8 else 0)  # no crash, and changes of identity before moved rows
    event = with_identifiers(chat("e1", at(), "s", mood=UNHAPPY), (VISITOR,))
    company.admit(event)
    for crm in NAMES[:2]:
        company.resolver.claim((crm, VISITOR), f"chat/{crm.value}")
    company.settle()
    assert_readers_hold_the_truth(company, [event])
    for crm in NAMES[:2]:
        company.resolver.erase(crm)
    company.settle()
    assert_readers_hold_the_truth(company, [])


def test_of_a_conversation_of_two_customers_each_has_what_is_theirs() -> None:
    """Two write in one chat from one browser, and somebody from it alone: three timelines have a part of the chat each,
    no touchpoint is in two of them, and an alert on each part is one of its own.
    """
    company = Company(lambda n: n - 1)
    chats = [
        replace(chat(f"e{n}", at(minutes=n), "s", mood=UNHAPPY), identifiers=names)
        for n, names in enumerate(((CRM, VISITOR), (NAMES[1], VISITOR), (VISITOR,)))
    ]
    for event in chats:
        company.admit(event)
        company.resolver.claim(event.identifiers, f"chat/{event.event_id}")
    company.settle()
    assert_each_is_in_one_timeline(company, chats)
    assert_readers_hold_the_truth(company, chats)
    parts = [customer.known for customer in company.customers.values() if customer.known.rows]
    assert [len(part.rows) for part in parts] == [1, 1, 1]
    assert len({contact.contact_id for part in parts for contact in part.contacts}) == 1
    assert len({name for part in parts for name in part.findings}) == 3


def test_what_is_taken_back_for_another_customer_says_so_each_time() -> None:
    """When the two turn out to be one, and when the retraction is said again since more was heard of her before."""
    company = Company(lambda n: n - 1)
    chats = [
        with_identifiers(chat(f"e{n}", at(days=-n), "s", mood=UNHAPPY), (name,)) for n, name in ((0, VISITOR), (1, CRM))
    ]
    company.admit(chats[0])
    company.settle()
    (old,) = company.customers[customer_named_by(VISITOR)].published
    company.resolver.claim((CRM, VISITOR), "chat/e2")
    company.settle()
    company.admit(chats[1])
    company.settle()
    hers = company.customers[customer_named_by(CRM)].published
    retracted = [record for record in hers if record.get("alert_id") == old["alert_id"]]
    assert len({number(record) for record in retracted}) == 2
    assert {(record["status"], record["reason"], record["why"], record["customer_id"]) for record in retracted} == {
        (
            "retracted",
            "identity_merge",
            "Taken back: what it stood on belongs to another customer.",
            customer_named_by(VISITOR),
        )
    }


def test_a_value_that_passes_its_limit_comes_apart_flags_and_all() -> None:
    """A telephone made one of two addresses, and a repeat of their two complaints; with one more it is nobody's."""
    company = Company(lambda n: n - 1)
    addresses = [Identifier("email", f"{name}@example.com") for name in "abc"]
    told = [
        replace(
            with_identifiers(call(f"e{n}", at(days=n), topics=("delivery",)), (one, NAMES[4])), keys=(f"phone:{n}",)
        )
        for n, one in enumerate(addresses)
    ]

    def heard(event: Entry) -> None:
        company.admit(event)
        company.resolver.claim(event.identifiers, f"phone/{event.event_id}")
        company.settle()

    for event in told[:2]:
        heard(event)
    (whose,) = truth(company, told[:2])
    flags = {record["flag_id"] for record in company.customers[whose].published if "flag_id" in record}
    assert len(flags) == 1
    heard(told[2])
    assert len(truth(company, told)) == 3
    assert_each_is_in_one_timeline(company, told)
    assert_readers_hold_the_truth(company, told)
    taken_back = [r for c in company.customers.values() for r in c.published if r.get("flag_id") in flags]
    last = max(taken_back, key=number)
    assert (last["status"], last["reason"]) == ("retracted", "identity_split")
