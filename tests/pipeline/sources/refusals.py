"""Tells what a source refuses an event for."""

from collections.abc import Mapping

import pytest

from pipeline.refusal import Reason, Refused, Stage
from pipeline.sources import Reading
from tests.builders import report


def refusal(source: str, event: Mapping[str, object], at: Reading | None = None) -> tuple[Reason, str | None]:
    """Return the reason and the field for which the source refuses the event, in the stage that is its own."""
    with pytest.raises(Refused) as caught:
        report(source, event, at)
    assert caught.value.rejected.stage is Stage.NORMALISE
    assert caught.value.rejected.expected
    return caught.value.rejected.reason, caught.value.rejected.field
