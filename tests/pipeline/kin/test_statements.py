"""What the resolver says of a resolution, and to whom."""

from hypothesis import given
from hypothesis import strategies as st

from agents.contracts import schema_book
from pipeline.kin import (
    Cause,
    Gathered,
    KinRules,
    News,
    Outcome,
    Verdict,
    customer_named_by,
    directory_entries,
    identity_changes,
    merge,
    pair_digest,
    split,
)
from pipeline.kin.words import NotMerged
from pipeline.touchpoint import Identifier
from tests.builders import NOON
from tests.pipeline.kin.worlds import (
    TIGHT,
    UNHURRIED,
    Event,
    Store,
    crm,
    email,
    event,
    events_of,
    phone,
    visitor,
    words_of,
    world_of,
)

BOOK = schema_book()
RULES = KinRules()
SEEN = Cause("chat/1", NOON)


def told(gathered: Gathered, rules: KinRules, cause: Cause = SEEN) -> dict[str, tuple[str, str]]:
    """Return the outcome and its reason by the customer id that was told."""
    changes = identity_changes(gathered, gathered.now.resolved(rules), 7, cause, rules)
    return {change["customer_id"]: (change["outcome"], change["reason"]) for change in changes}


def after(earlier: list[Event], last: Event, rules: KinRules = RULES) -> dict[str, tuple[str, str]]:
    """Return what the last event's claim makes the resolver say."""
    store = Store(rules)
    for each in earlier:
        store.hear(each.news(rules))
    return told(store.hear(last.news(rules)), rules)


def home(one: Identifier) -> str:
    """Return the customer id that an identifier names."""
    return customer_named_by(one)


@UNHURRIED
@given(events=events_of(), words=words_of(), rules=st.sampled_from([TIGHT, RULES]))
def test_every_statement_keeps_its_contract(events: list[Event], words: list[Verdict], rules: KinRules) -> None:
    """All can be written by their schemas; the home of each gathered identifier is told once, of all or of itself."""
    store = Store(rules)
    for news in [each.news(rules) for each in events] + [News((), (word,)) for word in words]:
        gathered = store.hear(news)
        now = gathered.now.resolved(rules)
        changes = list(identity_changes(gathered, now, 7, SEEN, rules))
        for change in changes:
            assert BOOK.decode("identity-change", BOOK.encode("identity-change", change)) == change
            answered = {Identifier(**answer["identifier"]) for answer in change["answers"]}
            assert answered == set(gathered.identifiers) or [home(one) for one in answered] == [change["customer_id"]]
            assert (change["outcome"] == "unchanged") or change["reason"]
        homes = [change["customer_id"] for change in changes]
        assert len(set(homes)) == len(homes)
        assert set(homes) == {home(one) for one in gathered.identifiers}
        entries = list(directory_entries(gathered, now, 7, rules))
        for entry in entries:
            assert BOOK.decode("directory-entry", BOOK.encode("directory-entry", entry)) == entry
        assert [entry["pair"] for entry in entries if entry["pair"]] == [
            pair_digest(bond.pair, bond.first, rules) for bond in news.bonds
        ]


@UNHURRIED
@given(events=events_of().filter(bool), words=words_of(), rules=st.sampled_from([TIGHT, RULES]))
def test_whoever_changed_customer_is_told_so(events: list[Event], words: list[Verdict], rules: KinRules) -> None:
    """The home of each identifier whose answer changed is told, and never that nothing did."""
    *earlier, last = events
    store = Store(rules)
    for news in [each.news(rules) for each in earlier] + [News((), (word,)) for word in words]:
        store.hear(news)
    before = dict(store.directory)
    gathered = store.hear(last.news(rules))
    outcomes = told(gathered, rules)
    for one in gathered.identifiers:
        if one in before and store.directory[one] != before[one]:
            assert home(one) in outcomes
        if one in before and store.directory[one].customer_id != before[one].customer_id:
            assert outcomes[home(one)][0] in {"merged", "split", "parked"}


def test_a_join_is_a_merge_for_each() -> None:
    """Both homes are told, and who is one customer now."""
    assert after([], event("chat/1", crm(1), email(1))) == {
        home(crm(1)): ("merged", "joined"),
        home(email(1)): ("merged", "joined"),
    }


def test_a_bond_seen_again_changes_nothing() -> None:
    """An event that shows what is known says so again."""
    again = after([event("chat/1", crm(1), email(1))], event("chat/2", crm(1), email(1)))
    assert set(again.values()) == {("unchanged", "joined")}


def test_a_second_crm_id_parks_and_splits() -> None:
    """The address is parked; it leaves the first, and the second never had it."""
    outcomes = after([event("chat/1", crm(1), email(1))], event("chat/2", crm(2), email(1)))
    assert outcomes == {
        home(crm(1)): ("split", "claimed_by_two"),
        home(crm(2)): ("parked", "claimed_by_two"),
        home(email(1)): ("parked", "claimed_by_two"),
    }


def test_a_refused_bond_keeps_apart() -> None:
    """A telephone of one customer's, seen with another's address, stays where its own CRM id has it."""
    earlier = [event("a/1", crm(1), phone(1)), event("a/2", crm(2), email(2))]
    outcomes = after(earlier, event("a/3", email(2), phone(1)))
    assert outcomes[home(phone(1))] == outcomes[home(email(2))] == ("kept_apart", "two_crm_ids")
    assert outcomes[home(crm(1))][0] == outcomes[home(crm(2))][0] == "unchanged"


def test_a_call_centre_does_not_learn_its_callers() -> None:
    """The home of a number that was parked and stays so hears of the resolution, and of itself alone."""
    store = Store(RULES)
    for number in range(1, 20):
        store.hear(event(f"phone/{number}", phone(0), phone(number)).news(RULES))
    gathered = store.hear(event("phone/20", phone(0), phone(20)).news(RULES))
    changes = identity_changes(gathered, gathered.now.resolved(RULES), 7, SEEN, RULES)
    told_of = {change["customer_id"]: [a["identifier"]["value"] for a in change["answers"]] for change in changes}
    assert told_of == {home(phone(0)): [phone(0).value], home(phone(20)): [phone(0).value, phone(20).value]}
    assert set(told(gathered, RULES).values()) == {("parked", Outcome.SHARED_BY_TOO_MANY)}


def test_an_operators_word_is_the_reason() -> None:
    """Merge and split say that a person decided, who and why."""
    events = [event("a/1", crm(1), email(1)), event("a/2", phone(1), visitor(1))]
    store = Store(RULES)
    for each in events:
        store.hear(each.news(RULES))
    merged = merge(email(1), phone(1), world_of(events, [], RULES), RULES, NOON)
    assert not isinstance(merged, NotMerged)
    cause = Cause("merge", NOON, by="dana", why="called in")
    gathered = store.hear(News((), merged))
    assert set(told(gathered, RULES, cause).values()) == {("merged", "operator")}
    change = next(identity_changes(gathered, gathered.now.resolved(RULES), 7, cause, RULES))
    assert (change["by"], change["why"], change["caused_by"]) == ("dana", "called in", "merge")
    taken = split(phone(1), world_of(events, merged, RULES), RULES, NOON.replace(hour=23))
    outcomes = told(store.hear(News((), taken)), RULES, Cause("split", NOON, by="dana"))
    assert set(outcomes.values()) == {("split", "operator")}


def test_a_change_names_the_bonds_of_the_news_first() -> None:
    """At most a hundred bonds are named, what caused it among them."""
    rules = KinRules(limits={})
    store = Store(rules)
    for number in range(1, 120):
        store.hear(event(f"a/{number}", crm(1), visitor(number)).news(rules))
    gathered = store.hear(event("a/last", crm(1), phone(9), visitor(999)).news(rules))
    change = next(identity_changes(gathered, gathered.now.resolved(rules), 7, SEEN, rules))
    assert len(change["links"]) == 100
    assert [link["event"] for link in change["links"]][:3] == ["a/last"] * 3
