"""Promises in the company's words, anger in the customer's."""

from datetime import UTC, datetime

import pytest

from pipeline.language import Language

SAID = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("I'll call you back by 5 pm.", "2026-03-04 17:00"),
        ("Thank you. Someone from our team will be in touch within 24 hours.", "2026-03-05 14:30"),
        ("You will hear from us tomorrow.", "2026-03-06 00:00"),
        ("We're going to email you by Friday.", "2026-03-07 00:00"),
        ("By Friday we'll get back to you.", "2026-03-07 00:00"),
        ("We shall reply within 3 working days!", "2026-03-10 00:00"),
        ("I'll call you tomorrow, and I will let you know within two hours.", "2026-03-04 16:30"),
    ],
)
def test_a_promise_is_a_will_a_phrase_and_a_time(reader: Language, words: str, due: str) -> None:
    """Of several promises the one that is due first counts."""
    promised = reader.read(None, words, SAID).promised_by
    assert promised == datetime.fromisoformat(f"{due}+00:00")


@pytest.mark.parametrize(
    "words",
    [
        "I'll call you back soon.",
        "I will not call you back tomorrow.",
        "We won't reply today.",
        "Will somebody call you tomorrow?",
        "Shall I call you tomorrow?",
        "If it fails again, we will call you within 24 hours.",
        "You will need to email us back within 24 hours; we reply then.",
        "You will have to reply by Friday.",
        "I called you back yesterday at 5 pm.",
        "The refund will arrive within 5 days.",
        "Please reply by Friday.",
    ],
)
def test_what_is_denied_asked_conditional_or_required_is_no_promise(reader: Language, words: str) -> None:
    """Only what the company says that it will do towards the customer, by a time, is held against it."""
    assert reader.read(None, words, SAID).promised_by is None


def test_a_customer_promises_nothing(reader: Language) -> None:
    """The same words from the customer are no promise, and without a moment no promise is read."""
    assert reader.read("I'll call you back by 5 pm.", None, SAID).promised_by is None
    assert reader.read(None, "I'll call you back by 5 pm.").promised_by is None


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("That is not fair.", ["unfair"]),
        ("I will take you to court over this.", ["threatened"]),
        ("I'm at my wits' end.", ["powerless"]),
        ("Nobody ever got back to me, you have been ignoring me!", ["ignored"]),
        ("You lied to me and nobody cares. I'll sue you.", ["ignored", "threatened", "unfair"]),
        ("I was not ignored, thank you.", []),
        ("I won't take my business elsewhere.", []),
        ("Where is my card?", []),
    ],
)
def test_anger_has_its_kind_and_the_phrase_that_shows_it(reader: Language, words: str, kinds: list[str]) -> None:
    """Each kind once, sorted; what is denied shows nothing."""
    anger = reader.read(words, None).anger
    assert [one.kind for one in anger] == kinds
    assert all(one.phrase in words.lower() for one in anger)


def test_the_companys_words_are_never_the_customers_anger(reader: Language) -> None:
    """An agent who says that it is not fair is not an angry customer."""
    assert reader.read(None, "I agree that it is not fair, and that nobody cares.").anger == ()
