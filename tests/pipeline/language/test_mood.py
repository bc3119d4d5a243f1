"""The mood of the customer's words."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language import Language
from pipeline.language.lexicon import Lexicon
from pipeline.language.mood import Judged, MoodScorer, shifted
from pipeline.touchpoint import Mood
from tests.pipeline.language.texts import HOSTILE, texts

NEUTRAL = "The table is made of wood."


@given(texts)
def test_every_text_has_a_mood_within_its_scale(reader: Language, text: str) -> None:
    """Nothing raises; worst is not above mean; both lie in -1 to 1, in 4 digits; twice the same is the same."""
    mood = reader.scorer.score(text)
    assert -1 <= mood.worst <= mood.mean + 0.00005 <= 1.00005
    assert (round(mood.worst, 4), round(mood.mean, 4)) == (mood.worst, mood.mean)
    assert reader.scorer.score(text) == mood


@given(texts)
def test_a_neutral_sentence_never_makes_the_worst_worse(reader: Language, text: str) -> None:
    """Small talk after a complaint does not deepen it; nor does it hide it."""
    before, after = reader.scorer.score(text), reader.scorer.score(f"{text}\n{NEUTRAL}")
    assert min(after.worst, 0) == min(before.worst, 0)


@given(texts)
def test_the_worst_sentence_scores_worst(reader: Language, text: str) -> None:
    """The words shown as evidence are those that were scored."""
    judged = reader.scorer.judged(text)
    assert (reader.scorer.sentence(judged.worst) if judged.worst else 0.0) == judged.mood.worst


@given(st.integers(-9999, 9999), st.floats(-40, 40))
def test_phrases_are_added_where_vader_adds_words(ten_thousandths: int, valence: float) -> None:
    """Shifting by nothing changes nothing, by a then b is by a + b, and more is never less."""
    compound = ten_thousandths / 10_000
    assert shifted(compound, 0.0) == pytest.approx(compound, abs=1e-9)
    x = compound * sqrt(15 / (1 - compound**2))
    assert shifted(compound, valence) == pytest.approx((x + valence) / sqrt((x + valence) ** 2 + 15))
    assert shifted(compound, valence - 1) <= shifted(compound, valence)


@pytest.mark.parametrize("compound", [-1.0, 1.0])
def test_a_saturated_sentence_stays_finite(compound: float) -> None:
    """VADER rounds its extremes to ±1, where the inverse would be infinite; a phrase hardly moves them."""
    assert shifted(compound, -2.0 * compound) == pytest.approx(compound, abs=0.001)


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_shape_of_text_raises(reader: Language, shape: str) -> None:
    """Hostile texts get a mood like any other, marked as read in part."""
    mood = reader.scorer.score(HOSTILE[shape])
    assert mood.truncated
    assert -1 <= mood.worst <= 1


@pytest.mark.parametrize("text", ["", " \n ", "12 !! ??"])
def test_nothing_said_is_nobodys_bad_mood(reader: Language, text: str) -> None:
    """A text without a letter, emoji or emoticon has 0 sentences, and 0 for a mood."""
    assert reader.scorer.judged(text) == Judged(Mood(0.0, 0.0, 0, truncated=False), "", "")


def test_a_phrase_changes_the_mood_of_its_sentence_only() -> None:
    """The company's own phrase makes a neutral sentence negative, and leaves its neighbours alone."""
    scorer = MoodScorer(Lexicon({"third time": -2.0}))
    mood = scorer.score(f"I call for the third time. {NEUTRAL}")
    assert mood.worst == round(-2 / sqrt(4 + 15), 4)
    assert mood.mean == round(mood.worst / 2, 4)


def test_a_saturating_text_keeps_its_worst() -> None:
    """A complaint inside a long friendly text is found: this is why sentences are scored one by one."""
    text = f"{'I love it, great service. ' * 50}The driver was rude and horrible."
    assert MoodScorer(Lexicon({})).score(text).worst < -0.5
