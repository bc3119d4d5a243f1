"""Reads a score with the scale that it was asked on.

Rule 1. The scale travels in the event; where it is absent, the question's usual one counts.
Rule 2. A score lies on its scale, both ends included, and the scale has a worst end below its best.
"""

from pipeline.refusal import Reason
from pipeline.sources.fields import Fields
from pipeline.touchpoint import Metric, Score


def score(fields: Fields, field: str, metric: Metric, scale: tuple[str, str], usual: tuple[float, float]) -> Score:
    """Read the score in `field`; `scale` names the fields of its two ends, `usual` their defaults."""
    value = fields.number(field)
    low, high = (fields.optional(fields.number, end) for end in scale)
    least, most = usual[0] if low is None else low, usual[1] if high is None else high
    if least >= most:
        fields.refuse(Reason.OUT_OF_SCALE, scale[1], f"a highest value above the lowest one, {scale[0]}")
    if not least <= value <= most:
        fields.refuse(Reason.OUT_OF_SCALE, field, f"a number from {scale[0]} to {scale[1]}")
    return Score(metric, value, least, most)
