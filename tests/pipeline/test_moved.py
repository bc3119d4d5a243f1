"""What customers send each other and are told, on the wire and back."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.advance import Move, Raised
from pipeline.moved import change, kin_answer, kin_record, move, move_record, raised, raised_record
from pipeline.records import entry_of, told_record
from pipeline.touchpoint import Told
from tests.pipeline.test_records import BOOK, TEXT, TIME, TOLD, TOUCHPOINT

RAISED = st.builds(
    Raised,
    TEXT,
    st.sampled_from(("detractor-alert", "repeat-contact", "deadline")),
    TEXT,
    st.integers(0, 2**63 - 1),
    TEXT,
    due=st.none() | TIME,
)
MOVES = st.builds(Move, TOUCHPOINT.map(entry_of), st.lists(RAISED, max_size=2).map(tuple), TEXT)


@given(RAISED)
def test_what_was_raised_comes_back_from_the_wire(value: Raised) -> None:
    """There and back again is the same value."""
    assert raised(BOOK.decode("raised-output", BOOK.encode("raised-output", raised_record(value)))) == value


@given(MOVES)
def test_a_move_comes_back_from_the_wire(value: Move) -> None:
    """The row, what was published in its name, and why."""
    assert move(BOOK.decode("moved-entry", BOOK.encode("moved-entry", move_record(value)))) == value


@given(TEXT, TOLD)
def test_an_answer_comes_back_from_the_state(customer: str, value: Told) -> None:
    """Whom it was told does not change whose the identifier is."""
    assert kin_answer(BOOK.decode("kin-answer", BOOK.encode("kin-answer", kin_record(customer, value)))) == value


@given(st.lists(TOLD, max_size=2))
def test_a_change_tells_its_answers(answers: list[Told]) -> None:
    """The resolver's record, as far as it concerns rows."""
    told = change({"outcome": "merged", "answers": [told_record(one) for one in answers]})
    assert (told.outcome, told.answers) == ("merged", tuple(answers))


def test_an_output_raised_before_keepers_were_told_is_answered_for_by_its_anchor() -> None:
    """State that was written without the field reads as it always did."""
    assert Raised("alert-1", "detractor-alert", "chat/e1", 1).answered_by == "chat/e1"
