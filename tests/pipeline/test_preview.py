"""A preview tells what a word would change, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.kin import Answer, Outcome, customer_named_by
from pipeline.preview import Change, preview
from pipeline.touchpoint import Entry, Identifier
from tests.pipeline.touchpoints import POLICY, at, call, chat, review

CRM, MAIL, PHONE = (
    Identifier("crm_id", "C-1"),
    Identifier("email", "anna@example.com"),
    Identifier("phone", "+12125550101"),
)
EVERY = (CRM, MAIL, PHONE)


def alone(*identifiers: Identifier) -> dict[Identifier, Answer]:
    """Return the answers of identifiers that are a customer each."""
    return {one: Answer(customer_named_by(one), one) for one in identifiers}


def together(*identifiers: Identifier) -> dict[Identifier, Answer]:
    """Return the answers of identifiers that are one customer's, which the first names."""
    return {one: Answer(customer_named_by(identifiers[0]), identifiers[0]) for one in identifiers}


def of(row: Entry, *identifiers: Identifier) -> Entry:
    """Return the row with these identifiers, at the home of the first."""
    return replace(row, identifiers=identifiers, customer_id=customer_named_by(identifiers[0]), named_by=identifiers[0])


def statuses(changes: Sequence[Change]) -> dict[str, tuple[str, str, str]]:
    """Return kind, status before and after by id."""
    return {change.id: (change.kind, change.status_before, change.status_after) for change in changes}


ANSWERS = st.sampled_from([alone(*EVERY), together(*EVERY), together(CRM, MAIL) | alone(PHONE)])


@st.composite
def rows(draw: st.DrawFn) -> list[Entry]:
    """Return some touchpoints of the three identifiers, close to each other."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        when, whose = at(days=draw(st.integers(0, 9))), draw(st.sampled_from(EVERY))
        kind = draw(st.sampled_from(["chat", "call", "review"]))
        if kind == "chat":
            row = chat(f"c{number}", when, f"s{number}", topics=("billing",))
        elif kind == "call":
            row = call(f"p{number}", when, topics=("billing",))
        else:
            row = review(f"r{number}", when, draw(st.sampled_from([1.0, 5.0])))
        found.append(of(row, whose))
    return found


@given(of_whom=rows(), answers=ANSWERS)
def test_answers_that_stay_change_nothing(of_whom: list[Entry], answers: Mapping[Identifier, Answer]) -> None:
    """Whatever the rows."""
    assert preview(of_whom, answers, answers, POLICY) == ()


@given(of_whom=rows(), before=ANSWERS, after=ANSWERS)
def test_touchpoints_are_moved_and_none_is_lost(
    of_whom: list[Entry], before: Mapping[Identifier, Answer], after: Mapping[Identifier, Answer]
) -> None:
    """What some timelines lose, others gain."""
    found = preview(of_whom, before, after, POLICY)
    assert sum(change.touchpoints_after - change.touchpoints_before for change in found) == 0


@given(of_whom=rows(), before=ANSWERS, after=ANSWERS)
def test_there_and_back_is_the_same_list_turned_round(
    of_whom: list[Entry], before: Mapping[Identifier, Answer], after: Mapping[Identifier, Answer]
) -> None:
    """The same timelines, alerts and flags change; what was raised is retracted."""
    turned = {"raised": "retracted", "retracted": "raised", "updated": "updated"}
    there, back = (preview(of_whom, one, other, POLICY) for one, other in ((before, after), (after, before)))
    assert {change.id for change in there} == {change.id for change in back}
    findings = {change.id: change.status_after for change in there if change.kind != "timeline"}
    assert findings == {c.id: turned[c.status_after] for c in back if c.kind != "timeline"}


def test_a_row_that_moved_counts_once() -> None:
    """It lies in the state of where it was too, with an older epoch."""
    here = of(chat("c1", at(), "s1"), MAIL)
    moved = replace(here, customer_id=customer_named_by(CRM), epoch=7)
    found = preview([here, moved], alone(CRM, MAIL), together(CRM, MAIL), POLICY)
    assert sorted((change.touchpoints_before, change.touchpoints_after) for change in found) == [(0, 1), (1, 0)]


def test_a_merge_raises_the_repeat_that_two_customers_hid() -> None:
    """A call and an e-mail's call on the same topic, by two identifiers; the loser's timeline is a redirect."""
    first = of(call("p1", at(), topics=("delivery",)), CRM)
    second = of(call("p2", at(days=1), topics=("delivery",)), MAIL)
    found = preview([first, second], alone(CRM, MAIL), together(CRM, MAIL), POLICY)
    told = statuses(found)
    winner, loser = customer_named_by(CRM), customer_named_by(MAIL)
    assert told[winner] == ("timeline", "current", "current")
    assert told[loser] == ("timeline", "current", "merged")
    assert next(change for change in found if change.id == loser).customer_after == winner
    assert ("repeat-contact", "absent", "raised") in told.values()


def test_an_alert_that_changes_its_customer_is_taken_back_and_raised_anew() -> None:
    """An alert is of one customer: the old one's is retracted, the new one's raised."""
    found = preview([of(review("r1", at(), 1), MAIL)], alone(CRM, MAIL), together(CRM, MAIL), POLICY)
    alerts = {(each.status_before, each.status_after) for each in found if each.kind == "detractor-alert"}
    assert alerts == {("raised", "retracted"), ("absent", "raised")}


def test_an_identifier_that_is_parked_leaves_its_rows_to_the_next_one() -> None:
    """A touchpoint with a parked phone and a visitor's mail is the mail's."""
    row = of(chat("c1", at(), "s1"), MAIL, PHONE)
    parked = {PHONE: Answer(customer_named_by(PHONE), PHONE, Outcome.CLAIMED_BY_TWO)}
    assert preview([row], alone(MAIL, PHONE), alone(MAIL) | parked, POLICY) == ()
