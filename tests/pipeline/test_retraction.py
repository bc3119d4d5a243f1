"""What is taken back, and how it is said."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from agents.contracts import schema_book
from pipeline.advance import advance, picture
from pipeline.findings import Record
from pipeline.touchpoint import Entry
from tests.pipeline.touchpoints import POLICY, UNHAPPY, at, call, chat, email, review, runs, worlds

BOOK = schema_book()


def published(chunks: Sequence[Sequence[Entry]]) -> list[tuple[str, Record]]:
    """Return all that is published, with its subject, chunk by chunk."""
    known, raised, out = picture((), POLICY), {}, []  # type: ignore[var-annotated]
    for chunk in chunks:
        after = advance(known, raised, chunk, POLICY)
        known, raised = after.picture, raised | {one.output_id: one for one in after.raised}
        out += [("detractor-alert", record) for record in after.alerts]
        out += [("repeat-contact", record) for record in after.flags]
        out += [("journey-signal", record) for record in after.signals]
    return out


def taken_back(*chunks: Sequence[Entry]) -> Record:
    """Return the one retraction that the last chunk published."""
    (record,) = [record for _, record in published(chunks) if record["status"] == "retracted"]
    return record


@given(worlds().flatmap(runs))
def test_everything_published_is_in_its_contract(chunks: list[list[Entry]]) -> None:
    """Alerts, flags and retractions are written and read by their schemas, every field given."""
    for subject, record in published(chunks):
        assert BOOK.decode(subject, BOOK.encode(subject, record)) == record


@given(worlds().flatmap(runs))
def test_a_retraction_says_which_why_and_where(chunks: list[list[Entry]]) -> None:
    """It has a reason, a sentence and evidence, and claims nothing else: no words, no comparison, no repeat."""
    for subject, record in published(chunks):
        if record["status"] == "retracted":
            answered = {"answered"} if subject == "journey-signal" else set()
            assert record["reason"] in {"edited", "handed_over", "joined", "late_touchpoint"} | answered
            assert str(record["why"]).startswith("Taken back: ")
            assert record["evidence"]
            assert (record["words"], record["compared"]) == (None, [])
            assert not record.get("any_topic")
            assert not record.get("same_topic")


@pytest.mark.parametrize("stars", [3, 5, None])
def test_an_edited_review_is_taken_back_with_its_new_stars(stars: float | None) -> None:
    """Whoever got the alert reads what the customer says now, or that the stars are gone."""
    record = taken_back([review("1", at(), 1)], [review("1", at(days=1), stars, 2)])
    assert (record["reason"], record["basis"]) == ("edited", "explicit")
    score = record["score"]
    assert (score["value"] if isinstance(score, dict) else None) == stars


def test_replaced_words_are_taken_back_as_edited() -> None:
    """The angry words of a review without stars were replaced by calm ones."""
    record = taken_back([review("1", at(), None, mood=UNHAPPY)], [review("1", at(days=1), None, 2)])
    assert (record["reason"], record["basis"]) == ("edited", "inferred")


def test_words_whose_contact_was_another_are_taken_back_as_joined() -> None:
    """The alert on the second thread goes, that on the joined thread stands: the words are not lost."""
    one, angry = email("a", at()), email("b", at(days=1), mood=UNHAPPY)
    link = email("c", at(days=2), "a", "b")
    last = [r for _, r in published([[one, angry], [link]]) if "alert_id" in r][-2:]
    assert {(r["status"], r["reason"]) for r in last} == {("raised", "new_touchpoint"), ("retracted", "joined")}


def test_a_flag_is_taken_back_where_the_contact_was_handed_over() -> None:
    """The proof came late: the reason and the sentence say so."""
    record = taken_back(
        [call("1", at()), chat("c", at(days=1, minutes=10), "S")], [call("2", at(days=1), topics=("card",))]
    )
    assert record["reason"] == "handed_over"
    assert record["why"] == "Taken back: the contact was handed over and continues the one before."
