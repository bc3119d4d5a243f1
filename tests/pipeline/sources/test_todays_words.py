"""What of an e-mail's body was written today."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import todays_words as module
from pipeline.sources.todays_words import LINE, OUTLINE, todays_words

HEADER = "On Mon, 2 Mar 2026 at 10:00, Shop <help@example.com> wrote:"
OUTLOOK = "From: Shop <help@example.com>\nSent: Monday\nTo: Anna\nSubject: Parcel"


@pytest.mark.parametrize(
    ("body", "today"),
    [
        ("Still broken.", "Still broken."),
        (f"Still broken.\n\n{HEADER}\n> Try again.", "Still broken."),
        (f"Still broken.\n\n{HEADER.replace(' wrote', chr(10) + 'wrote')}\n> Try again.", "Still broken."),
        (f"Still broken.\n\n{OUTLOOK}\n\nTry again.", "Still broken."),
        ("Still broken.\n-----Original Message-----\nTry again.", "Still broken."),
        ("Geht nicht.\n\nAm 02.03.2026 um 10:00 schrieb Shop <help@example.com>:\n> Alt", "Geht nicht."),
        ("Still broken.\n\nKind regards,\nAnna Example\n+44 20 7946 0001", "Still broken."),
        ("Still broken.\n-- \nAnna", "Still broken."),
        ("Still broken.\n\nSent from my iPhone", "Still broken."),
        (f"{HEADER}\n> Try again.\n\nStill broken.", "Still broken."),
        (f"{OUTLOOK}\n\nTry again.", ""),
        ("> Try again.", ""),
        ("I want:\n- a refund\n- an answer", "I want:\n- a refund\n- an answer"),
        ("Hello.\nThanks, but I am still waiting.\nHelp!", "Hello.\nThanks, but I am still waiting.\nHelp!"),
        ("", ""),
    ],
)
def test_quotations_and_signatures_are_not_todays_words(body: str, today: str) -> None:
    """What is quoted or signed is taken off; what only looks like it stays."""
    assert todays_words(body) == today


@given(st.text("ab \n>-_:,.O", max_size=200) | st.text(max_size=200))
def test_nothing_is_added(body: str) -> None:
    """Every line of today's words is a line of the body, in the body's order."""
    lines = iter(line.strip() for line in body.split("\n"))
    assert all(any(line == said for said in lines) for line in todays_words(body).split("\n") if line)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_headers_are_found_after_a_long_line(over: int) -> None:
    """A line is cut for the search only: its words stay whole on either side of the limit."""
    line = "x" * (LINE + over)
    assert todays_words(f"{line}\n\n{HEADER}\n> Old") == line


HOSTILE = [
    "\n",
    ">\n",
    "> > On a\n",
    "On ",
    "On x\n",
    "Thanks,.\n",
    "Sent from my a b c d e\n",
    "Am schrieb ",
    "_",
    "\n\n---",
    "a ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_on_hostile_bodies_is_bounded(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the body, the library's patterns see a short outline of short lines, a few times."""
    seen: list[str] = []

    class Watched:
        """A pattern that tells what it was given."""

        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern = pattern

        def search(self, text: str, at: int = 0) -> re.Match[str] | None:
            """Search, and remember where."""
            seen.append(text)
            return self.pattern.search(text, at)

    for name in ("_HEADER", "_SIGNATURE"):
        monkeypatch.setattr(module, name, Watched(getattr(module, name)))
    todays_words(piece * (1_000_000 // len(piece)))
    assert len(seen) <= 21
    for text in seen:
        assert len(text) <= OUTLINE
        assert "\n\n\n" not in text
        assert max(map(len, text.split("\n"))) <= LINE
