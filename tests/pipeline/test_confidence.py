"""How sure words alone are, against people: texts rated by 20 people each (Hutto and Gilbert, 2014), read by path."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.detractors import confidence
from pipeline.language import language
from pipeline.policy import DetractorPolicy
from pipeline.scores import sounds_detractor
from pipeline.touchpoint import Mood
from tests.pipeline.touchpoints import at, chat

RULES = DetractorPolicy()
GOLD = Path(__file__).parents[3] / "shared" / "data" / "vader-gold"
RATED = ("tweets_GroundTruth.txt", "amazonReviewSnippets_GroundTruth.txt")
CLEARLY_NEGATIVE = -1.0
"""People's mean rating, of -4 to 4."""


def rated_alerts(name: str) -> list[tuple[Mood, bool]]:
    """Return the moods of the texts that raise an alert, and whether people call them clearly negative."""
    assert (GOLD / name).is_file(), f"{GOLD / name} is missing: the gold standard stands beside the checkout"
    taxonomy, lexicon, signals = (
        tomllib.loads(files("policies").joinpath(f"{one}.toml").read_text("utf-8"))
        for one in ("taxonomy", "lexicon", "signals")
    )
    words = language(taxonomy, lexicon, signals)
    found = []
    for line in filter(None, (GOLD / name).read_text("utf-8", errors="replace").splitlines()):
        _, people, text = line.split("\t", 2)
        mood = words.read(text, None).mood
        if mood is not None and sounds_detractor(chat("a", at(), "S", mood=mood), RULES):
            found.append((mood, float(people) <= CLEARLY_NEGATIVE))
    return found


@pytest.mark.parametrize("name", RATED)
def test_confidence_is_what_people_say(name: str) -> None:
    """Of texts that raise an alert, people call about as many clearly negative as their confidences add up to."""
    found = rated_alerts(name)
    assert len(found) > 100
    sure = sum(confidence(mood, RULES) for mood, _ in found)
    assert sure == pytest.approx(sum(negative for _, negative in found), rel=0.1)


def test_the_bands_of_the_docs_are_those_that_were_measured() -> None:
    """docs/signals.md names the share in each tenth of the worst sentence."""
    found = [one for name in RATED for one in rated_alerts(name)]
    edges = (-0.5, -0.6, -0.7, -0.8, -0.9, -1.1)
    for high, low, share in zip(edges, edges[1:], (0.70, 0.72, 0.81, 0.94, 0.94), strict=False):
        band = [negative for mood, negative in found if high >= mood.worst > low]
        assert sum(band) / len(band) == pytest.approx(share, abs=0.03), high
