"""The company's own phrases and their valence."""

from collections.abc import Mapping

import pytest

from pipeline.language.lexicon import Lexicon, lexicon
from pipeline.policy import PolicyError

WORDS = Lexicon(
    {
        "still waiting": -1.5,
        "waiting": -0.5,
        "sorted it out": 2.0,
        "not cancel my account": 0.0,
        "cancel my account": -2.5,
    }
)


@pytest.mark.parametrize(
    ("sentence", "added"),
    [
        ("I am waiting", -0.5),
        ("I am STILL WAITING", -1.5),
        ("Waiting, still waiting", -2.0),
        ("I will not cancel my account", 0.0),
        ("Please cancel my account", -2.5),
        ("Ann sorted it out", 2.0),
        ("Nobody ever sorted it out", 2.0),
        ("They never sorted it out", 2.0 * -0.74),
        ("I can't believe I am still waiting", -1.5),
        ("awaiting", 0.0),
    ],
)
def test_what_phrases_add(sentence: str, added: float) -> None:
    """Of overlapping phrases the longest counts; a negated praise turns; a negated complaint does not."""
    assert WORDS.added(sentence) == pytest.approx(added)


@pytest.mark.parametrize("valence", [-4, 0, 4])
def test_a_valence_on_the_scale_is_taken(valence: float) -> None:
    """The scale includes its ends."""
    document = {"groups": {"g": {"why": "w", "valence": valence, "phrases": ["on hold"]}}}
    assert lexicon(document).valences == {"on hold": valence}


@pytest.mark.parametrize(
    ("group", "named"),
    [
        ({"why": "w", "valence": -4.01, "phrases": ["a"]}, "lexicon.groups.g.valence = -4.01"),
        ({"why": "w", "valence": 4.01, "phrases": ["a"]}, "lexicon.groups.g.valence = 4.01"),
        ({"why": "w", "valence": float("nan"), "phrases": ["a"]}, "lexicon.groups.g.valence = nan"),
        ({"why": "w", "valence": True, "phrases": ["a"]}, "lexicon.groups.g.valence = True"),
        ({"why": " ", "valence": 1, "phrases": ["a"]}, "lexicon.groups.g.why"),
        ({"why": "w", "valence": 1, "phrases": []}, "lexicon.groups.g.phrases"),
        ({"why": "w", "valence": 1, "phrases": [""]}, "lexicon.groups.g.phrases = ''"),
        ({"why": "w", "valence": 1, "phrases": ["On hold"]}, "lexicon.groups.g.phrases = 'On hold'"),
        ({"why": "w", "valence": 1, "phrases": ["a", "a"]}, "lexicon.groups.g.phrases = 'a'"),
        ({"valence": 1, "phrases": ["a"]}, "lexicon.groups.g ="),
    ],
)
def test_a_wrong_group_is_refused_by_name(group: Mapping[str, object], named: str) -> None:
    """The error names the setting and the value."""
    with pytest.raises(PolicyError, match="allowed is") as error:
        lexicon({"groups": {"g": group}})
    assert named in str(error.value)


def test_a_phrase_in_two_groups_is_refused() -> None:
    """Two valences for one phrase are a mistake in the file."""
    group = {"why": "w", "valence": 1, "phrases": ["on hold"]}
    with pytest.raises(PolicyError, match="no other group"):
        lexicon({"groups": {"g": group, "h": group}})


def test_the_lexicon_that_ships_is_valid_and_knows_both_sides(lexicon_document: Mapping[str, object]) -> None:
    """Its phrases blame and praise, and none shouts."""
    valences = lexicon(lexicon_document).valences.values()
    assert min(valences) < 0 < max(valences)
