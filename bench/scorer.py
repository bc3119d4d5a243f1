"""`python -m bench.scorer`: our scorer beside vaderSentiment on short texts, and by itself on 150 KB.

Rule 1. Both score the same texts in turns, round after round; the ratio is the median of the rounds' own.
Rule 2. A long text is short ones in a row; in the dense one VADER heeds each word; no customer writes so.
Rule 3. CPU seconds of this thread count, not the clock's.
"""

import json
from collections.abc import Iterable
from statistics import median

import click
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.events import events
from bench.measure import took
from pipeline.language.vader import Vader

LONG = 150_000
"""Characters of a long text."""

DENSE = "not very good, but truly awful!"


def long(texts: Iterable[str]) -> str:
    """Return the texts in a row, again and again, as far as a long one goes."""
    once = " ".join(texts) + " "
    return (once * (LONG // len(once) + 1))[:LONG]


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1, 100), help="How often each is measured.")
@click.option("--texts", "count", default=2000, show_default=True, type=click.IntRange(1), help="Short texts a round.")
def main(*, rounds: int, count: int) -> None:
    """Measure how long scoring takes. The line printed is JSON: microseconds a short text, milliseconds a long one."""
    short = [event["text"] for event in events(count, count)]
    own, library = Vader().compound, SentimentIntensityAnalyzer().polarity_scores
    pairs = [(took(library, short), took(own, short)) for _ in range(rounds)]
    longest = {"words": long(short), "dense": long([DENSE])}
    found = {
        "short_own_us": round(median(ours for _, ours in pairs) / count * 1e6, 1),
        "short_library_us": round(median(theirs for theirs, _ in pairs) / count * 1e6, 1),
        "short_library_vs_own": round(median(theirs / ours for theirs, ours in pairs), 2),
    }
    for name, text in longest.items():
        found[f"long_{name}_ms"] = round(median(took(own, [text]) for _ in range(rounds)) * 1e3, 1)
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
