"""What an answer to a survey says."""

import pytest

from pipeline.refusal import Reason
from pipeline.touchpoint import Score
from tests.builders import report, survey_event
from tests.pipeline.sources.refusals import refusal


@pytest.mark.parametrize(("metric", "low", "high"), [("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7)])
def test_each_metric_has_its_usual_scale(metric: str, low: float, high: float) -> None:
    """Where the event is silent the usual scale counts, both ends included, and nothing beyond."""
    for score in (low, high):
        answer = report("survey", survey_event(metric=metric, score=score))
        assert answer.score is not None
        assert (answer.score.value, answer.score.scale_min, answer.score.scale_max) == (score, low, high)
    for beyond in (low - 0.01, high + 0.01):
        assert refusal("survey", survey_event(metric=metric, score=beyond)) == (Reason.OUT_OF_SCALE, "score")


def test_csat_and_ces_carry_their_scale() -> None:
    """Another scale than the usual one is the event's to say."""
    event = survey_event(metric="csat", score=0, scale_min=0, scale_max=100)
    assert report("survey", event).score == Score("csat", 0, 0, 100)


@pytest.mark.parametrize(("field", "value"), [("scale_min", 1), ("scale_max", 5)])
def test_nps_has_one_scale(field: str, value: float) -> None:
    """NPS on another scale is not NPS."""
    assert refusal("survey", survey_event(**{field: value})) == (Reason.OUT_OF_SCALE, field)


def test_a_correction_is_a_new_revision_of_the_response() -> None:
    """Its item stays, its natural key does not."""
    first, second = report("survey", survey_event()), report("survey", survey_event(revision=2))
    assert first.item == second.item == "survey:Q-1"
    assert first.natural_key != second.natural_key


@pytest.mark.parametrize(
    ("source", "about", "keys"),
    [
        ("chat", "S-1", ("chat:S-1",)),
        ("phone", "P-1", ("phone:P-1",)),
        ("email", "<m1@x>", ("email:m1@x",)),
        (None, None, ()),
    ],
)
def test_an_answer_belongs_to_the_contact_that_it_is_about(
    source: str | None, about: str | None, keys: tuple[str, ...]
) -> None:
    """The key is that contact's own; without one, there is none."""
    assert report("survey", survey_event(about_source=source, about_id=about)).keys == keys


@pytest.mark.parametrize("field", ["about_source", "about_id"])
def test_half_a_contact_is_refused(field: str) -> None:
    """A source without an id, or an id without a source, names no contact."""
    assert refusal("survey", survey_event(**{field: None})) == (Reason.MISSING_FIELD, field)
