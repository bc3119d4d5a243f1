"""The customer asks for a person; the company says no."""

import pytest
from hypothesis import given

from pipeline.language.signals import asks_human, negations
from tests.pipeline.language.texts import HOSTILE, texts


@given(texts)
def test_signals_read_any_text(text: str) -> None:
    """Nothing raises; the count is never negative; case does not matter to what is asked in plain letters."""
    assert negations(text) >= 0
    if text.isascii():
        assert asks_human(text.upper()) == asks_human(text.lower())


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_hostile_shape_asks_for_a_person(shape: str) -> None:
    """Long odd texts are answered as short ones: nobody is asked for."""
    assert not asks_human(HOSTILE[shape][:20_000])


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a human",
        "Let me talk to a real person!",
        "can I speak with someone in customer service please",
        "Put me through to your supervisor",
        "Get me a manager",
        "connect me with a live agent",
        "Representative!",
        "human please",
        "agent agent AGENT",
        "Is there a real person there?",
        "I can’t get through to anyone",
        "I tried to reach a human for days",
        "I need a human, not a bot",
        "could you have someone call me",
    ],
)
def test_asking_for_a_person(text: str) -> None:
    """A wish, a request, a bare command or a failed try asks."""
    assert asks_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "I spoke to an agent yesterday",
        "Your representative told me it would be refunded",
        "I was talking to a person called Ann",
        "I was able to speak to an advisor, thank you",
        "A real person helped me, finally",
        "Give me your agent's name",
        "There are four people in my household",
        "My personal details changed",
        "",
    ],
)
def test_telling_of_a_person_is_not_asking(text: str) -> None:
    """A person who was reached is a story; personal is not a person."""
    assert not asks_human(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We can refund you today.", 0),
        ("I'm afraid we can't do that.", 1),
        ("We cannot, and we won’t, I don't see how: it is not possible.", 4),
        ("Don't worry, please do not hesitate to ask.", 0),
        ("I am unable to help; nothing we can do.", 2),
    ],
)
def test_counting_the_companys_no(text: str, count: int) -> None:
    """Every no counts; set phrases that refuse nothing do not."""
    assert negations(text) == count
