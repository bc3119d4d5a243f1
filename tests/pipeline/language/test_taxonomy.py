"""Topics of conversation."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language import Language
from pipeline.language.phrases import folded
from pipeline.language.taxonomy import taxonomy
from pipeline.policy import PolicyError
from tests.pipeline.language.texts import texts


@given(texts)
def test_topics_are_sorted_and_unique(reader: Language, text: str) -> None:
    """Any text at all has its topics in order, each once, all of them listed."""
    topics = reader.taxonomy.topics(text)
    assert list(topics) == sorted(set(topics))
    assert set(topics) <= {topic.label for topic in reader.taxonomy.listed}


@given(st.data())
def test_case_and_surroundings_do_not_matter(reader: Language, data: st.DataObject) -> None:
    """A phrase of a topic is found in any case, between any words, with either kind of apostrophe."""
    topic = data.draw(st.sampled_from(reader.taxonomy.listed))
    phrase = data.draw(st.sampled_from(topic.phrases))
    before, after = (
        data.draw(st.sampled_from(["", "well, ", "(", "\n"])),
        data.draw(st.sampled_from(["", " please", "!", "\n"])),
    )
    found = reader.taxonomy.topics(f"{before}{phrase}{after}")
    assert topic.label in found
    assert reader.taxonomy.topics(f"{before}{phrase.upper()}{after}") == found
    assert reader.taxonomy.topics(f"{before}{phrase}{after}".replace("'", "’")) == found


@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded stays as it is, so phrases and texts meet in one form."""
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Where is my refund?", ("refund",)),
        ("REFUNDS please", ("refund",)),
        ("prerefund", ()),
        ("two fees", ("fees",)),
        ("coffee", ()),
        ("feels", ()),
        ("I can’t log in to the app", ("account_access", "app_website")),
        ("charged\ntwice", ("billing",)),
        ("", ()),
    ],
)
def test_phrases_match_whole_words_and_their_plural(text: str, topics: tuple[str, ...]) -> None:
    """Just the word, the word with a plural, the word inside another."""
    document = {
        "topics": {
            "refund": {"meaning": "m", "phrases": ["refund"]},
            "fees": {"meaning": "m", "phrases": ["fee"]},
            "account_access": {"meaning": "m", "phrases": ["can't log in"]},
            "app_website": {"meaning": "m", "phrases": ["app"]},
            "billing": {"meaning": "m", "phrases": ["charged twice"]},
        }
    }
    assert taxonomy(document).topics(text) == topics


@pytest.mark.parametrize(
    ("topics", "named"),
    [
        ({}, "taxonomy.topics = {}"),
        ({"Billing": {"meaning": "m", "phrases": ["bill"]}}, "taxonomy.topics = 'Billing'"),
        ({"b" * 41: {"meaning": "m", "phrases": ["bill"]}}, "taxonomy.topics ="),
        ({"billing": {"meaning": "", "phrases": ["bill"]}}, "taxonomy.topics.billing.meaning"),
        ({"billing": {"meaning": "m", "phrases": ["bill", ""]}}, "taxonomy.topics.billing.phrases = ''"),
        ({"billing": {"meaning": "m", "phrases": ["bill", "bill"]}}, "taxonomy.topics.billing.phrases = 'bill'"),
        ({"billing": {"meaning": "m", "phrases": [" bill"]}}, "taxonomy.topics.billing.phrases = ' bill'"),
        ({"billing": {"meaning": "m"}}, "taxonomy.topics.billing ="),
        ({"billing": {"meaning": "m", "phrases": "bill"}}, "taxonomy.topics.billing.phrases = 'bill'"),
    ],
)
def test_a_wrong_topic_is_refused_by_name(topics: Mapping[str, object], named: str) -> None:
    """The error names the topic, the value and what is allowed."""
    with pytest.raises(PolicyError, match="allowed is") as error:
        taxonomy({"topics": topics})
    assert named in str(error.value)


def test_the_taxonomy_that_ships_is_of_a_size_to_read(taxonomy_document: Mapping[str, object]) -> None:
    """Twenty-five to thirty topics: a supervisor can know them all."""
    assert 25 <= len(taxonomy(taxonomy_document).listed) <= 30
