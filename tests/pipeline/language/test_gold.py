"""The mood against people: texts rated by 20 people each (Hutto and Gilbert, 2014), read by path, never copied."""

from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.language import Language

GOLD = Path(__file__).parents[4] / "shared" / "data" / "vader-gold"
TOLERANCE = 0.005  # of agreement: half a per cent; scoring by sentence may cost this much on one-sentence tweets
CLEAR = 1.0  # mean rating, of -4 to 4: from here on people clearly take a side


def _rated(name: str) -> list[tuple[float, str]]:
    path = GOLD / name
    if not path.is_file():
        pytest.fail(f"{path} is missing: the gold standard is read from the shared data beside the project")
    lines = path.read_text("utf-8", errors="replace").splitlines()
    return [(float(rating), text) for _, rating, text in (line.split("\t", 2) for line in lines if line)]


def _side(score: float) -> int:
    return (score > 0) - (score < 0)


def _agreement(pairs: list[tuple[float, float]]) -> float:
    return sum(_side(people) == _side(score) for people, score in pairs) / len(pairs)


@pytest.mark.parametrize("name", ["tweets_GroundTruth.txt", "amazonReviewSnippets_GroundTruth.txt"])
def test_sentence_by_sentence_agrees_with_people_as_well_as_the_whole_text(reader: Language, name: str) -> None:
    """On all texts, and on those that people rate clearly, the mean's sign is people's at least as often as VADER's."""
    rated = _rated(name)
    whole = SentimentIntensityAnalyzer().polarity_scores
    ours = [(people, reader.scorer.score(text).mean) for people, text in rated]
    theirs = [(people, float(whole(text)["compound"])) for people, text in rated]
    assert _agreement(ours) >= _agreement(theirs) - TOLERANCE
    clear = [at for at, (people, _) in enumerate(rated) if abs(people) >= CLEAR]
    assert _agreement([ours[at] for at in clear]) >= _agreement([theirs[at] for at in clear]) - TOLERANCE
