"""What a review says."""

import pytest

from pipeline.refusal import Reason
from pipeline.touchpoint import Identifier, Score
from tests.builders import report, review_event
from tests.pipeline.sources.refusals import refusal


def test_an_edit_is_a_new_revision_of_the_same_review() -> None:
    """Item and key stay, the natural key and the revision change."""
    first, edit = report("review", review_event()), report("review", review_event(revision=2))
    assert (first.item, first.keys) == (edit.item, edit.keys) == ("review:trustpilot:R-1", ("review:trustpilot:R-1",))
    assert (first.natural_key, edit.natural_key) == (("trustpilot", "R-1", "1"), ("trustpilot", "R-1", "2"))
    assert (first.revision, edit.revision) == (1, 2)


@pytest.mark.parametrize("revision", [0, -1])
def test_revisions_count_from_one(revision: int) -> None:
    """There is nothing before the first."""
    assert refusal("review", review_event(revision=revision)) == (Reason.OUT_OF_SCALE, "revision")


def test_the_author_is_a_handle_on_the_site() -> None:
    """Site and author are trimmed and lower case."""
    event = review_event(site=" TrustPilot", author=" AnnaE ", customer=None)
    assert report("review", event).identifiers == (Identifier("handle", "trustpilot:annae"),)


def test_title_and_body_are_the_customers_words() -> None:
    """Each on its own line, where there is one."""
    assert report("review", review_event()).text == "Slow\nThree weeks for a kettle."
    assert report("review", review_event(title=None)).text == "Three weeks for a kettle."
    assert report("review", review_event(title=None, body="")).text is None


def test_a_site_without_stars_gives_no_score() -> None:
    """Then the words speak."""
    assert report("review", review_event(stars=None)).score is None


@pytest.mark.parametrize("stars", [1, 1.5, 5])
def test_stars_within_the_scale_are_read(stars: float) -> None:
    """Both ends of the scale belong to it."""
    assert report("review", review_event(stars=stars)).score == Score("stars", stars, 1, 5)


@pytest.mark.parametrize("stars", [0.99, 5.01])
def test_stars_beyond_the_scale_are_refused(stars: float) -> None:
    """Nobody gives six stars of five."""
    assert refusal("review", review_event(stars=stars)) == (Reason.OUT_OF_SCALE, "stars")


@pytest.mark.parametrize("most", [0, 1])
def test_a_scale_without_room_is_refused(most: int) -> None:
    """A scale's best is above its worst."""
    assert refusal("review", review_event(stars=1, stars_max=most)) == (Reason.OUT_OF_SCALE, "stars_max")
