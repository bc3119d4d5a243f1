"""The laws of who is one customer, on small dense worlds with conflicts, limits and operators' words."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kin import Answer, KinRules, News, Outcome, Verdict, customer_named_by, owner, pair
from pipeline.kin.bonds import newest
from pipeline.kin.groups import Groups
from pipeline.touchpoint import Identifier
from tests.pipeline.kin.worlds import (
    PEOPLE,
    TIGHT,
    UNHURRIED,
    WIDE,
    Event,
    Store,
    customers,
    events_of,
    junk,
    whole,
    with_junk,
    words_of,
)

both = pytest.mark.parametrize("rules", [TIGHT, WIDE], ids=["tight", "wide"])
Junk = frozenset[Identifier]


@both
@UNHURRIED
@given(data=st.data(), events=events_of(), words=words_of(), junk=junk)
def test_every_order_ends_in_the_same_answers(
    rules: KinRules, data: st.DataObject, events: list[Event], words: list[Verdict], junk: Junk
) -> None:
    """One claim after another, in any order and however many at once, tells the directory what one look at all does."""
    rules = with_junk(rules, junk)
    claims = [each.news(rules) for each in events] + [News((), (word,)) for word in words]
    store = Store(rules)
    shuffled = data.draw(st.permutations(claims))
    while shuffled:
        taken = shuffled[: data.draw(st.integers(1, 3))]
        shuffled = shuffled[len(taken) :]
        if len(taken) == 1:
            store.hear(taken[0])
        else:
            store.hear(
                News(tuple(b for news in taken for b in news.bonds), newest(v for n in taken for v in n.verdicts))
            )
    assert store.directory == whole(events, words, rules).answers


@both
@UNHURRIED
@given(events=events_of().filter(bool), words=words_of())
def test_what_was_before_is_told_too(rules: KinRules, events: list[Event], words: list[Verdict]) -> None:
    """Beside what is, the gathered tell what stood before the news; the same when the claim comes again."""
    *earlier, last = events
    before = whole(earlier, words, rules).answers
    store = Store(rules)
    for news in [each.news(rules) for each in earlier] + [News((), (word,)) for word in words]:
        store.hear(news)
    first_time = store.hear(last.news(rules))
    told = first_time.before.resolved(rules).answers
    assert told == {one: before.get(one, Answer(customer_named_by(one), one)) for one in first_time.identifiers}
    if not any(len(each.identifiers & last.identifiers) > 1 for each in earlier):
        assert store.hear(last.news(rules)).before.resolved(rules).answers == told


@UNHURRIED
@given(
    events=events_of(), words=words_of(), junk=junk, tighter=st.booleans(), order=st.permutations(WIDE.strongest_first)
)
def test_changed_rules_are_obeyed_looking_back(
    events: list[Event], words: list[Verdict], junk: Junk, *, tighter: bool, order: list[str]
) -> None:
    """Gathered once from each identifier, a store of the old rules answers by the new; whoever was one is told."""
    old, new = (WIDE, with_junk(TIGHT, junk)) if tighter else (with_junk(TIGHT, junk), WIDE)
    new = replace(new, strongest_first=tuple(order))
    store = Store(old)
    for news in [each.news(old) for each in events] + [News((), (word,)) for word in words]:
        store.hear(news)
    before = customers(store.directory)
    store.obey(new)
    for one in tuple(store.directory):
        gathered = store.hear(News(), [one], formerly=old)
        assert next(company for company in before if one in company) <= set(gathered.identifiers)
    by_new = [replace(word, pair=pair(*word.pair, new)) for word in words]
    assert store.directory == whole(events, by_new, new).answers


@both
@UNHURRIED
@given(events=events_of(), words=words_of(), junk=junk)
def test_the_short_way_of_those_at_peace_ends_where_the_long_one_does(
    rules: KinRules, events: list[Event], words: list[Verdict], junk: Junk
) -> None:
    """Where no two can be in conflict, bonds are joined as they come: the same answers, and the same of every bond."""
    rules = with_junk(rules, junk)
    found = whole(events, words, rules)
    with patch.object(Groups, "are_at_peace", new=False):
        assert whole(events, words, rules) == found


@UNHURRIED
@given(events_of([one for one in PEOPLE if one.type != "crm_id"]))
def test_without_conflicts_it_is_a_union_find(events: list[Event]) -> None:
    """With nothing to guard against, who was ever seen together is one."""
    groups: list[set[Identifier]] = []
    for each in events:
        met = [group for group in groups if group & each.identifiers]
        groups = [group for group in groups if group not in met] + [set(each.identifiers).union(*met)]
    assert customers(whole(events, [], WIDE).answers) == frozenset(map(frozenset, groups))


@both
@UNHURRIED
@given(events=events_of(), words=words_of())
def test_no_customer_holds_two_crm_ids(rules: KinRules, events: list[Event], words: list[Verdict]) -> None:
    """Whatever was seen, and whatever operators said."""
    for customer in customers(whole(events, words, rules).answers):
        assert sum(one.type == "crm_id" for one in customer) <= 1


@both
@UNHURRIED
@given(events=events_of(), words=words_of())
def test_who_was_told_apart_is_apart(rules: KinRules, events: list[Event], words: list[Verdict]) -> None:
    """The newest word on a pair holds, whatever else ties them together."""
    answers = whole(events, words, rules).answers
    for verdict in newest(words):
        if not verdict.together:
            assert answers[verdict.pair[0]].customer_id != answers[verdict.pair[1]].customer_id


@both
@UNHURRIED
@given(data=st.data(), events=events_of(), words=words_of())
def test_replay_changes_nothing(
    rules: KinRules, data: st.DataObject, events: list[Event], words: list[Verdict]
) -> None:
    """Any claim heard again, at any time, leaves every answer as it was."""
    claims = [each.news(rules) for each in events] + [News((), (word,)) for word in words]
    store = Store(rules)
    for claim in claims:
        store.hear(claim)
    answers = dict(store.directory)
    for claim in data.draw(st.lists(st.sampled_from(claims), max_size=4)) if claims else []:
        store.hear(claim)
        assert store.directory == answers


@both
@UNHURRIED
@given(events=events_of(), words=words_of())
def test_every_identifier_is_in_one_customer_that_its_strongest_names(
    rules: KinRules, events: list[Event], words: list[Verdict]
) -> None:
    """All are answered for, and a customer's id is its strongest member's, so what lies under it can be found."""
    answers = whole(events, words, rules).answers
    assert answers.keys() >= {one for each in events for one in each.identifiers}
    for customer in customers(answers):
        strongest = min(customer, key=rules.rank)
        assert {answers[one].named_by for one in customer} == {strongest}
        assert {answers[one].customer_id for one in customer} == {customer_named_by(strongest)}


@both
@UNHURRIED
@given(events=events_of(), words=words_of(), junk=junk)
def test_what_is_parked_links_nobody(rules: KinRules, events: list[Event], words: list[Verdict], junk: Junk) -> None:
    """A parked identifier is a customer of its own, without company, where no operator gave it away; and a bond that
    joined did join.
    """
    rules = with_junk(rules, junk)
    resolved = whole(events, words, rules)
    given = {one for word in words if word.together for one in word.pair}
    for one, answer in resolved.answers.items():
        if answer.parked is not None and one not in given:
            assert answer == Answer(customer_named_by(one), one, answer.parked)
            assert sum(each.customer_id == answer.customer_id for each in resolved.answers.values()) == 1
    for both_, outcome in resolved.outcomes.items():
        if outcome is Outcome.JOINED:
            assert resolved.answers[both_[0]].customer_id == resolved.answers[both_[1]].customer_id


@both
@UNHURRIED
@given(events=events_of(), words=words_of())
def test_an_event_has_one_owner_who_is_the_customer_of_one_of_its_identifiers(
    rules: KinRules, events: list[Event], words: list[Verdict]
) -> None:
    """An event is its strongest linking identifier's; it is found at the home of one of its own component's."""
    answers = whole(events, words, rules).answers
    for each in events:
        ranked = sorted(each.identifiers, key=rules.rank)
        found = owner(ranked, answers)
        assert found is not None
        assert found in [answers[one] for one in ranked]
        assert found == owner(ranked, {one: answers[one] for one in ranked})
        if any(answers[one].parked is None for one in ranked):
            assert found.parked is None
