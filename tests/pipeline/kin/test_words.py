"""Operators' words: merge and split, and that they undo each other."""

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.kin import KinRules, News, NotMerged, Outcome, Verdict, World, merge, reachable, split
from pipeline.touchpoint import Identifier
from tests.builders import NOON
from tests.pipeline.kin.worlds import (
    PEOPLE,
    TIGHT,
    UNHURRIED,
    WIDE,
    Event,
    Store,
    crm,
    customers,
    email,
    event,
    events_of,
    phone,
    visitor,
    whole,
    with_junk,
    words_of,
    world_of,
)

LATER, LATEST = NOON + timedelta(days=1), NOON + timedelta(days=2)

one_of_them = st.sampled_from(PEOPLE)
rules_of = st.sampled_from([TIGHT, WIDE])


@UNHURRIED
@given(rules=rules_of, events=events_of(), words=words_of(), one=one_of_them, other=one_of_them, taken=st.booleans())
def test_merge_then_split_is_where_you_began(  # noqa: PLR0913 -- a law over everything that a world is made of
    rules: KinRules, events: list[Event], words: list[Verdict], one: Identifier, other: Identifier, *, taken: bool
) -> None:
    """Whichever of the two is split off again, every answer is as it was."""
    assume(one != other)
    merged = merge(one, other, world_of(events, words, rules), rules, LATER)
    assume(not isinstance(merged, NotMerged) and merged)
    assert not isinstance(merged, NotMerged)
    heard = [*words, *merged]
    assert (
        whole(events, heard, rules).answers[one].customer_id == whole(events, heard, rules).answers[other].customer_id
    )
    back = split(one if taken else other, world_of(events, heard, rules), rules, LATEST)
    before, after = whole(events, words, rules).answers, whole(events, [*heard, *back], rules).answers
    assert {each: after[each] for each in before} == before


@UNHURRIED
@given(rules=rules_of, events=events_of(), words=words_of(), one=one_of_them, data=st.data())
def test_split_then_merge_is_where_you_began(
    rules: KinRules, events: list[Event], words: list[Verdict], one: Identifier, data: st.DataObject
) -> None:
    """Merged again with any one that it was told apart from, a customer is as it was, and so is everybody else."""
    before = whole(events, words, rules).answers
    said = split(one, world_of(events, words, rules), rules, LATER)
    assume(said)
    one, other = data.draw(st.sampled_from([verdict.pair for verdict in said]))
    heard = [*words, *said]
    again = merge(one, other, world_of(events, heard, rules), rules, LATEST)
    assert not isinstance(again, NotMerged)
    assert whole(events, [*heard, *again], rules).answers == before


@UNHURRIED
@given(rules=rules_of, events=events_of(), words=words_of(), one=one_of_them)
def test_what_is_split_enough_is_alone(
    rules: KinRules, events: list[Event], words: list[Verdict], one: Identifier
) -> None:
    """A split takes back a merge or takes the identifier out; said often enough it stands alone, and stays so."""
    heard = list(words)
    for minute in range(len(PEOPLE)):
        said = split(one, world_of(events, heard, rules), rules, LATER + timedelta(minutes=minute))
        if not said:
            break
        heard += said
    answers = whole(events, heard, rules).answers
    assert [each for each in answers if one in answers and answers[each].customer_id == answers[one].customer_id] in (
        [],
        [one],
    )


@UNHURRIED
@given(rules=rules_of, events=events_of(), words=words_of(), one=one_of_them, other=one_of_them)
def test_a_word_heard_again_says_the_same(
    rules: KinRules, events: list[Event], words: list[Verdict], one: Identifier, other: Identifier
) -> None:
    """A command that comes twice, before or after its verdicts were kept, gives the same verdicts."""
    assume(one != other)

    def taken_out(heard: list[Verdict]) -> tuple[Verdict, ...] | NotMerged:
        return split(one, world_of(events, heard, rules), rules, LATER)

    def made_one(heard: list[Verdict]) -> tuple[Verdict, ...] | NotMerged:
        return merge(one, other, world_of(events, heard, rules), rules, LATER)

    for speak in (taken_out, made_one):
        said = speak(words)
        if not isinstance(said, NotMerged) and said:
            again = speak([*words, *said])
            assert not isinstance(again, NotMerged)
            assert set(again) == set(said)


@UNHURRIED
@given(rules=rules_of, events=events_of(), words=words_of(), one=one_of_them, other=one_of_them)
def test_words_taken_again_from_what_is_stored_change_nothing(
    rules: KinRules, events: list[Event], words: list[Verdict], one: Identifier, other: Identifier
) -> None:
    """The resolver died after it stored a merge and what took it back: from one half it must know the word again."""
    assume(one != other)
    store = Store(rules)
    for each in events:
        store.keep(each.news(rules))
    store.keep(News(verdicts=words))

    def world(*start: Identifier) -> World:
        return reachable(start, store.bonds_at, store.verdicts_at, rules).now

    def speak() -> bool:
        merged = merge(one, other, world(one, other), rules, LATER)
        said = () if isinstance(merged, NotMerged) else merged
        store.keep(News(verdicts=said))
        store.keep(News(verdicts=split(one, world(one), rules, LATEST)))
        return bool(said)

    assume(speak())  # a merge that said nothing left nothing: it is committed before the split is taken
    stored = dict(store.verdicts)
    speak()
    assert store.verdicts == stored


def test_two_crm_ids_are_not_merged() -> None:
    """The refusal names the two ids of the company that stand in the way, though others were named."""
    events = [event("chat/1", crm(1), email(1)), event("chat/2", crm(2), phone(2))]
    refused = merge(email(1), phone(2), world_of(events, [], WIDE), WIDE, LATER)
    assert refused == NotMerged(Outcome.TWO_CRM_IDS, (crm(1), crm(2)))


def test_junk_is_not_merged() -> None:
    """What is on the junk list is nobody's, whatever an operator says."""
    rules = with_junk(WIDE, {phone(1)})
    assert merge(phone(1), crm(1), world_of([], [], rules), rules, LATER) == NotMerged(Outcome.JUNK, (phone(1),))


def test_one_customer_need_not_be_merged() -> None:
    """Two that are one already need no word, so that no later split takes it back."""
    assert merge(crm(1), email(1), world_of([event("chat/1", crm(1), email(1))], [], WIDE), WIDE, LATER) == ()


def test_splitting_the_one_that_made_the_customer() -> None:
    """The others stay together where something else ties them, under the name of the strongest left."""
    events = [event("chat/1", crm(1), email(1), phone(1)), event("chat/2", crm(1), visitor(1))]
    said = split(crm(1), world_of(events, [], WIDE), WIDE, LATER)
    assert customers(whole(events, said, WIDE).answers) == {
        frozenset({crm(1)}),
        frozenset({email(1), phone(1)}),
        frozenset({visitor(1)}),
    }


def test_a_split_is_remembered() -> None:
    """The same two on one event, or on a chain of events, are never one again."""
    events = [event("chat/1", crm(1), email(1))]
    said = split(email(1), world_of(events, [], WIDE), WIDE, LATER)
    more = [event("chat/2", crm(1), email(1)), event("chat/3", crm(1), phone(1)), event("chat/4", email(1), phone(1))]
    answers = whole([*events, *more], said, WIDE).answers
    assert answers[email(1)].named_by == email(1)
    assert answers[phone(1)].named_by == crm(1)


def test_an_operator_gives_a_parked_one_away() -> None:
    """A telephone that two claim is given to one of them; it stays parked: its bonds still count for nothing, and an
    event that carries anything better is that one's.
    """
    events = [event("chat/1", crm(1), phone(1)), event("chat/2", crm(2), phone(1))]
    given_to = merge(phone(1), crm(2), world_of(events, [], WIDE), WIDE, LATER)
    assert not isinstance(given_to, NotMerged)
    answer = whole(events, given_to, WIDE).answers[phone(1)]
    assert (answer.named_by, answer.parked) == (crm(2), Outcome.CLAIMED_BY_TWO)
