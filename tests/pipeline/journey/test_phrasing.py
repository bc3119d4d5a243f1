"""Negative phrasing: both limits, within, at and beyond; anger in the same contact."""

import pytest

from pipeline.touchpoint import Anger
from tests.pipeline.journey.telling import signals, told
from tests.pipeline.touchpoints import Overrides, at, chat, entry

KIND = "negative_phrasing"


@pytest.mark.parametrize(
    ("times", "words", "raised"),
    [(3, 10, False), (4, 10, True), (5, 10, True), (4, 134, False), (4, 133, True), (4, 132, True), (6, 200, True)],
)
def test_a_number_and_a_rate_are_both_reached(times: int, words: int, *, raised: bool) -> None:
    """Four times and three in a hundred words; exactly both is a signal."""
    answer = chat("1", at(), "s", actor="agent", company_negations=times, company_words=words)
    assert len(signals([answer], KIND)) == raised


def test_a_contact_is_counted_as_a_whole_and_stands_on_its_last_no() -> None:
    """Two messages of two, in 40 words and in 30."""
    said = [
        chat(str(n), at(minutes=n), "s", actor="agent", company_negations=2 * (n < 2), company_words=40 - 10 * n)
        for n in range(3)
    ]
    (signal,) = signals(said, KIND)
    assert signal["why"] == "The company's side said no 4 times in 90 words (can't, won't, don't)."
    assert signal["occurred_at"] == at(minutes=1)


def test_a_bots_no_is_not_counted() -> None:
    """Neither its words nor its refusals."""
    assert signals([chat("1", at(), "s", actor="bot", company_negations=9, company_words=20)], KIND) == []


def test_anger_is_one_signal_a_contact_with_all_its_kinds() -> None:
    """It stands on the first words that show any, and grows with what is said later."""
    first = chat("1", at(), "s", anger=(Anger("unfair", "not fair"),), excerpt="That is not fair.")
    later = chat("2", at(minutes=1), "s", anger=(Anger("ignored", "nobody cares"), Anger("unfair", "you lied")))
    (signal,) = signals([first, later], "anger")
    assert (signal["anger"], signal["words"], signal["occurred_at"]) == (
        ["ignored", "unfair"],
        "That is not fair.",
        at(),
    )
    assert signal["why"] == "The words show anger: ignored (“nobody cares”), unfair (“not fair”)."
    assert [one["status"] for one in told([[first], [later]])] == ["raised", "updated"]


def test_anger_that_was_edited_away_is_taken_back() -> None:
    """A review's new words replace the old ones."""
    item: dict[str, Overrides] = {"item": "review:1", "keys": ("review:1",)}
    angry = entry("1", at(), **item | {"anger": (Anger("unfair", "not fair"),)})
    calm = entry("2", at(days=1), **item | {"revision": 2})
    assert [one["reason"] for one in told([[angry], [calm]])] == ["new_touchpoint", "edited"]
