"""Words that may be shown."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.language.redaction import redacted
from tests.pipeline.language.texts import HOSTILE, texts

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
emails = st.builds(
    lambda local, host: f"{local}@{host}",
    st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9._+-]{0,20}[a-zA-Z0-9])?", fullmatch=True),
    st.sampled_from(["example.com", "example.org", "mail.example.net"]),
)
phones = st.builds(
    lambda shape, last: shape.format(f"{last:03}"),
    st.sampled_from(
        [
            "+44 20 7946 0{}",
            "020 7946 0{}",
            "(020) 7946-0{}",
            "02079460{}",
            "+1 212 555 0{}",
            "212.555.0{}",
            "212-555-0{}",
        ]
    ),
    st.integers(100, 199),
)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Card numbers that pass the Luhn check, grouped as people write them."""
    body = draw(st.lists(st.integers(0, 9), min_size=15, max_size=15))
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in body[::-1][::2]]
    digits = [*body, -(sum(doubled) + sum(body[::-1][1::2])) % 10]
    groups = ["".join(map(str, digits[at : at + 4])) for at in range(0, 16, 4)]
    return draw(st.sampled_from(["", " ", "-", ".", " - "])).join(groups)


@given(texts, st.integers(1, 400))
def test_redacting_twice_is_redacting_once(text: str, at_most: int) -> None:
    """What was redacted is within the limit, in one line, and stays as it is."""
    once = redacted(text, at_most, "GB")
    assert len(once) <= at_most
    assert "\n" not in once
    assert redacted(once, at_most, "GB") == once


@given(texts, emails | phones | cards(), texts, st.integers(5, 400))
def test_no_email_phone_or_card_gets_through(before: str, secret: str, after: str, at_most: int) -> None:
    """Whatever stands around it, and wherever the cut falls, no such thing is shown, nor six digits in a row."""
    shown = redacted(f"{before} {secret} {after}", at_most, "GB")
    assert secret not in shown
    assert not re.search(r"\d(?:[ .-]?\d){5}", shown)


@given(st.text(_LETTERS + " ", max_size=400), cards(), st.integers(10, 300))
def test_a_cut_leaves_no_half_of_a_number(before: str, card: str, at_most: int) -> None:
    """Where the cut falls inside a card number, none of its digits is shown: redaction came first."""
    assume(not before.isspace())
    assert not re.search(r"\d", redacted(f"{before} {card}", at_most))


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_shape_of_text_raises(shape: str) -> None:
    """A text of any length costs what its beginning costs."""
    shown = redacted(HOSTILE[shape])
    assert len(shown) <= 280
    assert shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("write to mary.o@example.com, please", "write to ‹email›, please"),
        ("mary dot jones at example dot com is mine", "‹email› is mine"),
        ("call +44 20 7946 0123 after five", "call ‹phone› after five"),
        ("call 020 7946 0123", "call ‹phone›"),
        ("card 4111 1111 1111 1111 was taken", "card ‹card› was taken"),
        ("card 4111 1111 1111 1112 was taken", "card ‹number› was taken"),
        ("to GB82 WEST 1234 5698 7654 32 please", "to ‹account› please"),
        ("order 12345", "order 12345"),
        ("order 123456", "order ‹number›"),
        ("order AB1234567", "order AB‹number›"),
        ("it was £1,250.00 on the bill", "it was £1,250.00 on the bill"),
        ("zero seven nine four six oh", "‹number›"),
        ("zero seven nine four six", "zero seven nine four six"),
        ("my pin is 1234!", "my pin is ‹secret›"),
        ("see https://example.org/a?token=abc&x=1 now", "see https://example.org/a?‹query› now"),
        ("Hello, my name is Ann Example and I wait", "Hello, my name is ‹name› and I wait"),
        ("my name is ann example", "my name is ‹name›"),
        ("my name is on the bill", "my name is on the bill"),
        ("born 12/05/1984", "born ‹number›"),
        ("two\n  lines\x00 and\u202e more", "two lines and more"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    """Each mark says what stood there; what names nobody stays."""
    assert redacted(text, region="GB") == shown


@pytest.mark.parametrize(("at_most", "shown"), [(10, "one two…"), (11, "one two…"), (13, "one two three"), (3, "on…")])
def test_the_cut_falls_between_words(at_most: int, shown: str) -> None:
    """Just below the length, and exactly at it; a first word too long is cut inside."""
    assert redacted("one two three", at_most) == shown


def test_a_limit_below_one_is_refused() -> None:
    """There is no text of no characters to show."""
    with pytest.raises(ValueError, match="at_most = 0"):
        redacted("text", 0)
