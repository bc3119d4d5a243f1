"""Texts for the laws: any Unicode at all (lone surrogates too), and what customers write, badly shaped."""

from hypothesis import strategies as st

PIECES = [
    "I am still waiting",
    "terrible", "great", "thank you so much", "not", "but", "refund", "on hold", "😡", "😀", ":(",
    "speak to a human", "\n", "\r\n", "\t", ".", "!", "?!", "…", "。", "\x00", "\u202e", "שלום", "ß", "İ",
    "mary@example.com", "+44 20 7946 0123", "4111 1111 1111 1111", "https://example.org/a?b=c",
    "my name is Ann", "12", "a", "‹", "…", "pin 1234", "=", "@",
]  # fmt: skip

anything = st.text(st.characters(), max_size=300)
spoken = st.lists(st.sampled_from(PIECES), max_size=40).flatmap(
    lambda pieces: st.sampled_from([" ", "", "\n"]).map(lambda joint: joint.join(pieces))
)
texts = anything | spoken

LONG = 60_000  # beyond every limit, and quick to make
HOSTILE = {
    "one word": "a" * 5_000_000,
    "sentiment words only": "terrible " * LONG,
    "two-letter words that negate": "a no " * LONG,
    "only punctuation": "!" * LONG,
    "stops and quotes": '."' * LONG,
    "all emoji": "😡" * LONG,
    "emoji and letters": "😡a" * LONG,
    "emoticons": ":( " * LONG,
    "NULs": "\x00" * LONG,
    "right to left": "\u202eשלום " * LONG,
    "100,000 newlines": "\n" * 100_000,
    "a letter a line": "a\n" * LONG,
    "a digit a line": "1\n" * LONG,
    "digits": "1 " * LONG,
    "at signs": "@" * LONG,
    "queries": "?=" * LONG,
    "lone surrogates": "\ud800 " * LONG,
    "half a request for a person": "speak to a " * LONG,
    "half a number in letters": "one two " * LONG,
}
