"""Everything that is understood of a touchpoint's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language import Language, Understood
from tests.pipeline.language.texts import HOSTILE, texts


@given(st.none() | texts, st.none() | texts)
def test_reading_never_raises_and_agrees_with_its_parts(reader: Language, said: str | None, answer: str | None) -> None:
    """The bundle says what its parts say; the company's words move nothing but their own count."""
    understood = reader.read(said, answer)
    assert understood == reader.read(said, answer)
    alone = reader.read(said, None)
    assert (alone.mood, alone.topics, alone.asks_human, alone.excerpt) == (
        understood.mood, understood.topics, understood.asks_human, understood.excerpt,
    )  # fmt: skip
    if said and not said.isspace():
        assert understood.mood == reader.scorer.score(said)
        assert understood.topics == reader.taxonomy.topics(said)
        assert understood.excerpt is not None
        assert len(understood.excerpt) <= 280


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_texts_are_read(reader: Language, shape: str) -> None:
    """A text of any shape is understood as far as it is read, on either side."""
    understood = reader.read(HOSTILE[shape], HOSTILE[shape])
    assert understood.mood is None or understood.mood.truncated
    assert understood.excerpt is None or len(understood.excerpt) <= 280


@pytest.mark.parametrize("silence", [None, "", " \n\t"])
def test_silence_has_no_mood(reader: Language, silence: str | None) -> None:
    """Where the customer said nothing there is no mood and nothing to show."""
    assert reader.read(silence, "We can't.") == Understood(
        None, (), asks_human=False, company_negations=1, excerpt=None, company_words=2
    )


def test_the_excerpt_is_the_worst_sentence_redacted(reader: Language) -> None:
    """A supervisor reads the words that made the mood, without the number in them."""
    text = "Hello there. This is a terrible waste of time, call 020 7946 0123! Thank you."
    assert reader.read(text, None).excerpt == "This is a terrible waste of time, call ‹phone›!"


def test_the_excerpt_is_the_first_sentence_where_nothing_is_negative(reader: Language) -> None:
    """A neutral or friendly text is shown from its beginning."""
    assert reader.read("Thank you so much, Ann. The table is of wood.", None).excerpt == "Thank you so much, Ann."


def test_a_complaint_is_understood_whole(reader: Language) -> None:
    """Mood, topics, the wish for a person and the company's no, from one exchange."""
    understood = reader.read(
        "This is the third time I call about my refund. Let me speak to a human.", "I'm sorry, we can't do that."
    )
    assert understood.mood is not None
    assert understood.mood.worst < -0.4
    assert understood.topics == ("refund", "waiting")
    assert (understood.asks_human, understood.company_negations) == (True, 1)
