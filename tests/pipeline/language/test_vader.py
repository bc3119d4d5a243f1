"""VADER in linear time, held to the library itself: every score equal to the last digit."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from pipeline.language.vader import Vader
from tests.pipeline.language.texts import texts

DATA = Path(__file__).parents[4] / "shared" / "data"
TEXTS = int(os.environ.get("VADER_TEXTS", "2000"))
"""How many invented texts; `VADER_TEXTS=100000 pytest tests/pipeline/language/test_vader.py` tries more."""

LIBRARY = SentimentIntensityAnalyzer()
OURS = Vader()

LEXICON = sorted(LIBRARY.lexicon)
EMOJI = sorted(sign for sign in LIBRARY.emojis if len(sign) == 1)
TURNING = [
    *("no", "or", "nor", "but", "never", "so", "this", "without", "doubt", "least", "at", "very", "kind", "of", "sort"),
    *(word for phrase in SPECIAL_CASES for word in phrase.split()),
    *("mightn't", "xn't", "table", "it", "the", "'", "!", "?", "!!!!!", "???", ":)", ":-(", "<3"),
]
SAME = ["good", "bad", "great", "terrible", "but", "x"]  # "but" is at its strangest where scores repeat
ODD = ["İ", "İa", "ΑΣ", "Σ", "ß", "ǅ", "\u2019", "can\u2019t", "\u00a0", "\x1c", "\ufe0f", "\ud800"]

shapes = st.sampled_from(
    [str, str, str, str.upper, str.title, lambda w: f"{w}!", lambda w: f"({w},", lambda w: f"'{w}'", lambda w: f"{w}?"]
)
words = st.sampled_from([*TURNING, *sorted(BOOSTER_DICT), *NEGATE]) | st.sampled_from(LEXICON)
shaped = st.builds(lambda word, shape: str(shape(word)), words | words | st.sampled_from(ODD + EMOJI), shapes)
spoken = st.builds(
    lambda pieces, joint: joint.join(pieces), st.lists(shaped, max_size=25), st.sampled_from([" ", " ", " ", "  ", ""])
)
repeating = st.lists(st.sampled_from(SAME), max_size=30).map(" ".join)


def _same(text: str) -> None:
    theirs = LIBRARY.polarity_scores(text)
    assert OURS.polarity_scores(text) == theirs
    assert OURS.compound(text) == theirs["compound"]


@settings(max_examples=TEXTS, deadline=None, suppress_health_check=list(HealthCheck))
@example("good but good bad good but bad")
@example("It is the shit, no kind of bus stop, yeah RIGHT!")
@example("")
@given(spoken | spoken | repeating | texts)
def test_every_text_scores_as_the_library_has_it(text: str) -> None:
    """All four numbers, whatever the words, their order, case, punctuation, emoji and white space."""
    _same(text)


@pytest.mark.parametrize(
    "frame",
    ["{} good", "{} x good", "{} x x good", "{} bad x", "good {} good", "{} {} bad", "BAD {} {} x", "never {} x bad"],
)
def test_every_word_that_turns_others_does_so_at_every_distance(frame: str) -> None:
    """Boosters, negations and the phrases' words at one, two and three words before, small or in capitals."""
    for word in {*BOOSTER_DICT, *NEGATE, *TURNING, *SPECIAL_CASES}:
        _same(frame.format(word, word))
        _same(frame.format(word.upper(), word))


def test_every_word_of_the_lexicon_scores_as_the_library_has_it() -> None:
    """Alone, and under a negation in capitals."""
    for word in LEXICON:
        _same(word)
        _same(f"NOT {word}!")


def _ratings(name: str) -> Iterator[str]:
    for line in (DATA / "vader-gold" / name).read_text("utf-8", errors="replace").splitlines():
        if line:
            yield line.split("\t", 2)[2]


def _questions(name: str) -> Iterator[str]:
    with (DATA / "banking77" / name).open(encoding="utf-8", newline="") as file:
        yield from (row[0] for row in csv.reader(file))


def _turns(name: str) -> Iterator[str]:
    conversations = json.loads((DATA / "abcd" / name).read_text("utf-8"))
    for conversation in conversations:
        yield from (said for _, said in conversation["original"])


REAL = {
    "tweets_GroundTruth.txt": _ratings,
    "amazonReviewSnippets_GroundTruth.txt": _ratings,
    "test.csv": _questions,
    "abcd_sample.json": _turns,
}


@pytest.mark.parametrize("name", REAL)
def test_what_people_wrote_scores_as_the_library_has_it(name: str) -> None:
    """Both gold files that VADER was made with, customers' questions, and whole conversations."""
    written = list(REAL[name](name))
    assert written
    for text in written:
        _same(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "I have been waiting for three weeks, and NOBODY answers! But the first agent was very kind, no doubt. ",
        "terrible ",
        "no good but bad ",
        "😡a ",
    ],
)
def test_a_long_text_scores_as_the_library_has_it(sentence: str) -> None:
    """10 KB, as far as the library itself can be asked: it is quadratic."""
    _same((sentence * 10_000)[:10_000])


def test_time_grows_with_the_text() -> None:
    """Each look at a word is counted: eight times the text is eight times the looks, not sixty-four times."""

    class Looked(dict[str, float]):
        looks = 0

        def __contains__(self, word: object) -> bool:
            Looked.looks += 1
            return super().__contains__(word)

    counting = Vader()
    counting._lexicon = Looked(counting._lexicon)

    def looks(text: str) -> int:
        Looked.looks = 0
        counting.compound(text)
        return Looked.looks

    sentence = "the driver was not bad, but the food was so very terrible "
    assert looks(sentence * 80) <= 8 * looks(sentence * 10) + 8
