"""Messages that only say thank you."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.thanks import LONGEST, Thanks, thanks
from pipeline.policy_error import PolicyError

THANKS = thanks(tomllib.loads(files("policies").joinpath("lexicon.toml").read_text("utf-8")))


@pytest.mark.parametrize(
    "said",
    [
        "Thanks!",
        "thank you",
        "Thanks Anna",
        "Hi Anna,\n\nThank you so much, that worked.\n\nKind regards,\nBob Smith",
        "Great, thanks a lot 👍",
        "OK, that\u2019s sorted. Many thanks, have a nice day!",
        "You've been very helpful. Cheers",
    ],
)
def test_nothing_but_thanks_needs_no_reply(said: str) -> None:
    """Thanks, greetings, names and what one says beside them."""
    assert THANKS.only(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "👍",
        "Hello",
        "Great, all sorted",
        "Thanks, but it still does not work",
        "Thanks for nothing",
        "Thanks. Refund",
        "Thanks, can I ask something else?",
        "Thanks. When?",
        "thanks anna",
        "Thanks Anna Maria Lee",
        "Thank you, my number is 12",
        "No thanks",
        "Thank you for your order",
    ],
)
def test_one_word_more_is_a_message(said: str) -> None:
    """No thank-you, a question, a digit, a word that is not listed, a third name."""
    assert not THANKS.only(said)


@pytest.mark.parametrize(("more", "only"), [(-1, True), (0, True), (1, False)])
def test_a_long_message_is_not_read(more: int, only: bool) -> None:  # noqa: FBT001 -- a table
    """Exactly the longest is read; a character more is not."""
    assert THANKS.only("Thanks" + "!" * (LONGEST - len("Thanks") + more)) is only


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    """Nothing raises, and what only thanks still does when it is said louder."""
    assert not THANKS.only(text) or THANKS.only(text[: LONGEST - 1] + "!")


def test_a_lexicon_without_thanks_finds_none() -> None:
    """A company that lists no phrases counts every message."""
    assert thanks({}) == Thanks(frozenset(), frozenset(), frozenset(), 0)
    assert not thanks({}).only("thanks")


@pytest.mark.parametrize(
    "said", [[], {"why": "x"}, {"why": "x", "thank_you": [], "greeting": ["hi"], "beside": ["ok"]}]
)
def test_a_list_that_makes_no_sense_is_refused(said: object) -> None:
    """The error names the setting."""
    with pytest.raises(PolicyError, match=r"lexicon\.thanks"):
        thanks({"thanks": said})
