"""Sentences, in bounded work."""

import pytest
from hypothesis import given

from pipeline.language.sentences import (
    LONGEST_SENTENCE,
    MOST_CHARACTERS,
    MOST_EMOJI_A_SENTENCE,
    MOST_WORDS,
    bounded,
    sentences,
)
from tests.pipeline.language.texts import HOSTILE, texts


@given(texts)
def test_nothing_that_is_said_is_lost(text: str) -> None:
    """Every letter of a text within the limits stands in a sentence, in order."""
    read, _ = bounded(text)
    assert [c for c in "".join(sentences(read)) if c.isalpha()] == [c for c in read if c.isalpha()]


@pytest.mark.parametrize("shape", HOSTILE)
def test_work_is_bounded_for_every_shape(shape: str) -> None:
    """No text, however long or odd, gives more than the limits to VADER, whose time is quadratic in them."""
    read, truncated = bounded(HOSTILE[shape])
    said = sentences(read)
    assert truncated
    assert sum(map(len, said)) <= MOST_CHARACTERS + 1
    assert all(len(sentence) <= LONGEST_SENTENCE for sentence in said)
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in said)
    assert all(sum(c in "😡😀" for c in sentence) <= MOST_EMOJI_A_SENTENCE for sentence in said)


@pytest.mark.parametrize(("length", "truncated"), [(19_999, False), (20_000, False), (20_001, True)])
def test_a_text_is_truncated_beyond_twenty_thousand_characters(length: int, truncated: bool) -> None:  # noqa: FBT001
    """Twenty thousand characters are read whole; with one more the middle is left out."""
    assert bounded("a" * length)[1] is truncated


@pytest.mark.parametrize(("emoji", "truncated"), [(399, False), (400, False), (401, True)])
def test_a_text_is_truncated_beyond_four_hundred_emoji(emoji: int, truncated: bool) -> None:  # noqa: FBT001
    """Four hundred emoji are read; of one more the middle one is left out, the words around them stay."""
    read, cut = bounded("start " + "😡" * emoji + " end")
    assert (cut, read.count("😡"), read[:6], read[-4:]) == (truncated, min(emoji, 400), "start ", " end")


@pytest.mark.parametrize(("length", "parts"), [(599, 1), (600, 1), (601, 2)])
def test_a_sentence_is_cut_beyond_six_hundred_characters(length: int, parts: int) -> None:
    """Six hundred characters are one sentence; one more makes two."""
    assert len(sentences("a" * length)) == parts


@pytest.mark.parametrize(("words", "parts"), [(119, 1), (120, 1), (121, 2)])
def test_a_sentence_is_cut_beyond_a_hundred_and_twenty_words(words: int, parts: int) -> None:
    """A hundred and twenty words are one sentence; one more makes two."""
    assert len(sentences("no " * words)) == parts


def test_the_beginning_and_the_end_of_a_long_text_are_read() -> None:
    """People open with what happened and close with how they feel; the middle is what can be left out."""
    read, _ = bounded("First thing. " + "middle " * 10_000 + "last thing")
    assert sentences(read)[0] == "First thing."
    assert sentences(read)[-1].endswith("last thing")


def test_a_cut_does_not_halve_a_number() -> None:
    """A card number across the limit stays in one sentence, so that redaction can see it whole."""
    said = sentences("word " * 118 + "4111 1111 1111 1111 please, thank you for the help with all of it")
    assert any("4111 1111 1111 1111" in sentence for sentence in said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It broke. I called! Why?", ("It broke.", "I called!", "Why?")),
        ("It cost 3.50 at shop.example.com today", ("It cost 3.50 at shop.example.com today",)),
        ("Mr. Smith came, e.g. on Monday.", ("Mr. Smith came, e.g. on Monday.",)),
        ('He said "no." Then left…  Gone', ('He said "no."', "Then left…", "Gone")),
        ("坏了。退款！", ("坏了。", "退款！")),
        ("line one\nline two", ("line one", "line two")),
        ("Great. :)", ("Great.", ":)")),
        ("Really bad!\n!!!", ("Really bad! !!!",)),
        ("?! what now", ("?! what now",)),
        (":(", (":(",)),
        ("😡", ("😡",)),
        ("12 !! ??", ()),
        ("", ()),
    ],
)
def test_where_a_sentence_ends(text: str, said: tuple[str, ...]) -> None:
    """Stops before white space, CJK stops and line ends end a sentence; scraps belong to the one before."""
    assert sentences(bounded(text)[0]) == said


def test_a_wrapped_line_is_one_sentence() -> None:
    """A line of 50 characters that goes on with a small letter was wrapped by a mail program, not ended."""
    long = "I have been told three times now that the parcel would"
    assert sentences(bounded(f"{long}\narrive today")[0]) == (f"{long} arrive today",)
    assert sentences(bounded("too short\nto be wrapped")[0]) == ("too short", "to be wrapped")
